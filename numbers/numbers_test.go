package numbers_test

import (
	"strings"
	"testing"

	"hotline/numbers"
)

// One number in each country, in every spelling that trunks, staff and telephones have for it.
func TestOneNumberInEverySpelling(t *testing.T) {
	for country, list := range map[string][]struct{ want, national, shown string }{
		"IT": {{"+39065551239", "065551239", "+39 06 555 1239"}, {"+393331234567", "3331234567", "+39 333 123 4567"}, {"+39800123456", "800123456", "+39 800 123 456"}},
		"DE": {{"+493012345678", "03012345678", "+49 30 12345678"}, {"+4915123456789", "015123456789", "+49 1512 3456789"}},
		"GB": {{"+442079460123", "02079460123", "+44 20 7946 0123"}, {"+447911123456", "07911123456", "+44 7911 123456"}},
		"CH": {{"+41446681800", "0446681800", "+41 44 668 18 00"}, {"+41781234567", "0781234567", "+41 78 123 45 67"}},
	} {
		p, err := numbers.For(country)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range list {
			bare := n.want[1:]
			for _, spelling := range []string{
				n.want, bare, "00" + bare, n.national, n.shown, "tel:" + n.want, "TEL:" + n.national, "%2B" + bare, n.want + ";cpc=ordinary",
				n.national + ";cpc=ordinary;user=phone", "tel:" + n.want + ";ext=3", " " + n.shown + " ", strings.ReplaceAll(n.shown, " ", "\u00a0"),
				strings.ReplaceAll(n.shown, " ", "-"), strings.ReplaceAll(n.shown, " ", "."), "00 " + n.shown[1:], n.national[:3] + "/" + n.national[3:], "(" + n.national[:3] + ") " + n.national[3:],
			} {
				if got := p.E164(spelling); got != n.want {
					t.Errorf("%s: %q is %q, want %q", country, spelling, got, n.want)
				}
				found := false
				for _, s := range p.Spellings(spelling) {
					found = found || s == n.national
				}
				if !found {
					t.Errorf("%s: the spellings of %q are %q", country, spelling, p.Spellings(spelling))
				}
			}
			if got := p.Shown(n.national); got != n.shown {
				t.Errorf("%s: %s is shown as %q", country, n.national, got)
			}
			for way, want := range map[numbers.Way]string{"": n.want, numbers.AsE164: n.want, numbers.AsPlusLess: bare, numbers.AsNational: n.national, numbers.As00: "00" + bare} {
				if got := p.Dial(n.national, way); got != want {
					t.Errorf("%s: dialled %s as %q, want %q", country, way, got, want)
				}
			}
		}
		for _, same := range []string{"", "0", "10", "201", "+", "4711", "112", "118", "12345", "anonymous", "anna", "sip:anna@10.0.0.5", "500&SIP/x/00900", "+39@evil", "1-2-x", strings.Repeat("9", 300)} {
			if got := p.E164(same); got != same {
				t.Errorf("%s: %q became %q", country, same, got)
			}
		}
		for foreign, want := range map[string]string{"+12125550123": "+12125550123", "0012125550123": "+12125550123", "tel:7946 0123;phone-context=+4420": "+442079460123"} {
			if got := p.E164(foreign); got != want {
				t.Errorf("%s: %s is %q", country, foreign, got)
			}
			if got := p.Dial(want, numbers.AsNational); !strings.HasPrefix(got, "00") && country != "GB" {
				t.Errorf("%s: %s is dialled as %q", country, want, got)
			}
		}
	}
	for country, n := range map[string][2]string{"IT": {"+39 (0)6 555 1239", "+39065551239"}, "GB": {"+44 (0)20 7946 0123", "+442079460123"}} {
		if p, _ := numbers.For(country); p.E164(n[0]) != n[1] {
			t.Errorf("%s is %s", n[0], p.E164(n[0]))
		}
	}
	if _, err := numbers.For("Italia"); err == nil {
		t.Error("Italia is a country")
	}
	if got := (numbers.Plan{}).E164("06 555"); got != "06 555" {
		t.Errorf("without a plan: %q", got)
	}
}

func FuzzE164(f *testing.F) {
	for _, s := range []string{"065551239", "+39 06", "tel:+39;x", "%2b39", "0039", "\x00", "+++"} {
		f.Add(s)
	}
	p, err := numbers.For("it")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := p.E164(s)
		if again := p.E164(once); again != once {
			t.Errorf("%q is %q and then %q", s, once, again)
		}
	})
}

func TestANumberIsSpokenAsPeopleOfTheCountrySayIt(t *testing.T) {
	for _, c := range []struct{ country, number, want string }{
		{"IT", "+39065551239", "065551239"}, {"IT", "065551239", "065551239"}, {"IT", "+393331234567", "3331234567"}, {"IT", "+41911234567", "0041911234567"},
		{"DE", "+4930123456", "030123456"}, {"IT", "1234", "1234"}, {"IT", "", ""},
	} {
		plan, err := numbers.For(c.country)
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Spoken(c.number); got != c.want {
			t.Errorf("%s says %s as %s, want %s", c.country, c.number, got, c.want)
		}
	}
}
