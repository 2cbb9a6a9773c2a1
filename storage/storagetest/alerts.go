package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"hotline/intake"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// Alerts runs the suite of intake.Store; open gives a new and empty store each time.
func Alerts(t *testing.T, open func(t *testing.T) intake.Store) {
	run(t, open, map[string]func(*testing.T, intake.Store){
		"an installation comes back as it was written":    installationReturns,
		"of many who write one version one does":          installationOneWins,
		"what is due is found, the longest due first":     installationsDue,
		"problems are found by ticket, contract and time": problemsFound,
		"the problems of a ticket move to another":        problemsMove,
		"what is over for long is forgotten":              problemsForgotten,
		"problems are found by name":                      problemsNamed,
		"every document has a version, never twice":       func(t *testing.T, s intake.Store) { versioned(t, alertDocuments(s)) },
		"of many who write one document one does":         func(t *testing.T, s intake.Store) { oneWins(t, alertDocuments(s)) },
		"documents come back as they were written":        alertDocumentsReturn,
	})
}

// plant is an installation for the tests.
var plant = intake.ID{Contract: "rossi", Name: "plant"}

// problem is one of an installation, with every field filled in.
func problem(id intake.ID, fingerprint string, ticket tickets.Number) intake.Problem {
	return intake.Problem{
		Installation: id, Key: intake.Key{Source: "native", Fingerprint: fingerprint}, Firing: true, Severity: "critical", Title: "disk is full",
		Category: sla.Blocking, Ticket: ticket, Held: "", Since: monday, Heard: monday.Add(time.Minute), Due: monday.Add(time.Hour), Count: 3, Told: 1,
		Changes: []time.Time{monday},
	}
}

func installationReturns(t *testing.T, s intake.Store) {
	ctx := t.Context()
	none, err := s.Installation(ctx, plant, []intake.Key{{Source: "native", Fingerprint: "a"}}, monday)
	check.Must(t, err)
	check.Equal(t, "one that nobody knows", none, intake.Installation{ID: plant})
	i := intake.Installation{ID: plant, Due: monday.Add(time.Minute), State: intake.State{
		Opened: []intake.Opening{{At: monday, Ticket: 417, Category: sla.Blocking}}, Firing: map[tickets.Number]int{417: 2},
		Storm:    intake.Gathering{Ticket: 417, Category: sla.Blocking, Last: monday, Count: 2, Told: 1, ToldAt: monday},
		Children: []intake.Children{{Ticket: 419, Count: 12, Told: 3, ToldAt: monday}},
		Pending:  []intake.Action{{ID: "x", Kind: intake.ActMerge, Ticket: 418, Into: 417, Category: sla.Blocking, Text: "storm"}}, CutAt: monday,
	}, Problems: []intake.Problem{problem(plant, "a", 417), problem(plant, "b", 417)}}
	check.Must(t, s.PutInstallation(ctx, i))
	stands, err := s.Installation(ctx, plant, []intake.Key{{Source: "native", Fingerprint: "a"}, {Source: "other", Fingerprint: "b"}}, monday)
	check.Must(t, err)
	i.Version, i.Problems, i.Known = 1, i.Problems[:1], 2
	check.Equal(t, "as written", stands, i)
	later, err := s.Installation(ctx, plant, []intake.Key{{Source: "native", Fingerprint: "a"}}, monday.Add(time.Hour))
	check.Must(t, err)
	if len(later.Problems) != 2 {
		t.Errorf("%d problems are named or due, want 2, each once", len(later.Problems))
	}
	check.Error(t, "a version that does not stand", s.PutInstallation(ctx, intake.Installation{ID: plant}), storage.ErrConflict)
	check.Error(t, "of one that nobody knows", s.PutInstallation(ctx, intake.Installation{ID: intake.ID{Contract: "x", Name: "y"}, Version: 3}), storage.ErrConflict)
	stands.State, stands.Due = intake.State{}, time.Time{}
	changed := problem(plant, "a", 0)
	changed.Firing, changed.Held, changed.Due = false, intake.HeldSeverity, time.Time{}
	stands.Problems = []intake.Problem{changed}
	check.Must(t, s.PutInstallation(ctx, stands))
	again, err := s.Installation(ctx, plant, []intake.Key{changed.Key}, monday)
	check.Must(t, err)
	stands.Version = 2
	check.Equal(t, "written again", again, stands)
}

