package duty

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/alarm"
	"hotline/atomicfile"
	"hotline/cdr"
	"hotline/directory"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/tickets"
)

// onCall puts Anna and Marco on duty for ever, in this order.
func onCall(ctx context.Context, s oncall.Store) error {
	var shifts []oncall.Shift
	for i, e := range []oncall.Engineer{
		{ID: "anna", Name: "Anna", Phones: []string{"sip:anna@127.0.0.1:5071"}}, {ID: "marco", Name: "Marco", Phones: []string{"sip:marco@127.0.0.1:5072"}},
	} {
		if _, err := s.PutEngineer(ctx, e); err != nil {
			return err
		}
		shifts = append(shifts, oncall.Shift{Engineer: e.ID, Level: 1, Order: i + 1, Day: time.Sunday, Length: 7 * 24 * time.Hour})
	}
	_, err := s.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: shifts})
	return err
}

// rotaless is a store that may hang when it is asked for the rota.
type rotaless struct {
	*memory.Store
	hangs atomic.Bool
}

func (r *rotaless) Rota(ctx context.Context) (oncall.Rota, error) {
	if r.hangs.Load() {
		<-ctx.Done()
		return oncall.Rota{}, ctx.Err()
	}
	return r.Store.Rota(ctx)
}

// TestCallersDoNotWaitInARowForTheRota: the copy was there before the first caller, and only the first one waits for the store.
func TestCallersDoNotWaitInARowForTheRota(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(417)
		if err := onCall(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		r := &rotaless{Store: store}
		d := New(r, atomicfile.Values{Dir: dir}, escalation.Defaults{}, slog.New(slog.DiscardHandler))
		plan := func() (time.Duration, int) {
			began := time.Now()
			plan, err := d.Plan(t.Context(), time.Now(), tickets.Ticket{})
			if err != nil {
				t.Error(err)
			}
			return time.Since(began), len(plan.Attempts())
		}
		if err := d.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := 2
		r.hangs.Store(true)
		if took, n := plan(); took != timeout || n != want {
			t.Errorf("the first caller has %d of %d attempts after %v", n, want, took)
		}
		for range 10 {
			if took, n := plan(); took != 0 || n != want {
				t.Errorf("the next caller has %d of %d attempts after %v", n, want, took)
			}
		}
		r.hangs.Store(false)
		<-time.After(cooldown)
		anna, err := store.Engineer(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		anna.Phones = []string{"sip:a@127.0.0.1", "sip:b@127.0.0.1"}
		if _, err := store.PutEngineer(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		if took, n := plan(); took != 0 || n <= want {
			t.Errorf("once it answers: %d attempts after %v", n, took)
		}
	})
}

// TestWhatKeepsATicketFromAnEngineerIsSaidOnce: a gap in the rota, and telephones that the line may not dial; again when they have
// changed, and when they come back.
func TestWhatKeepsATicketFromAnEngineerIsSaidOnce(t *testing.T) {
	store := memory.New(417)
	if err := onCall(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	var said []string
	barred := ""
	w := &Watch{
		Roster: New(store, atomicfile.Values{Dir: t.TempDir()}, escalation.Defaults{}, slog.New(slog.DiscardHandler)),
		Alarm:  func(k alarm.Kind, text string) { said = append(said, string(k)+": "+text) },
		Allowed: func(telephone string) error {
			if barred != "" && strings.Contains(telephone, barred) {
				return context.Canceled
			}
			return nil
		},
	}
	shifts := func(some bool) {
		t.Helper()
		r, err := store.Rota(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.Shifts = nil; some {
			r.Shifts = []oncall.Shift{{Engineer: "anna", Level: 1, Order: 1, Day: time.Sunday, Length: 7 * 24 * time.Hour}}
		}
		if _, err := store.PutRota(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		does string
		do   func()
		want string
	}{
		{"all is well", func() {}, ""},
		{"nobody is on duty", func() { shifts(false) }, "rota_gap: nobody is on duty from now on"},
		{"still nobody", func() {}, ""},
		{"somebody again", func() { shifts(true) }, ""},
		{"and nobody again", func() { shifts(false) }, "rota_gap: nobody is on duty from now on"},
		{"Anna's telephone is barred", func() { barred = "anna" }, "telephone: telephones are never rung: Anna: context canceled"},
		{"still barred", func() {}, ""},
		{"both are", func() { barred = "sip" }, "telephone: telephones are never rung: Anna: context canceled; Marco: context canceled"},
		{"none is", func() { barred = "" }, ""},
		{"Anna's is again", func() { barred = "anna" }, "telephone: telephones are never rung: Anna: context canceled"},
	} {
		said = nil
		c.do()
		anna, err := store.Engineer(t.Context(), "anna") // edited each time: without an edit no telephone is looked at again
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutEngineer(t.Context(), anna); err != nil {
			t.Fatal(err)
		}
		w.Round(t.Context(), time.Now())
		if got := strings.Join(said, "\n"); got != c.want {
			t.Errorf("%s: %q is said, want %q", c.does, got, c.want)
		}
	}
}

// TestATicketIsRungByTheRotaThatServesIt: what the API plans is what is rung, also while the store is down.
func TestATicketIsRungByTheRotaThatServesIt(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	store := memory.New(417)
	if err := onCall(ctx, store); err != nil {
		t.Fatal(err)
	}
	r := rota.Rota{
		ID: "rossi", Name: "Rossi", Zone: "Europe/Rome", Serves: rota.Serves{Contracts: []string{"rossi"}},
		Layers: []rota.Layer{{Name: "days", Level: 1, Rotation: rota.Daily, Start: "2026-11-23T00:00", Turns: []rota.Turn{{Engineer: "marco"}, {Engineer: "anna"}}}},
	}
	if _, err := store.PutSchedule(ctx, r); err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutAbsences(ctx, rota.Absences{Engineer: "marco", List: []rota.Absence{{Engineer: "marco", From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)}}}); err != nil {
		t.Fatal(err)
	}
	hanging := &rotaless{Store: store}
	dir := t.TempDir()
	d := New(hanging, atomicfile.Values{Dir: dir}, escalation.Defaults{}, slog.New(slog.DiscardHandler))
	rung := func(d *Roster, contract, assignee string, at time.Time) string {
		t.Helper()
		plan, err := d.Plan(ctx, at, tickets.Ticket{Reporter: tickets.Reporter{Contract: directory.ContractID(contract)}, Assignee: assignee})
		if err != nil || plan.Gap {
			t.Fatal(plan.Gap, err)
		}
		var who []string
		for _, a := range plan.Attempts() {
			who = append(who, string(a.Engineer))
		}
		return strings.Join(who, " ")
	}
	for _, c := range []struct {
		contract, assignee string
		at                 time.Time
		want               string
	}{
		{"verdi", "", now, "anna marco"}, {"rossi", "", now, "marco"}, {"rossi", "", now.Add(24 * time.Hour), "anna"}, {"rossi", "anna", now, "anna marco"},
		{"rossi", "", now.Add(time.Hour), "anna"}, // Marco is away: that rota has a gap, and the main one serves
	} {
		if got := rung(d, c.contract, c.assignee, c.at); got != c.want {
			t.Errorf("for %s at %s %s are rung, want %s", c.contract, c.at, got, c.want)
		}
	}
	hanging.hangs.Store(true)
	synctest.Test(t, func(t *testing.T) {
		ctx = t.Context()
		if got := rung(New(hanging, atomicfile.Values{Dir: dir}, escalation.Defaults{}, slog.New(slog.DiscardHandler)), "rossi", "", now); got != "marco" {
			t.Errorf("by the copy on the disk %s are rung", got)
		}
	})
}

// records takes legs and forgets them.
type records struct{ n int }

func (r *records) AddLeg(tickets.CallID, cdr.Leg) { r.n++ }

func TestAnAcceptedCallProvesTheTelephone(t *testing.T) {
	store, ctx := memory.New(417), t.Context()
	if err := onCall(ctx, store); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	legs := &records{}
	p := &Prover{Legs: legs, Store: store, Log: slog.New(slog.DiscardHandler)}
	good := cdr.Leg{Engineer: "anna", Address: "sip:anna@127.0.0.1:5071", Answered: at, Result: "accepted", Quality: cdr.Quality{PacketsIn: 100}}
	silent, unanswered, operator := good, good, good
	silent.Quality.PacketsIn, unanswered.Result, operator.Engineer = 0, "no key", "operator"
	for _, l := range []cdr.Leg{silent, unanswered, operator} {
		p.AddLeg("c", l)
	}
	if list, err := store.Proofs(ctx); err != nil || len(list) != 0 {
		t.Errorf("proven are %v, %v", list, err)
	}
	for _, later := range []time.Duration{time.Hour, 0, 2 * time.Hour} { // the newest counts, in whichever order they come
		l := good
		l.Answered = at.Add(later)
		p.AddLeg("c", l)
	}
	kept, err := store.ProofsOf(ctx, "anna")
	if err != nil || len(kept.List) != 1 || !kept.List[0].At.Equal(at.Add(2*time.Hour)) || !kept.List[0].Holds(at.Add(3*time.Hour)) || legs.n != 6 {
		t.Errorf("%+v, %v, %d legs", kept, err, legs.n)
	}
	for i, want := range []struct {
		result string
		call   tickets.CallID
		how    string
	}{
		{"handed over", "c", "accepted in call c"}, {"accepted", "", "accepted without a caller"}, {"proven by a test call", "", "test call"},
		{"hung up at once", "c", "test call"}, {"no key: a mailbox", "c", "test call"}, {"caller gone", "c", "test call"},
	} {
		l := good
		l.Answered, l.Result = at.Add(time.Duration(3+i)*time.Hour), want.result
		p.AddLeg(want.call, l)
		if kept, err := store.ProofsOf(ctx, "anna"); err != nil || len(kept.List) != 1 || kept.List[0].How != want.how {
			t.Errorf("after a leg that ended as %q the proof is %+v, %v; want by %q", want.result, kept, err, want.how)
		}
	}
}

func TestOneLetterAMorningTellsOfGapsAndUnprovenTelephones(t *testing.T) {
	store, ctx := memory.New(417), t.Context()
	if err := onCall(ctx, store); err != nil {
		t.Fatal(err)
	}
	if _, err := store.PutProofs(ctx, oncall.Proofs{Engineer: "marco", List: []oncall.Proof{{Engineer: "marco", Phone: "sip:marco@127.0.0.1:5072", At: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Key: true, Sound: true}}}); err != nil {
		t.Fatal(err)
	}
	var sent []string
	fails := false
	morning := func() *Morning {
		return &Morning{Roster: New(store, atomicfile.Values{Dir: t.TempDir()}, escalation.Defaults{}, slog.New(slog.DiscardHandler)), Facts: store, Log: slog.New(slog.DiscardHandler),
			Send: func(_ context.Context, id, _, text string) error {
				if fails {
					return context.DeadlineExceeded
				}
				sent = append(sent, id+" "+text)
				return nil
			}}
	}
	one, other := morning(), morning()
	rome := time.FixedZone("CET", 3600)
	for _, c := range []struct {
		at    time.Time
		fails bool
		want  int // letters so far
	}{
		{time.Date(2026, 11, 23, 7, 59, 0, 0, rome), false, 0},
		{time.Date(2026, 11, 23, 8, 0, 0, 0, rome), true, 0},
		{time.Date(2026, 11, 23, 8, 9, 0, 0, rome), false, 0}, // not yet again
		{time.Date(2026, 11, 23, 8, 10, 0, 0, rome), false, 1},
		{time.Date(2026, 11, 23, 8, 11, 0, 0, rome), false, 1},
		{time.Date(2026, 11, 24, 7, 0, 0, 0, rome), false, 1},
		{time.Date(2026, 11, 24, 9, 0, 0, 0, rome), false, 2},
	} {
		fails = c.fails
		for _, node := range []*Morning{one, other} {
			node.Round(ctx, c.at)
		}
		if len(sent) != c.want {
			t.Fatalf("at %s %d letters are sent, want %d", c.at, len(sent), c.want)
		}
	}
	if !strings.HasPrefix(sent[0], "oncall-2026-11-23 ") || !strings.Contains(sent[0], "- Anna (anna) has proven no telephone") {
		t.Error(sent[0])
	}
	now := time.Date(2026, 11, 25, 8, 0, 0, 0, rome)
	for _, id := range []oncall.EngineerID{"anna", "marco"} {
		e, err := store.Engineer(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.PutProofs(ctx, oncall.Proofs{Engineer: id, Version: map[oncall.EngineerID]int{"marco": 1}[id], List: []oncall.Proof{{Engineer: id, Phone: e.Phones[0], At: now, Key: true, Sound: true}}}); err != nil {
			t.Fatal(err)
		}
	}
	if one.Round(ctx, now); len(sent) != 2 {
		t.Errorf("all is well, and a letter says %q", sent[2:])
	}
}

// provenLeg is the leg of a test call whose key came.
func provenLeg(a oncall.Attempt, at time.Time) cdr.Leg {
	return cdr.Leg{Engineer: string(a.Engineer), Address: a.Phone, Answered: at, Result: cdr.LegProven, Quality: cdr.Quality{PacketsIn: 100}}
}
