package bulletin

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// desk is that of one ticket.
type desk struct {
	ticket tickets.Ticket
	lines  []tickets.Event
}

func (d *desk) Ticket(context.Context, tickets.Number) (tickets.Ticket, error) { return d.ticket, nil }
func (d *desk) History(context.Context, tickets.Number) ([]tickets.Event, error) {
	return d.lines, nil
}
func (d *desk) Note(_ context.Context, _ tickets.Number, e tickets.Event, _ time.Time) (tickets.Ticket, error) {
	d.lines = append(d.lines, e)
	return d.ticket, nil
}

// street is one engineer, who talks to another caller for a while.
type street struct {
	desk  *desk
	talks bool
	told  []ring.Alarm
}

func (street) Plan(context.Context, time.Time, tickets.Ticket) (escalation.Plan, error) {
	return escalation.Plan{Steps: []escalation.Group{{Attempts: []oncall.Attempt{{Engineer: "anna", Phone: "sip:anna"}}}}}, nil
}

func (s *street) Bulletin(_ context.Context, r ring.BulletinRequest) (left []ring.Alarm, rang bool) {
	if s.talks || !r.May("sip:anna") {
		return r.Alarms, false
	}
	s.desk.lines = append(s.desk.lines, tickets.Event{Kind: tickets.Accepted})
	s.told = append(s.told, r.Alarms...)
	return nil, true
}

// nobody is on the line about any ticket.
type nobody struct{}

func (nobody) Enter(tickets.Number) (leave func()) { return func() {} }
func (nobody) Has(tickets.Number) bool             { return false }

func house() (*desk, *street, *Board) {
	d := &desk{ticket: tickets.Ticket{Number: 417, State: tickets.Open}}
	s := &street{desk: d}
	return d, s, New(Config{Desk: d, Duty: s, Ringer: s, Active: nobody{}, Limits: NewLimits(nil, nil), CallBack: func(tickets.Ticket) string { return "" }, Zone: func(tickets.Ticket) *time.Location { return time.UTC }})
}

func breach(id string) tickets.Work {
	return tickets.Work{ID: id, Ticket: 417, Facts: map[string]string{"clock": string(sla.Contact), "alarm": sla.AtBreach}}
}

// TestAnAlarmSaysWhichClockAndByWhen: each clock, before it is due and once it is overdue, by the ticket as it stands.
func TestAnAlarmSaysWhichClockAndByWhen(t *testing.T) {
	book, err := prompts.Open(prompts.English)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		clock sla.Kind
		alarm string
		how   prompts.ID
		says  string
	}{
		{sla.Contact, "-15m", "alarm-soon", "First contact is due by nine thirty today."},
		{sla.Contact, sla.AtBreach, "alarm-late", "First contact has been overdue since nine thirty today."},
		{sla.Intervention, "-15m", "alarm-soon", "The intervention is due by nine thirty today."},
		{sla.Intervention, sla.AtBreach, "alarm-late", "The intervention has been overdue since nine thirty today."},
		{sla.Restore, "-15m", "alarm-soon", "Restoring the service is due by nine thirty today."},
		{sla.Restore, sla.AtBreach, "alarm-late", "Restoring the service has been overdue since nine thirty today."},
	} {
		synctest.Test(t, func(t *testing.T) {
			d, s, b := house()
			time.Sleep(9 * time.Hour)
			due := time.Now().Add(30 * time.Minute)
			if c.alarm == sla.AtBreach {
				time.Sleep(31 * time.Minute)
			}
			d.ticket.Clocks = []sla.Clock{{Kind: c.clock, Due: due}}
			// What was due when the alarm was raised is another instant: the clock has moved since.
			w := tickets.Work{ID: "alarm", Ticket: 417, Facts: map[string]string{"clock": string(c.clock), "alarm": c.alarm, "due": due.Add(-time.Hour).Format(time.RFC3339)}}
			var later *tickets.Later
			for err := b.Ring(t.Context(), w); err != nil; err = b.Ring(t.Context(), w) {
				if !errors.As(err, &later) {
					t.Fatal(err)
				}
				time.Sleep(time.Until(later.At))
			}
			if len(s.told) != 1 || s.told[0].Account[1].ID != c.how || book.Spoken(s.told[0].Account) != c.says {
				t.Errorf("%s %s: told %d alarms, want %q", c.clock, c.alarm, len(s.told), c.says)
				for _, a := range s.told {
					t.Errorf("heard %q", book.Spoken(a.Account))
				}
			}
		})
	}
}

// TestAnAlarmForWhoTalksWaitsForTheEnd: nothing is written before a telephone rings, and it rings within a minute after the talk,
// however long that was.
func TestAnAlarmForWhoTalksWaitsForTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, s, b := house()
		s.talks = true
		began := time.Now()
		for until := began.Add(20 * time.Minute); len(d.lines) == 0; {
			err := b.Ring(t.Context(), breach("breach"))
			var later *tickets.Later
			if err != nil && !errors.As(err, &later) {
				t.Fatal(err)
			}
			if s.talks && len(d.lines) > 0 {
				t.Fatalf("she talks, and the ticket says %v", d.lines)
			}
			if time.Now().After(until) {
				t.Fatal("nobody was rung")
			}
			if later != nil {
				time.Sleep(time.Until(later.At))
			}
			s.talks = time.Since(began) < 10*time.Minute
		}
		if took := time.Since(began); took > 11*time.Minute+10*time.Second {
			t.Errorf("she was rung after %s", took)
		}
		if len(d.lines) != 2 || d.lines[0].Kind != tickets.CallingOut || d.lines[0].Facts[tickets.FactFor] != "breach" {
			t.Errorf("the ticket says %+v", d.lines)
		}
	})
}

// TestAnAlarmThatAnotherNodeHasToldIsForgotten: it would wait for ever, and what comes later would not be gathered.
func TestAnAlarmThatAnotherNodeHasToldIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _, b := house()
		var later *tickets.Later
		if err := b.Ring(t.Context(), breach("told elsewhere")); !errors.As(err, &later) {
			t.Fatal(err)
		}
		d.lines = []tickets.Event{{Kind: tickets.CallingOut, Facts: map[string]string{tickets.FactFor: "told elsewhere"}}, {Kind: tickets.Accepted}}
		time.Sleep(time.Minute)
		if err := b.Ring(t.Context(), breach("breach")); err != nil {
			t.Fatal(err)
		}
		if len(b.waiting) != 0 {
			t.Errorf("there wait %v", b.waiting)
		}
	})
}
