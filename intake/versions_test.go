package intake_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/intake"
)

// recorded is what writes versions down, if a test says so.
func (p *plant) recorded(ctx context.Context, f intake.Found, now time.Time) error {
	if p.found == nil {
		return nil
	}
	return p.found(ctx, f, now)
}

func TestAVersionIsReadFromTheLabelsThatThePolicyNames(t *testing.T) {
	p := open(t)
	var found []string
	var broken error
	p.found = func(_ context.Context, f intake.Found, _ time.Time) error {
		found = append(found, fmt.Sprint(f.ID.Name, " ", f.Product, " ", f.Version))
		return broken
	}
	of := func(installation, product, version string) intake.Alert {
		a := at(installation, fires("disk", "critical"))
		a.Labels = map[string]string{"product": product, "pbx_version": version}
		return a
	}
	told := func(what, want string, alerts ...intake.Alert) {
		t.Helper()
		found = nil
		p.take(alerts...)
		if got := strings.Join(found, ", "); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	told("of no labels", "", of("yard", "pbx", "7.2"))
	policy := intake.Default()
	policy.Labels = intake.Labels{Product: "product"}
	if err := policy.Check(); err == nil || !strings.HasPrefix(err.Error(), "labels") {
		t.Errorf("one label: %v", err)
	}
	policy.Labels.Version = "pbx_version"
	must(t, policy.Check())
	_, err := p.store.PutAlertPolicy(t.Context(), policy)
	must(t, err)
	p.later(2 * time.Second)
	told("the last of a message", "yard pbx 8.1, yard crm 3, hall pbx 7.2", of("yard", "pbx", "7.2"), of("yard", "crm", "3"), of("hall", "pbx", "7.2"), of("yard", "pbx", "8.1"))
	told("the same a moment later, and without one of both", "", of("yard", "pbx", "8.1"), of("yard", "pbx", ""), of("yard", "", "9"))
	told("another one, and back", "yard pbx 8.2", of("yard", "pbx", "8.2"))
	told("back", "yard pbx 8.1", of("yard", "pbx", "8.1"))
	p.later(time.Minute)
	broken = errors.New("the store is down")
	told("what cannot be written", "yard pbx 8.1", of("yard", "pbx", "8.1"))
	if !strings.Contains(p.log.String(), "is not written down") {
		t.Error("the log does not tell")
	}
	told("is tried again", "yard pbx 8.1", of("yard", "pbx", "8.1"))
}