func installationOneWins(t *testing.T, s intake.Store) {
	for version := range 2 {
		done, failed := atOnce(writers, func(int) error {
			return s.PutInstallation(t.Context(), intake.Installation{ID: plant, Version: version, Problems: []intake.Problem{problem(plant, "a", 1)}})
		})
		if done != 1 {
			t.Errorf("%d of %d who wrote version %d at once did", done, writers, version)
		}
		for _, err := range failed {
			check.Error(t, "the others", err, storage.ErrConflict)
		}
	}
}

func installationsDue(t *testing.T, s intake.Store) {
	ctx := t.Context()
	byItself, byProblem, never := plant, intake.ID{Contract: "verdi", Name: "a"}, intake.ID{Contract: "verdi", Name: "b"}
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: byItself, Due: monday.Add(time.Minute)}))
	var many []intake.Problem // of one installation, which must not keep the other from its turn
	for i := range 3 {
		p := problem(byProblem, fmt.Sprint(i), 0)
		p.Due = monday
		many = append(many, p)
	}
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: byProblem, Problems: many}))
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: never}))
	for _, c := range []struct {
		now   time.Time
		limit int
		want  []intake.ID
	}{
		{monday.Add(-time.Second), 9, nil}, {monday, 9, []intake.ID{byProblem}}, {monday.Add(time.Hour), 9, []intake.ID{byProblem, byItself}},
		{monday.Add(time.Hour), 2, []intake.ID{byProblem, byItself}}, {monday.Add(time.Hour), 1, []intake.ID{byProblem}},
	} {
		got, err := s.DueInstallations(ctx, c.now, c.limit)
		check.Must(t, err)
		if len(got) == 0 {
			got = nil
		}
		check.Equal(t, "due at "+c.now.String(), got, c.want)
	}
}

func problemsFound(t *testing.T, s intake.Store) {
	ctx := t.Context()
	other := intake.ID{Contract: "verdi", Name: "verdi"}
	over := problem(plant, "over", 418)
	over.Firing, over.Heard = false, monday.Add(2*time.Minute)
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: plant, Problems: []intake.Problem{problem(plant, "a", 417), over}}))
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: other, Problems: []intake.Problem{problem(other, "a", 419)}}))
	for what, c := range map[string]struct {
		filter intake.Filter
		want   []tickets.Number
	}{
		"all":           {intake.Filter{}, []tickets.Number{418, 417, 419}},
		"of a contract": {intake.Filter{Contract: "rossi"}, []tickets.Number{418, 417}},
		"of a ticket":   {intake.Filter{Ticket: 417}, []tickets.Number{417}},
		"firing":        {intake.Filter{Firing: true, Contract: "rossi"}, []tickets.Number{417}},
		"lately":        {intake.Filter{Since: monday.Add(2 * time.Minute)}, []tickets.Number{418}},
		"the first":     {intake.Filter{Limit: 1}, []tickets.Number{418}},
	} {
		list, err := s.Problems(ctx, c.filter)
		check.Must(t, err)
		var got []tickets.Number
		for _, p := range list {
			got = append(got, p.Ticket)
		}
		if what == "all" { // two were heard of at the same moment
			check.Equal(t, what, len(got), len(c.want))
			continue
		}
		check.Equal(t, what, got, c.want)
	}
}

func problemsMove(t *testing.T, s intake.Store) {
	ctx := t.Context()
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: plant, Problems: []intake.Problem{problem(plant, "a", 417), problem(plant, "b", 418), problem(plant, "c", 419)}}))
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: plant, Version: 1, Moves: []intake.Move{{From: 418, To: 417}}}))
	list, err := s.Problems(ctx, intake.Filter{Ticket: 417})
	check.Must(t, err)
	rest, err := s.Problems(ctx, intake.Filter{Ticket: 419})
	check.Must(t, err)
	if len(list) != 2 || len(rest) != 1 {
		t.Errorf("%d problems of the one ticket and %d of the one that was left alone", len(list), len(rest))
	}
}

