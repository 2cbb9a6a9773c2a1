package statistics

import (
	"slices"
	"testing"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

func TestMediansAndNinetiethPercentilesAreByNearestRank(t *testing.T) {
	var spans []time.Duration
	for n := range 10 {
		spans = append(spans, time.Duration(n+1)*time.Minute)
	}
	for _, c := range []struct {
		of      []time.Duration
		percent int
		want    time.Duration
	}{{spans, 50, 5 * time.Minute}, {spans, 90, 9 * time.Minute}, {spans[:1], 50, time.Minute}, {spans[:1], 90, time.Minute}, {spans[:3], 50, 2 * time.Minute}, {nil, 50, 0}} {
		if got := rank(c.of, c.percent); got != c.want {
			t.Errorf("%d%% of %d spans is %s, want %s", c.percent, len(c.of), got, c.want)
		}
	}
}

func TestALineOfTheReportCountsEachTicketOnce(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	pauses := []sla.Pause{ // a former version let a pause go on when the ticket was closed
		{Why: sla.NoAccess, From: now.Add(-2 * time.Hour)}, {Why: sla.Ended, From: now.Add(-time.Hour)},
	}
	r := makeReport("2026-11", []Outcome{
		{Ticket: 1, Contract: "c", Clock: sla.Contact, Met: true, Spent: time.Minute, Pauses: pauses},
		{Ticket: 1, Contract: "c", Clock: sla.Restore, Met: true, Broken: true, Spent: time.Hour, Pauses: pauses},
		{Ticket: 2, Contract: "c"},
	}, []tickets.Spent{{Ticket: 1, Minutes: 5}, {Ticket: 9, Minutes: 7}}, now)
	l := r.Lines[0]
	if len(r.Lines) != 1 || l.Tickets != 2 || l.Pauses != 1 || l.Paused != time.Hour || l.Minutes != 5 || len(r.Breaches) != 1 {
		t.Errorf("%+v", r)
	}
	if c := l.Clocks[2]; c.Broken != 1 || c.Kept != 0 || c.Median != time.Hour {
		t.Errorf("restore %+v", c)
	}
}

// A ticket may wait for its customer while it cannot be reached either: the time counts once.
func TestPausesThatOverlapAreCountedOnce(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }
	now := at(20)
	for name, c := range map[string]struct {
		pauses []sla.Pause
		count  int
		want   time.Duration
	}{
		"one after the other": {[]sla.Pause{{Why: sla.NoAccess, From: at(8), Until: at(9)}, {Why: sla.ForCustomer, From: at(9), Until: at(10)}}, 2, 2 * time.Hour},
		"one over the other":  {[]sla.Pause{{Why: sla.NoAccess, From: at(8), Until: at(11)}, {Why: sla.ForCustomer, From: at(10), Until: at(12)}}, 2, 4 * time.Hour},
		"one in the other":    {[]sla.Pause{{Why: sla.NoAccess, From: at(8), Until: at(12)}, {Why: sla.ForCustomer, From: at(9), Until: at(10)}}, 2, 4 * time.Hour},
		"in no order":         {[]sla.Pause{{Why: sla.ForCustomer, From: at(10), Until: at(12)}, {Why: sla.NoAccess, From: at(8), Until: at(11)}}, 2, 4 * time.Hour},
		"both go on":          {[]sla.Pause{{Why: sla.NoAccess, From: at(8)}, {Why: sla.ForCustomer, From: at(10)}}, 2, 12 * time.Hour},
		"a gap between":       {[]sla.Pause{{Why: sla.NoAccess, From: at(8), Until: at(9)}, {Why: sla.ForCustomer, From: at(11), Until: at(12)}}, 2, 2 * time.Hour},
	} {
		var l Line
		if l.pause(c.pauses, now); l.Pauses != c.count || l.Paused != c.want {
			t.Errorf("%s: %d pauses of %s, want %d of %s", name, l.Pauses, l.Paused, c.count, c.want)
		}
	}
}

// TestRequestsWithoutAContractAreOfNobodyAlone: one line of the report holds those of many, and must not show the name of one of them.
func TestRequestsWithoutAContractAreOfNobodyAlone(t *testing.T) {
	outcomes := []Outcome{{Ticket: 1, Name: "Verdi S.r.l."}, {Ticket: 2}, {Ticket: 3, Name: "Rossi S.p.A."}, {Ticket: 4, Contract: "rossi", Name: "Rossi S.p.A."}}
	report, sums := makeReport("2026-11", outcomes, nil, time.Now()), SumsOf(outcomes, nil)
	for name, got := range map[string][]Group{
		"report": {report.Lines[0].Group(), report.Lines[1].Group()}, "sums": Summarise(sums).Contracts.List,
		"a month of sums": {ReportOf("", merged(slices.Clone(sums))).Lines[0].Group(), ReportOf("", merged(sums)).Lines[1].Group()},
	} {
		if len(got) != 2 || got[0].Name != "" || got[0].Tickets != 3 || got[1].Name != "Rossi S.p.A." {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
