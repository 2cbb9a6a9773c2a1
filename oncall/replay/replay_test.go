package replay_test

import (
	"strings"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/replay"
	"hotline/oncall/rota"
)

var night = time.Date(2026, time.November, 23, 2, 0, 0, 0, time.UTC)

func facts(t *testing.T, who ...oncall.EngineerID) escalation.Facts {
	t.Helper()
	r := rota.Rota{ID: rota.Main, Zone: "Europe/Rome"}
	f := escalation.Facts{}
	for _, id := range []oncall.EngineerID{"anna", "marco", "sara"} {
		f.Engineers = append(f.Engineers, oncall.Engineer{ID: id, Name: string(id), Phones: []string{"sip:" + string(id)}})
	}
	for i, id := range who {
		r.Shifts = append(r.Shifts, oncall.Shift{Engineer: id, Level: 1, Order: i, Day: time.Sunday, Length: 7 * 24 * time.Hour})
	}
	s, err := r.Ready(rota.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	f.Rotas = []*rota.Schedule{s}
	return f
}

// was is a night in which Anna did not answer and Marco accepted.
func was() replay.Night {
	return replay.Night{Ticket: 417, At: night, Case: escalation.Case{Request: rota.Request{Category: "blocking"}}, Rang: []replay.Rang{
		{Engineer: "anna", Phone: "sip:anna", At: night, Lasted: 20 * time.Second, Result: "no answer", Known: true},
		{Engineer: "marco", Phone: "sip:marco", At: night.Add(20 * time.Second), Lasted: 12 * time.Second, Result: "accepted", Accepted: true, Known: true},
	}}
}

func TestANightIsPlayedThroughAnotherRota(t *testing.T) {
	for name, c := range map[string]struct {
		f    escalation.Facts
		want []string
	}{
		"the same":      {facts(t, "anna", "marco"), []string{"anna at sip:anna after 0s (no answer), marco at sip:marco after 20s (accepted); marco accepts after 32s"}},
		"Marco first":   {facts(t, "marco", "anna"), []string{"marco at sip:marco after 0s (accepted); marco accepts after 12s; not rung any more: [anna]"}},
		"without Marco": {facts(t, "anna", "sara"), []string{"sara at sip:sara after 20s (unknown", "anna at sip:anna after 40s", "nobody knows whether [sara]", "not rung any more: [marco]"}},
		"Anna alone":    {facts(t, "anna"), []string{"after 20s (no answer); nobody accepts; not rung any more: [marco]"}},
		"nobody":        {facts(t), []string{"nobody is rung; the caller is told: called_back; nobody accepts; not rung any more: [anna marco]"}},
	} {
		line := replay.Run(was(), c.f).Line(time.UTC)
		for _, w := range c.want {
			if !strings.Contains(line, w) {
				t.Errorf("%s: %s, want %q", name, line, w)
			}
		}
	}
}

func TestAllAtOnceAndTwoWhoAreNeeded(t *testing.T) {
	f := facts(t, "anna", "marco", "sara")
	f.Policies = []escalation.Policy{{ID: "p", Need: 2, Rounds: 1, Steps: []escalation.Step{{AtOnce: true}}}}
	a := replay.Run(was(), f)
	if len(a.Would) != 3 || !a.Would[2].At.Equal(night) || a.Accepted != "marco" || !a.When.Equal(night.Add(12*time.Second)) {
		t.Errorf("%+v", a)
	}
}
