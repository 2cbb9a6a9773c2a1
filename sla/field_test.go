package sla

import (
	"strings"
	"testing"
	"time"
)

// The cases that other systems got wrong in the field, one test each.

func TestFieldAPauseSurvivesAChangeOfTheLevel(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 09:00")
	r.paused(ForCustomer, "2026-11-23 10:00", "2026-11-23 12:00")
	r.due(Intervention, "2026-11-23 16:00")
	r.agreed(agreed(t, Advanced), Blocking, "2026-11-23 12:30")
	r.due(Intervention, "2026-11-23 15:00") // no lunch break in these hours; the two hours of the pause are still out
	r.take(Step{Kind: Paused, Why: ForCustomer, At: rome(t, "2026-11-23 13:00")})
	r.agreed(agreed(t, Extended), Blocking, "2026-11-23 14:00")
	r.stand("broken paused paused")
}

func TestFieldAPauseOverAWeekendTakesNoWorkingTimeTwice(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-20 16:00")
	r.paused(ForCustomer, "2026-11-20 17:00", "2026-11-23 10:00")
	r.due(Intervention, "2026-11-23 13:00") // an hour on Friday, three on Monday from ten: not three days and not the night
}

func TestFieldReopeningDoesNotEscalateAtOnce(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 09:00")
	r.stamped(Contact, "2026-11-23 09:30")
	r.paused(Ended, "2026-11-23 10:00", "") // closed with three hours left
	r.looked("2026-12-10 10:00")
	r.stand("kept paused paused")
	r.take(Step{Kind: Resumed, Why: Ended, At: rome(t, "2026-12-10 16:00")})
	for _, h := range r.happened {
		if h.What != Moved {
			t.Errorf("reopened and %s %s", h.What, h.Clock)
		}
	}
	r.due(Intervention, "2026-12-11 10:00")
}

func TestFieldADeadlineIsNotAtMidnight(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-20 23:59")
	r.due(Contact, "2026-11-23 10:00")
	if at, _ := NextAlarm(r.Clocks); !at.Equal(rome(t, "2026-11-23 09:45")) {
		t.Errorf("the first warning is at %v, want Monday 09:45", at)
	}
	r.looked("2026-11-21 00:00")
	r.looked("2026-11-23 00:00")
	r.stand("running running projected")
}

func TestFieldTheLunchBreakIsNeverCounted(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 12:59")
	r.due(Contact, "2026-11-23 14:59")
	r = opened(t, agreed(t, Professional), Blocking, "2026-11-23 13:00")
	r.due(Contact, "2026-11-23 15:00")
	r = opened(t, agreed(t, Professional), Blocking, "2026-11-23 13:59")
	r.due(Contact, "2026-11-23 15:00")
	r.due(Intervention, "2026-11-23 18:00")
}

func TestFieldADayHas23Or25Hours(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-03-29 00:30")
	r.due(Intervention, "2026-03-29 05:30")
	r = opened(t, agreed(t, Extended), Blocking, "2026-10-25 00:30")
	r.due(Intervention, "2026-10-25 03:30")
	h := agreed(t, Extended).Hours()
	for day, want := range map[string]time.Duration{"2026-03-29": 23 * time.Hour, "2026-10-25": 25 * time.Hour, "2026-06-21": 24 * time.Hour} {
		from := rome(t, day+" 00:00")
		if got := h.Between(from, from.AddDate(0, 0, 1)); got != want {
			t.Errorf("%s has %v, want %v", day, got, want)
		}
	}
}

func TestFieldAHolidayOnASaturdayShortensNoOtherDay(t *testing.T) {
	// 15 August 2026 is a Saturday: Advanced works on Saturdays, Professional does not.
	opened(t, agreed(t, Advanced), Blocking, "2026-08-14 19:30").due(Contact, "2026-08-17 08:30")
	opened(t, agreed(t, Professional), Blocking, "2026-08-14 17:30").due(Contact, "2026-08-17 09:30")
	opened(t, agreed(t, Advanced), Blocking, "2026-08-21 19:30").due(Contact, "2026-08-22 08:30")
}

func TestFieldRestoreIsNotCountedFromTheOpening(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 09:00")
	r.looked("2026-11-23 14:01") // four hours after the opening and no intervention
	r.stand("broken broken projected")
	r.stamped(Intervention, "2026-11-23 16:00")
	r.due(Restore, "2026-11-24 11:00")
	r.stand("late late running")
}

func TestFieldEveryCustomerHasHisOwnCalendar(t *testing.T) {
	london := agreed(t, Professional).Terms
	london.Calendar.Zone, london.Calendar.Holidays = "Europe/London", "gb-eng"
	other, err := london.Ready()
	if err != nil {
		t.Fatal(err)
	}
	// 8 December 2026 is a holiday in Rome and none in London, where the day begins an hour later.
	opened(t, agreed(t, Professional), Blocking, "2026-12-08 10:00").due(Contact, "2026-12-09 10:00")
	opened(t, other, Blocking, "2026-12-08 10:00").due(Contact, "2026-12-08 11:00")
	opened(t, other, Blocking, "2026-12-08 07:00").due(Contact, "2026-12-08 11:00")
}

func TestFieldATicketOfTheNightRunsFromTheOpeningOfTheDay(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-24 03:12")
	r.due(Contact, "2026-11-24 10:00")
	r.due(Intervention, "2026-11-24 13:00")
	r.looked("2026-11-24 09:00") // at the opening nothing is late and nothing was used up
	r.stand("running running projected")
	if strings.Contains(r.said(), "warn") {
		t.Errorf("at the opening: %s", r.said())
	}
}
