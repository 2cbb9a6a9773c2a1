package duty

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/atomicfile"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
)

// appointmentRow is what an engineer has agreed to, and when which telephone rings.
type appointmentRow struct {
	contact escalation.Contact
	proves  string // the telephone whose key is pressed
	away    bool
	from    time.Time // of the first look
	weeks   int
	want    []string
}

// appointmentRows are appointments by what is special about them.
func appointmentRows(rome *time.Location) map[string]appointmentRow {
	monday := func(hour, minute int) time.Time { return time.Date(2026, time.October, 26, hour, minute, 0, 0, rome) }
	agreed := &escalation.Appointment{Day: time.Monday, At: 10 * time.Hour}
	return map[string]appointmentRow{
		"nobody presses the key": {escalation.Contact{Test: agreed}, "", false, monday(9, 50), 1,
			[]string{"Mon 10:00 06-1", "Mon 10:00 06-2", "Mon 10:10 06-1", "Mon 10:10 06-2", "Mon 10:20 06-1", "Mon 10:20 06-2"}},
		"one telephone is proven": {escalation.Contact{Test: agreed}, "06-1", false, monday(9, 50), 1,
			[]string{"Mon 10:00 06-1", "Mon 10:00 06-2", "Mon 10:10 06-2", "Mon 10:20 06-2"}},
		"the program starts in between": {escalation.Contact{Test: agreed}, "", false, monday(10, 13), 1,
			[]string{"Mon 10:13 06-1", "Mon 10:13 06-2", "Mon 10:23 06-1", "Mon 10:23 06-2"}},
		"it starts too late":              {escalation.Contact{Test: agreed}, "", false, monday(10, 30), 1, nil},
		"every week":                      {escalation.Contact{Test: agreed}, "both", false, monday(9, 50), 2, []string{"Mon 10:00 06-1", "Mon 10:00 06-2", "Mon 10:00 06-1", "Mon 10:00 06-2"}},
		"an hour that autumn repeats":     {escalation.Contact{Test: &escalation.Appointment{Day: time.Sunday, At: 150 * time.Minute}}, "both", false, time.Date(2026, time.October, 25, 0, 0, 0, 0, time.UTC), 1, []string{"Sun 02:30 06-1", "Sun 02:30 06-2"}},
		"who is absent":                   {escalation.Contact{Test: agreed}, "", true, monday(9, 50), 1, nil},
		"who is never rung":               {escalation.Contact{Test: agreed, Silence: &escalation.Silence{By: "staff:x", Why: "leave"}}, "", false, monday(9, 50), 1, nil},
		"who has agreed to nothing":       {escalation.Contact{}, "", false, monday(9, 50), 1, nil},
		"an engineer who is gone already": {escalation.Contact{Engineer: "gone", Test: agreed}, "", false, monday(9, 50), 1, nil},
	}
}

// TestTestCallsByAppointment: at the agreed time of each week, by the wall clock also in the week of the clocks, every telephone that is not
// proven since is rung once, and twice more ten minutes apart where nobody presses the key; by one node of several, and also after a
// restart. Who is absent, or is never rung by choice, is left alone.
func TestTestCallsByAppointment(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range appointmentRows(rome) {
		t.Run(name, func(t *testing.T) {
			store, ctx := memory.New(1), t.Context()
			for _, id := range []oncall.EngineerID{"anna", "gone"} {
				if _, err := store.PutEngineer(ctx, oncall.Engineer{ID: id, Name: string(id), Phones: []string{"06-1", "06-2"}, Language: "en"}); err != nil {
					t.Fatal(err)
				}
			}
			c.contact.Zone = "Europe/Rome"
			if c.contact.Engineer == "" {
				c.contact.Engineer = "anna"
			}
			if _, err := store.PutContact(ctx, c.contact); err != nil {
				t.Fatal(err)
			}
			if err := store.DeleteEngineer(ctx, "gone", 0); err != nil {
				t.Fatal(err)
			}
			if c.away {
				if _, err := store.PutAbsences(ctx, rota.Absences{Engineer: "anna", List: []rota.Absence{{Engineer: "anna", From: c.from, Until: c.from.Add(2 * time.Hour)}}}); err != nil {
					t.Fatal(err)
				}
			}
			var mu sync.Mutex
			var rang []string
			var now time.Time
			node := func() *Appointments {
				log := slog.New(slog.DiscardHandler)
				return &Appointments{Facts: store, Log: log, Roster: New(store, atomicfile.Values{Dir: t.TempDir()}, escalation.Defaults{}, log), TestCall: func(ctx context.Context, a oncall.Attempt) string {
					mu.Lock()
					defer mu.Unlock()
					rang = append(rang, now.In(rome).Format("Mon 15:04 ")+a.Phone)
					if a.Language != "en" || a.Engineer != "anna" {
						t.Errorf("rung is %+v", a)
					}
					if c.proves == a.Phone || c.proves == "both" {
						(&Prover{Legs: &records{}, Store: store, Log: log}).AddLeg("", provenLeg(a, now))
						return "proven by a test call"
					}
					return "no answer"
				}}
			}
			one, other := node(), node()
			for week := range c.weeks {
				for step := range 24 {
					now = c.from.AddDate(0, 0, 7*week).Add(time.Duration(step) * 5 * time.Minute)
					one.Round(ctx, now)
					other.Round(ctx, now)
					if now.Minute() == 5 {
						one = node() // a restart
					}
				}
			}
			if !slices.Equal(rang, c.want) {
				t.Errorf("rung are\n%s\nwant\n%s", strings.Join(rang, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// TestOnATestCallNobodyIsRungTwiceWithoutAMemory: a store that remembers nothing rings nobody: else it would ring without end.
func TestOnATestCallNobodyIsRungTwiceWithoutAMemory(t *testing.T) {
	store, ctx := memory.New(1), t.Context()
	if _, err := store.PutEngineer(ctx, oncall.Engineer{ID: "anna", Phones: []string{"06-1"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutContact(ctx, escalation.Contact{Engineer: "anna", Zone: "UTC", Test: &escalation.Appointment{Day: time.Monday, At: 10 * time.Hour}}); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	p := &Appointments{Facts: forgetful{}, Log: log, Roster: New(store, atomicfile.Values{Dir: t.TempDir()}, escalation.Defaults{}, log), TestCall: func(context.Context, oncall.Attempt) string {
		t.Error("somebody is rung")
		return ""
	}}
	p.Round(ctx, time.Date(2026, time.October, 26, 10, 0, 1, 0, time.UTC))
}

// forgetful cannot write.
type forgetful struct{}

func (forgetful) Fact(context.Context, string) (string, error) { return "", nil }
func (forgetful) PutFact(context.Context, string, string) error {
	return fmt.Errorf("the disk is full")
}
