package sla

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func level(t *testing.T, id LevelID) (Level, *Hours) {
	t.Helper()
	for _, l := range DefaultLevels() {
		if l.ID != id {
			continue
		}
		for _, c := range DefaultCalendars() {
			if c.ID == l.Calendar {
				return l, hours(t, c)
			}
		}
	}
	t.Fatalf("no level %s", id)
	return Level{}, nil
}

func TestBlockingAtProfessionalLevel(t *testing.T) {
	l, h := level(t, Professional)
	clocks, err := Start(h, l.Limits(Blocking), Blocking, rome(t, "2026-11-20 17:00"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		kind      Kind
		due       string
		projected bool
	}{{Contact, "2026-11-20 18:00", false}, {Intervention, "2026-11-23 12:00", false}, {Restore, "2026-11-23 17:00", true}} {
		if c := clocks[i]; c.Kind != want.kind || !c.Due.Equal(rome(t, want.due)) || c.Projected != want.projected {
			t.Errorf("clock %d: %+v, want %+v", i, c, want)
		}
	}
}

func TestRestoreRunsFromTheIntervention(t *testing.T) {
	l, h := level(t, Extended)
	clocks, _ := Start(h, l.Limits(Blocking), Blocking, rome(t, "2026-11-23 03:00"))
	clocks, err := Meet(h, clocks, Intervention, rome(t, "2026-11-23 03:30"))
	if err != nil {
		t.Fatal(err)
	}
	if r := clocks[2]; r.Projected || !r.Due.Equal(rome(t, "2026-11-23 05:30")) {
		t.Errorf("restore %+v, want due 05:30 and no projection", r)
	}
	clocks, broken := Break(clocks, rome(t, "2026-11-23 06:00"))
	if len(broken) != 2 || !clocks[2].BrokenAt.Equal(clocks[2].Due) {
		t.Errorf("broken %v, want contact and restore", broken)
	}
	if _, again := Break(clocks, rome(t, "2026-11-23 07:00")); len(again) != 0 {
		t.Errorf("%v broke twice", again)
	}
}

func TestAProjectedRestoreCannotBreak(t *testing.T) {
	l, h := level(t, Extended)
	clocks, _ := Start(h, l.Limits(Blocking), Blocking, rome(t, "2026-11-23 03:00"))
	if _, broken := Break(clocks, rome(t, "2026-12-23 03:00")); len(broken) != 2 {
		t.Errorf("broken %v, want contact and intervention only", broken)
	}
}

func TestLateContactIsMetAndBroken(t *testing.T) {
	l, h := level(t, Extended)
	clocks, _ := Start(h, l.Limits(Blocking), Blocking, rome(t, "2026-11-23 03:00"))
	clocks, _ = Meet(h, clocks, Contact, rome(t, "2026-11-23 05:00"))
	if c := clocks[0]; c.MetAt.IsZero() || !c.BrokenAt.Equal(rome(t, "2026-11-23 04:00")) {
		t.Errorf("contact %+v", c)
	}
	if next, ok := Next(clocks); !ok || next.Kind != Intervention {
		t.Errorf("next clock %+v", next)
	}
}

func TestOnlyAnomaliesHaveClocks(t *testing.T) {
	l, h := level(t, Extended)
	for _, c := range Categories() {
		clocks, err := Start(h, l.Limits(c), c, rome(t, "2026-11-23 03:00"))
		if err != nil || (len(clocks) > 0) != c.Clocked() {
			t.Errorf("%s has %d clocks (%v)", c, len(clocks), err)
		}
	}
	request, rh := level(t, OnRequest)
	if clocks, _ := Start(rh, request.Limits(Blocking), Blocking, rome(t, "2026-11-23 03:00")); len(clocks) != 0 {
		t.Error("Support on Request has a deadline")
	}
}

func TestAnAssessmentKeepsTheContact(t *testing.T) {
	l, h := level(t, Advanced)
	opened := rome(t, "2026-11-23 09:00")
	clocks, _ := Start(h, l.Limits(Blocking), Blocking, opened)
	clocks, _ = Meet(h, clocks, Contact, rome(t, "2026-11-23 09:10"))
	clocks, err := Restart(h, l.Limits(NonBlocking), NonBlocking, opened, clocks)
	if err != nil || clocks[0].MetAt.IsZero() || !clocks[1].Due.Equal(rome(t, "2026-11-23 17:00")) {
		t.Errorf("%+v (%v)", clocks, err)
	}
}

func TestPrioritiesOfThePolicy(t *testing.T) {
	table := map[LevelID][5]Priority{
		Extended: {1, 3, 4, 5, 5}, Advanced: {2, 3, 4, 5, 5}, Professional: {2, 3, 4, 5, 5}, OnRequest: {3, 4, 5, 5, 5},
	}
	for id, row := range table {
		for i, c := range Categories() {
			if got := PriorityOf(id, c); got != row[i] {
				t.Errorf("%s at %s: P%d, want P%d", c, id, got, row[i])
			}
		}
	}
	if PriorityOf(Extended, Uncategorised) != 0 {
		t.Error("no category has a priority")
	}
}

func TestDefaultsAreSound(t *testing.T) {
	for _, l := range DefaultLevels() {
		if err := l.Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestEveryMinuteIsExplained: the parts follow each other from the start to the due time and what counts adds up.
func TestEveryMinuteIsExplained(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		h := hours(t, rapid.SampledFrom([]Calendar{office(), always(), nights()}).Draw(t, "calendar"))
		from := start.Add(time.Duration(rapid.IntRange(0, 365*86400).Draw(t, "from")) * time.Second)
		limit := time.Duration(rapid.IntRange(1, 40*3600).Draw(t, "limit")) * time.Second
		c, err := run(h, Contact, limit, from)
		if err != nil {
			t.Fatal(err)
		}
		at, spent := from, time.Duration(0)
		for _, p := range h.Explain(c) {
			if !p.From.Equal(at) || !p.From.Before(p.Until) || p.Because == "" {
				t.Fatalf("part %+v does not follow %v", p, at)
			}
			if p.Counts {
				spent += p.Until.Sub(p.From)
			}
			if p.Spent != spent {
				t.Fatalf("part %+v says %v spent, want %v", p, p.Spent, spent)
			}
			at = p.Until
		}
		if !at.Equal(c.Due) || spent != limit {
			t.Fatalf("explained until %v with %v, want %v with %v", at, spent, c.Due, limit)
		}
	})
}
