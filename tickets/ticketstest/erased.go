package ticketstest

import (
	"fmt"
	"testing"
	"time"

	"hotline/paging"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// erasure is the line of a history that erases recordings.
func erasure(id string, n tickets.Number, recordings string) tickets.Event {
	return tickets.Event{ID: id, Ticket: n, At: monday, Kind: tickets.Erased, Actor: "staff:anna", Text: "asked for", Facts: map[string]string{"recordings": recordings}}
}

func erased(t *testing.T, s Store) {
	ctx, x := t.Context(), sample(417)
	put(t, s, x)
	whole := x.Recordings
	x.Version, x.Recordings = 2, whole[1:]
	change := tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{erasure("e2", 417, "r417-1")}}
	check.Must(t, s.Apply(ctx, change))
	check.Must(t, s.Apply(ctx, change)) // replayed
	_, n, err := s.Recording(ctx, "r417-1")
	check.Error(t, "a recording that was erased", err, tickets.ErrErased)
	check.Equal(t, "its ticket", n, tickets.Number(417))

	x.Version, x.Recordings = 3, whole // as a node knows the ticket that had not heard of it
	check.Must(t, s.Apply(ctx, tickets.Change{Ticket: x, Expect: 2, Events: []tickets.Event{event("e3", 417, tickets.Commented)}}))
	got, err := s.Ticket(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "what a later change brings back", got.Recordings, whole[1:])

	list, err := s.Erasures(ctx, 0, 10)
	check.Must(t, err)
	if len(list) != 1 || list[0].Recording != "r417-1" {
		t.Fatalf("erased: %+v", list)
	}
	more, err := s.Erasures(ctx, list[0].Place, 10)
	check.Must(t, err)
	check.Equal(t, "behind the last one", len(more), 0)
	who, err := s.Accesses(ctx, "r417-1")
	check.Must(t, err)
	check.Equal(t, "who erased it", who, []tickets.Access{{Recording: "r417-1", Ticket: 417, Actor: "staff:anna", Action: tickets.ErasedIt, At: monday}})

	before := x // another node's change, written into its journal before the erasure, and replayed now
	before.Version = 2
	check.Must(t, tickets.Restore(ctx, s, tickets.Change{Ticket: before, Expect: 1, Events: []tickets.Event{event("e4", 417, tickets.Commented)}}))
	got, err = s.Ticket(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "what a replay brings back", got.Recordings, whole[1:])
}

func held(t *testing.T, s Store) {
	ctx := t.Context()
	for n := range tickets.Number(3) {
		x := sample(417 + n)
		x.Contract = ""
		if n == 2 {
			x.Contract = "c1"
		}
		for i := range x.Recordings {
			x.Recordings[i].At = monday.Add(time.Duration(n) * time.Hour)
		}
		put(t, s, x)
	}
	old := func(behind tickets.Kept, limit int) string {
		t.Helper()
		list, err := s.RecordedBefore(ctx, monday.Add(150*time.Minute), behind, limit)
		check.Must(t, err)
		var text []string
		for _, k := range list {
			text = append(text, fmt.Sprint(k.Recording, " ", k.Ticket, " ", k.Contract, " ", k.Held))
		}
		return fmt.Sprintf("%q", text)
	}
	check.Equal(t, "the oldest", old(tickets.Kept{}, 3), `["r417-1 417  false" "r417-2 417  false" "r418-1 418  false"]`)
	last := tickets.Kept{Recording: "r418-1", At: monday.Add(time.Hour)}
	check.Equal(t, "behind them", old(last, 9), `["r418-2 418  false" "r419-1 419 c1 false" "r419-2 419 c1 false"]`)

	x, err := s.Ticket(ctx, 418)
	check.Must(t, err)
	hold := func(k tickets.EventKind) {
		t.Helper()
		x.Version++
		check.Must(t, s.Apply(ctx, tickets.Change{Ticket: x, Expect: x.Version - 1, Events: []tickets.Event{event(fmt.Sprint(k), 418, k)}}))
	}
	hold(tickets.Held)
	check.Must(t, s.HoldContract(ctx, tickets.Hold{Contract: "c1", At: monday, Actor: "staff:anna", Reason: "a claim"}))
	check.Equal(t, "held", old(last, 9), `["r418-2 418  true" "r419-1 419 c1 true" "r419-2 419 c1 true"]`)
	hold(tickets.HoldLifted)
	check.Must(t, s.HoldContract(ctx, tickets.Hold{Contract: "c1", At: monday, Actor: "staff:demo", Reason: "settled", Lifted: true}))
	check.Equal(t, "lifted", old(last, 9), `["r418-2 418  false" "r419-1 419 c1 false" "r419-2 419 c1 false"]`)
	holds, err := s.ContractHolds(ctx, "c1")
	check.Must(t, err)
	check.Equal(t, "holds", holds, []tickets.Hold{
		{Contract: "c1", At: monday, Actor: "staff:anna", Reason: "a claim"}, {Contract: "c1", At: monday, Actor: "staff:demo", Reason: "settled", Lifted: true},
	})
}

