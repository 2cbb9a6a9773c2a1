package evosupport

import (
	"fmt"
	"testing"
	"time"

	"hotline/directory"
	"hotline/tickets"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestTheVersionPublishedLastIsTheNewestWhateverItIsCalled(t *testing.T) {
	p := Product{ID: "pbx"}
	if _, ok := p.Newest(); ok {
		t.Error("nothing was published")
	}
	for _, c := range []struct{ name, want string }{{"10.0", "10.0"}, {"9.9", "9.9"}, {"2026-11", "2026-11"}, {"9.9", "9.9"}} {
		p = p.Publish(Release{Name: c.name, At: monday})
		if newest, _ := p.Newest(); newest.Name != c.want {
			t.Errorf("after %s the newest is %s", c.name, newest.Name)
		}
	}
	if len(p.Releases) != 3 {
		t.Errorf("one published twice stands twice: %+v", p.Releases)
	}
	again := Product{Releases: []Release{{Name: "8.1", Tickets: []tickets.Number{417}}}}.Publish(Release{Name: "8.1", Note: "now for all"})
	if r, ok := again.Brought(417); !ok || r.Note != "now for all" {
		t.Errorf("published again it brought nothing: %+v", again)
	}
	for n := range 2 * MostReleases {
		p = p.Publish(Release{Name: fmt.Sprint(n)})
	}
	if len(p.Releases) != MostReleases || p.Releases[0].Name != fmt.Sprint(MostReleases) {
		t.Errorf("%d are kept, from %s on", len(p.Releases), p.Releases[0].Name)
	}
}

func TestHowAnInstallationStands(t *testing.T) {
	products := []Product{{ID: "pbx", Releases: []Release{{Name: "7.2"}, {Name: "8.1", Tickets: []tickets.Number{417}}}}, {ID: "bare"}}
	in, out := directory.Contract{EvoSupport: true, ValidFrom: monday.Add(-time.Hour)}, directory.Contract{EvoSupport: true, ValidFrom: monday.Add(-2 * time.Hour), ValidUntil: monday}
	for _, c := range []struct {
		i        Installed
		contract directory.Contract
		newest   string
		lags     bool
		entitled bool
	}{
		{Installed{Product: "pbx", Release: "7.2"}, in, "8.1", true, true},
		{Installed{Product: "pbx", Release: "8.1"}, in, "8.1", false, true},
		{Installed{Product: "pbx", Release: "unheard of"}, in, "8.1", true, true},
		{Installed{Product: "pbx", Release: "7.2"}, out, "8.1", true, false},
		{Installed{Product: "pbx", Release: "7.2"}, directory.Contract{}, "8.1", true, false},
		{Installed{Product: "bare", Release: "1"}, in, "", false, true},
		{Installed{Product: "unknown", Release: "1"}, in, "", false, true},
	} {
		if s := StandingOf(c.i, products, c.contract, monday); s.Newest != c.newest || s.Lags != c.lags || s.Entitled != c.entitled {
			t.Errorf("%+v stands as %+v", c.i, s)
		}
	}
	if r, ok := products[0].Brought(417); !ok || r.Name != "8.1" {
		t.Errorf("brought by %+v", r)
	}
}
