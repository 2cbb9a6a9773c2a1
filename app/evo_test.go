package app_test

import (
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/directory"
	"hotline/evosupport"
)

// TestTheBriefTellsWhatIsInstalled says each of the sentences of what is installed: brief-version and brief-is-newest , brief-newest with
// brief-entitled or brief-not-entitled , or none where a version cannot be said or several installations stand there.
func TestTheBriefTellsWhatIsInstalled(t *testing.T) {
	for name, c := range map[string]struct {
		installed []string
		newest    string
		evo       bool
		want      string // empty: nothing of a version
	}{
		"entitled":         {[]string{"7.2"}, "8.1", true, "È installata la versione 7 punto 2 L'ultima versione è la 8 punto 1 Il contratto comprende l'ultima versione."},
		"not entitled":     {[]string{"7.2"}, "8.1", false, "8 punto 1 Il contratto non comprende l'ultima versione."},
		"the newest":       {[]string{"8.1"}, "8.1", true, "È installata la versione 8 punto 1 È l'ultima."},
		"nothing is known": {[]string{"7.2"}, "", true, "È installata la versione 7 punto 2"},
		"no number":        {[]string{"7.2-rc1"}, "8.1", true, ""},
		"several":          {[]string{"7.2", "7.1"}, "8.1", true, ""},
		"none":             {nil, "8.1", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, p *apptest.Program) {
				contract, err := p.Store.Contract(t.Context(), "rossi")
				if err != nil {
					t.Fatal(err)
				}
				contract.EvoSupport = c.evo
				if _, err = p.Store.PutContract(t.Context(), contract); err != nil {
					t.Fatal(err)
				}
				for n, release := range c.installed {
					_, err = p.Store.PutInstalled(t.Context(), evosupport.Installed{ID: string(rune('a' + n)), Contract: directory.ContractID("rossi"), Product: "pbx", Release: release})
					if err != nil {
						t.Fatal(err)
					}
				}
				if c.newest != "" {
					if _, err = p.Store.PutProduct(t.Context(), evosupport.Product{ID: "pbx", Releases: []evosupport.Release{{Name: c.newest}}}); err != nil {
						t.Fatal(err)
					}
				}
				p.Passes(5 * time.Second) // the line hears of the contract
				p.Engineers((&apptest.Rings{}).Busy, pressing(make(chan time.Time, 4), 20*time.Second, "1"))
				caller := p.Dial("127.0.0.1:6000", "0612345")
				p.Message(caller, apptest.Blocking)
				p.Passes(15 * time.Second)
				said := strings.Join(p.Said(), "\n")
				if c.want == "" && strings.Contains(said, "installata") || !strings.Contains(said, c.want) {
					t.Errorf("the brief lacks %q in\n%s", c.want, said)
				}
			})
		})
	}
}
