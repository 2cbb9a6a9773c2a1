package sla

import (
	"strings"
	"testing"
	"time"
)

func (r *request) entered(k Kind, at, happened string) {
	r.Helper()
	r.take(Step{Kind: Stamped, Clock: k, At: rome(r, at), Happened: rome(r, happened)})
}

func TestAClockThatStandsStillIsNotBrokenByWhoMeetsIt(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(r *request)
		want    string
		spent   time.Duration // of the restore
	}{
		"access withdrawn, restored in the evening": {func(r *request) {
			r.stamped(Intervention, "2026-11-23 09:01")
			r.paused(NoAccess, "2026-11-23 09:02", "")
			r.stamped(Restore, "2026-11-23 19:00")
		}, "kept kept kept", time.Minute},
		"access withdrawn, intervention on site the next day": {func(r *request) {
			r.stamped(Contact, "2026-11-23 09:01")
			r.paused(NoAccess, "2026-11-23 09:02", "")
			r.stamped(Intervention, "2026-11-24 19:00")
			r.stamped(Restore, "2026-11-24 20:00")
		}, "kept kept kept", 0},
		"waiting when the category was set": {func(r *request) {
			r.agreed(nil, Question, "2026-11-23 09:00")
			r.stamped(Intervention, "2026-11-23 09:30")
			r.paused(ForCustomer, "2026-11-23 09:40", "")
			r.agreed(nil, Blocking, "2026-11-23 20:00")
			r.stamped(Restore, "2026-11-23 21:00")
		}, "kept kept kept", 10 * time.Minute},
		"waiting when the contract was set": {func(r *request) {
			r.stamped(Intervention, "2026-11-23 09:30")
			r.paused(ForCustomer, "2026-11-23 09:40", "")
			r.agreed(agreed(r.T, Advanced), Blocking, "2026-11-23 20:00")
			r.stamped(Restore, "2026-11-23 21:00")
		}, "kept kept kept", 10 * time.Minute},
		"a limit that was used up before the pause": {func(r *request) {
			r.stamped(Intervention, "2026-11-23 09:01")
			r.paused(NoAccess, "2026-11-23 11:01", "")
			r.stamped(Restore, "2026-11-23 19:00")
		}, "kept kept late", 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 09:00")
			c.happens(r)
			r.stand(c.want)
			if got := r.clock(Restore).Spent; got != c.spent {
				t.Errorf("the restore took %v, want %v", got, c.spent)
			}
		})
	}
}

func TestAQuestionWithALateInterventionBreaksAloudWhenItIsAssessedAsBlocking(t *testing.T) {
	r := opened(t, agreed(t, Extended), Question, "2026-11-23 09:00")
	r.stamped(Intervention, "2026-11-23 17:00")
	r.agreed(nil, Blocking, "2026-11-23 17:10")
	r.stand("late late running")
	if !strings.Contains(r.said(), "breach contactdue, breach interventiondue") {
		t.Errorf("said %s", r.said())
	}
	for _, h := range r.happened {
		if h.What == Breach && !h.Then {
			t.Errorf("the breach of %s stands before the step that brought it", h.Clock)
		}
	}
}

func TestWhatIsEnteredLaterCountsWhenItHappened(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 09:00")
	r.looked("2026-11-23 13:01")
	r.stand("broken broken projected")
	r.entered(Intervention, "2026-11-23 13:30", "2026-11-23 12:00")
	r.stand("late kept running")
	if !strings.Contains(r.said(), "undone intervention") || strings.Contains(r.said(), "undone contact") {
		t.Errorf("said %s", r.said())
	}
	r.due(Restore, "2026-11-23 14:00")
	r.entered(Contact, "2026-11-23 13:31", "2026-11-23 09:45")
	r.stand("kept kept running")
	r.stamped(Restore, "2026-11-23 13:40")
	r.entered(Intervention, "2026-11-23 15:00", "2026-11-23 11:00") // then the restore was due at 13:00
	r.stand("kept kept late")
	if r.said() != "moved restore, breach restoredue" && r.said() != "breach restoredue, moved restore" {
		t.Errorf("said %s", r.said())
	}
	if c := r.clock(Restore); c.Spent != 160*time.Minute || !c.BrokenAt.Equal(rome(t, "2026-11-23 13:00")) {
		t.Errorf("%+v", c)
	}
}

func TestWhatIsEnteredLaterThanWhatStandsChangesNothing(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 09:00")
	r.stamped(Intervention, "2026-11-23 10:00")
	before := r.states()
	r.entered(Intervention, "2026-11-23 11:00", "2026-11-23 10:30")
	if r.stand(before); !r.Stamps.Intervention.Equal(rome(t, "2026-11-23 10:00")) || r.said() != "" {
		t.Errorf("the intervention moved to %v; said %s", r.Stamps.Intervention, r.said())
	}
}