// unheld erases one recording after the other while holds of their contract are set and lifted: once a hold stands nothing more goes.
func unheld(t *testing.T, s Store) {
	ctx, x := t.Context(), sample(417)
	x.Recordings = nil
	for i := range 30 {
		x.Recordings = append(x.Recordings, tickets.Recording{ID: fmt.Sprint("417-", i), At: monday})
	}
	put(t, s, x)
	change := func(i int) tickets.Change {
		x.Recordings = x.Recordings[1:]
		x.Version++
		return tickets.Change{Ticket: x, Expect: x.Version - 1, Events: []tickets.Event{erasure(fmt.Sprint("erases", i), 417, fmt.Sprint("417-", i))}, Unheld: "c1"}
	}
	hold := func(lifted bool) error {
		return s.HoldContract(ctx, tickets.Hold{Contract: "c1", Reason: "a claim", Lifted: lifted})
	}
	erasures := func() int {
		list, err := s.Erasures(ctx, 0, 100)
		check.Must(t, err)
		return len(list)
	}
	for i := range 30 {
		c, written := change(i), make(chan error)
		go func() { written <- s.Apply(ctx, c) }()
		check.Must(t, hold(false))
		known := erasures()
		switch err := <-written; {
		case err == nil:
			check.Equal(t, "recordings erased after the hold", erasures()-known, 0)
		default:
			check.Error(t, "an erasure under a hold", err, storage.ErrConflict)
			check.Equal(t, "recordings erased under a hold", erasures()-known, 0)
			check.Error(t, "another one", s.Apply(ctx, c), storage.ErrConflict)
		}
		if i%2 == 0 { // granted before the hold, and late
			check.Must(t, tickets.Restore(ctx, s, c))
			check.Must(t, hold(true))
		} else {
			check.Must(t, hold(true))
			check.Must(t, s.Apply(ctx, c)) // written, or known
		}
		check.Equal(t, "erased in the end", erasures(), i+1)
	}
}

func accessLog(t *testing.T, s Store) {
	ctx := t.Context()
	put(t, s, sample(417))
	put(t, s, sample(418))
	for i := range 5 {
		n := 417 + i%2
		check.Must(t, s.LogAccess(ctx, fmt.Sprintf("r%d-1", n), fmt.Sprint("staff:", i), tickets.Listened, monday))
	}
	check.Must(t, s.LogAccess(ctx, "of nothing", "staff:9", tickets.Exported, monday))
	for _, ask := range []struct {
		want string
		f    tickets.AccessFilter
	}{
		{"[staff:9 staff:4 staff:3 staff:2 staff:1 staff:0]", tickets.AccessFilter{}},
		{"[staff:4 staff:2 staff:0]", tickets.AccessFilter{Ticket: 417}},
		{"[staff:3 staff:1]", tickets.AccessFilter{Recording: "r418-1"}},
		{"[staff:2]", tickets.AccessFilter{Actor: "staff:2"}},
		{"[staff:9]", tickets.AccessFilter{Action: tickets.Exported}},
	} {
		f, got := ask.f, []string(nil)
		for f.Limit = 2; ; {
			p, err := s.ListAccesses(ctx, f)
			check.Must(t, err)
			for _, a := range p.Items {
				got = append(got, a.Actor)
			}
			if f.After = p.Next; f.After == "" {
				break
			}
			check.Must(t, s.LogAccess(ctx, "r0-1", "staff:later", tickets.ErasedIt, monday)) // what is noted meanwhile moves nothing
		}
		check.Equal(t, "accesses", fmt.Sprint(got), ask.want)
	}
	p, err := s.ListAccesses(ctx, tickets.AccessFilter{Ticket: 417, Limit: 1})
	check.Must(t, err)
	check.Equal(t, "their number", p.Total, 3)
	_, err = s.ListAccesses(ctx, tickets.AccessFilter{After: "x"})
	check.Error(t, "a cursor of no list", err, paging.ErrCursor)
}