func problemsNamed(t *testing.T, s intake.Store) {
	ctx, yard, other := t.Context(), intake.ID{Contract: "rossi", Name: "yard"}, intake.ID{Contract: "verdi", Name: "plant"}
	byBeat := problem(plant, "wan", 418)
	byBeat.Key.Source, byBeat.Heard = "heartbeat", monday.Add(2*time.Minute)
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: plant, Problems: []intake.Problem{problem(plant, "wan", 417), problem(plant, "a", 417), byBeat}}))
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: yard, Problems: []intake.Problem{problem(yard, "wan", 419), problem(yard, "a", 420)}}))
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: other, Problems: []intake.Problem{problem(other, "wan", 421)}}))
	found, err := s.ProblemsNamed(ctx, "rossi", []intake.Ref{{Installation: "plant", Fingerprint: "wan"}, {Installation: "yard", Fingerprint: "a"}, {Installation: "none", Fingerprint: "wan"}})
	check.Must(t, err)
	at := map[intake.ID]map[intake.Key]intake.Problem{plant: {}, yard: {}}
	for _, p := range found {
		at[p.Installation][p.Key] = p
	}
	want := map[intake.ID]map[intake.Key]intake.Problem{plant: {byBeat.Key: byBeat, {Source: "native", Fingerprint: "wan"}: problem(plant, "wan", 417)}, yard: {{Source: "native", Fingerprint: "a"}: problem(yard, "a", 420)}}
	check.Equal(t, "those named", at, want)
}

func problemsForgotten(t *testing.T, s intake.Store) {
	ctx := t.Context()
	over, settling := problem(plant, "over", 0), problem(plant, "settling", 0)
	over.Firing, over.Due, settling.Firing = false, time.Time{}, false
	check.Must(t, s.PutInstallation(ctx, intake.Installation{ID: plant, Problems: []intake.Problem{problem(plant, "firing", 0), over, settling}}))
	check.Must(t, s.ForgetProblems(ctx, over.Heard))
	list, err := s.Problems(ctx, intake.Filter{})
	check.Must(t, err)
	check.Equal(t, "before its time", len(list), 3)
	check.Must(t, s.ForgetProblems(ctx, over.Heard.Add(time.Second)))
	list, err = s.Problems(ctx, intake.Filter{})
	check.Must(t, err)
	check.Equal(t, "what is over", len(list), 2)
}

// alertDocuments are the documents of intake.Settings.
func alertDocuments(s intake.Store) map[string]document {
	return map[string]document{
		"alert policy": {
			put: func(ctx context.Context, v int) (int, error) {
				p, err := s.PutAlertPolicy(ctx, intake.Policy{ID: "x", Version: v})
				return p.Version, err
			},
			read:   func(ctx context.Context) (int, error) { p, err := s.AlertPolicy(ctx, "x"); return p.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteAlertPolicy(ctx, "x", v) },
		},
		"alert mapping": {
			put: func(ctx context.Context, v int) (int, error) {
				m, err := s.PutAlertMapping(ctx, intake.Mapping{ID: "x", Version: v})
				return m.Version, err
			},
			read:   func(ctx context.Context) (int, error) { m, err := s.AlertMapping(ctx, "x"); return m.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteAlertMapping(ctx, "x", v) },
		},
		"maintenance window": {
			put: func(ctx context.Context, v int) (int, error) {
				m, err := s.PutMaintenance(ctx, intake.Maintenance{ID: "x", Version: v})
				return m.Version, err
			},
			read:   func(ctx context.Context) (int, error) { m, err := s.Maintenance(ctx, "x"); return m.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteMaintenance(ctx, "x", v) },
		},
	}
}

func alertDocumentsReturn(t *testing.T, s intake.Store) {
	ctx := t.Context()
	p := intake.Default()
	p.Labels = intake.Labels{Product: "p", Version: "v"}
	p.Depends = intake.Depends{Rules: []intake.Dependence{{Installation: "y*", Fingerprint: "f*", Title: "t*", ParentInstallation: "hq", ParentFingerprint: "wan"}}, Wait: 0, Settle: 60}
	_, err := s.PutAlertPolicy(ctx, p)
	check.Must(t, err)
	p.Version = 1
	policies, err := s.AlertPolicies(ctx)
	check.Must(t, err)
	check.Equal(t, "policies", policies, []intake.Policy{p})
	m := intake.Mapping{ID: "m", Alerts: ".[]", Fingerprint: ".id", Severity: ".s", Title: ".t", Text: ".x", Installation: ".i", Resolved: ".r", Skip: ".k", Labels: ".l"}
	_, err = s.PutAlertMapping(ctx, m)
	check.Must(t, err)
	m.Version = 1
	mappings, err := s.AlertMappings(ctx)
	check.Must(t, err)
	check.Equal(t, "mappings", mappings, []intake.Mapping{m})
	w := intake.Maintenance{ID: "w", Contract: "rossi", Installation: "plant", From: monday, Until: monday.Add(time.Hour), Note: "new disks"}
	_, err = s.PutMaintenance(ctx, w)
	check.Must(t, err)
	w.Version = 1
	windows, err := s.Maintenances(ctx)
	check.Must(t, err)
	check.Equal(t, "maintenance windows", windows, []intake.Maintenance{w})
}
