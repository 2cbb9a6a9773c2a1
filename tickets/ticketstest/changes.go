package ticketstest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

func roundTrip(t *testing.T, s Store) {
	x := sample(417)
	put(t, s, x)
	got, err := s.Ticket(t.Context(), 417)
	check.Must(t, err)
	check.Equal(t, "ticket", got, x)
	lines, err := s.History(t.Context(), 417)
	check.Must(t, err)
	check.Equal(t, "history", lines, []tickets.Event{event("open-417", 417, tickets.Opened)})
	bare := tickets.Ticket{Number: 418, Reporter: tickets.Reporter{Channel: tickets.Phone}, State: tickets.Closed, OpenedAt: monday, ClosedAt: monday.Add(time.Hour), Version: 1}
	put(t, s, bare)
	got, err = s.Ticket(t.Context(), 418)
	check.Must(t, err)
	check.Equal(t, "bare ticket", got, bare)
	_, err = s.Ticket(t.Context(), 1)
	check.Error(t, "ticket that does not exist", err, storage.ErrNotFound)
	_, err = s.History(t.Context(), 1)
	check.Error(t, "its history", err, storage.ErrNotFound)
}

func changes(t *testing.T, s Store) {
	ctx, x := t.Context(), sample(417)
	put(t, s, x)
	put(t, s, x) // replayed: its events stand there already
	x.Version, x.State = 2, tickets.InProgress
	x.Recordings = x.Recordings[:1]
	change := tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("e2", 417, tickets.Intervened), event("e3", 417, tickets.Commented)}}
	check.Must(t, s.Apply(ctx, change))
	check.Must(t, s.Apply(ctx, change))
	got, err := s.Ticket(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "changed ticket", got, x)
	lines, err := s.History(ctx, 417)
	check.Must(t, err)
	if len(lines) != 3 || lines[1].ID != "e2" || lines[2].ID != "e3" {
		t.Errorf("history is %+v", lines)
	}
	stale := tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("e4", 417, tickets.Commented)}}
	check.Error(t, "a stale change", s.Apply(ctx, stale), storage.ErrConflict)
	lines, err = s.History(ctx, 417)
	check.Must(t, err)
	if len(lines) != 3 {
		t.Error("a change that was refused left lines behind")
	}
	check.Error(t, "a second ticket of this number", s.Apply(ctx, tickets.Change{Ticket: x, Events: []tickets.Event{event("e5", 417, tickets.Opened)}}), storage.ErrExists)
	x.Number = 500
	check.Error(t, "a change of no ticket", s.Apply(ctx, tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("e6", 500, tickets.Opened)}}), storage.ErrNotFound)
}

func openAndRecent(t *testing.T, s Store) {
	for i, change := range []func(*tickets.Ticket){
		func(x *tickets.Ticket) { x.Priority = 4 },
		func(x *tickets.Ticket) { x.Priority = 2 },
		func(x *tickets.Ticket) { x.Priority, x.OpenedAt = 2, monday.Add(-time.Hour) },
		func(x *tickets.Ticket) { x.Priority = 0 },
		func(x *tickets.Ticket) { x.State = tickets.Closed },
		func(x *tickets.Ticket) { x.Contract = "" },
		func(x *tickets.Ticket) { x.Contract = "" },
		func(x *tickets.Ticket) { x.Contract, x.State = "", tickets.NotRequest },
	} {
		x := sample(tickets.Number(417 + i))
		change(&x)
		put(t, s, x)
	}
	list, err := s.OpenOf(t.Context(), "c1")
	check.Must(t, err)
	check.Equal(t, "open tickets, most urgent first", spell(list), "419 418 417 420")
	for _, c := range []struct {
		of     []directory.ContractID
		behind tickets.Number
		limit  int
		want   string
	}{
		{[]directory.ContractID{"c1"}, 0, 9, "417 418 419 420"}, {[]directory.ContractID{"", "c2"}, 0, 9, "422 423"}, {nil, 0, 9, ""},
		{[]directory.ContractID{"c1", ""}, 418, 3, "419 420 422"}, {[]directory.ContractID{"c1", ""}, 422, 3, "423"},
	} {
		list, err := s.LiveOf(t.Context(), c.of, c.behind, c.limit)
		check.Must(t, err)
		check.Equal(t, fmt.Sprint("live tickets of ", c.of, " behind ", c.behind), spell(list), c.want)
	}
}

func dueClocks(t *testing.T, s Store) {
	x := sample(417)
	x.Clocks[1].BrokenAt = time.Time{}
	put(t, s, x)
	y := sample(418)
	y.Clocks[1].BrokenAt, y.Clocks[1].Paused = time.Time{}, true
	put(t, s, y)
	z := sample(419)
	z.Clocks[1].BrokenAt, z.Clocks[1].Due = time.Time{}, x.Clocks[1].Due.Add(-time.Hour)
	z.Clocks[1].Warnings = []sla.Warning{{ID: "75%", At: monday.Add(time.Hour), RaisedAt: monday.Add(time.Hour)}, {ID: "90%", At: monday.Add(2 * time.Hour)}}
	put(t, s, z)
	due := x.Clocks[1].Due
	claim := func(node string, now time.Time, want string) {
		t.Helper()
		list, err := s.ClaimDue(t.Context(), node, now, time.Minute, 10)
		check.Must(t, err)
		slices.Sort(list)
		check.Equal(t, node+" claims at "+now.String(), fmt.Sprint(list), want)
	}
	claim("one", monday.Add(2*time.Hour-time.Second), "[]")
	claim("one", monday.Add(2*time.Hour), "[419]")  // its warning
	claim("one", monday.Add(2*time.Hour), "[419]")  // its own claim stands in nobody's way
	claim("two", monday.Add(2*time.Hour), "[]")     // but in the other's
	claim("two", due, "[419]")                      // the claim has run out
	claim("two", due.Add(time.Second), "[417 419]") // a clock met at its due time is kept
	claim("one", due.Add(time.Second), "[]")
	claim("one", due.Add(-30*time.Minute), "[419]") // a clock was set back: a claim that far ahead is none
	list, err := s.ClaimDue(t.Context(), "two", due.Add(time.Hour), time.Minute, 1)
	check.Must(t, err)
	check.Equal(t, "the longest due first", fmt.Sprint(list), "[419]")
	list, err = s.ClaimDue(t.Context(), "two", due.Add(time.Hour), time.Minute, 1)
	check.Must(t, err)
	check.Equal(t, "what it could not raise comes last", fmt.Sprint(list), "[417]")
	x.Version, x.Clocks[1].BrokenAt = 2, due
	check.Must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("b", 417, tickets.Broken)}}))
	claim("two", due.Add(time.Hour), "[419]")
}

func terms(t *testing.T, s Store) {
	x := sample(417)
	put(t, s, x)
	got, err := s.Terms(t.Context(), x.Promise.ID())
	check.Must(t, err)
	check.Equal(t, "terms", got, *x.Promise)
	check.Equal(t, "their name", got.ID(), x.Promise.ID())
	_, err = s.Terms(t.Context(), "none")
	check.Error(t, "terms that nobody was promised", err, storage.ErrNotFound)
}

func recordings(t *testing.T, s Store) {
	x := sample(417)
	put(t, s, x)
	r, n, err := s.Recording(t.Context(), "r417-2")
	check.Must(t, err)
	check.Equal(t, "recording", r, x.Recordings[1])
	check.Equal(t, "its ticket", n, tickets.Number(417))
	_, _, err = s.Recording(t.Context(), "../../etc/passwd")
	check.Error(t, "a recording that does not exist", err, storage.ErrNotFound)
	check.Must(t, s.LogAccess(t.Context(), "r417-2", "staff:demo", tickets.Listened, monday))
	check.Must(t, s.LogAccess(t.Context(), "r417-1", "staff:anna", tickets.Listened, monday))
	check.Must(t, s.LogAccess(t.Context(), "r417-2", "staff:anna", tickets.Exported, monday.Add(time.Second)))
	who, err := s.Accesses(t.Context(), "r417-2")
	check.Must(t, err)
	check.Equal(t, "who listened", who, []tickets.Access{
		{Recording: "r417-2", Ticket: 417, Actor: "staff:demo", Action: tickets.Listened, At: monday},
		{Recording: "r417-2", Ticket: 417, Actor: "staff:anna", Action: tickets.Exported, At: monday.Add(time.Second)},
	})
	who, err = s.Accesses(t.Context(), "r417-1", "r417-2")
	check.Must(t, err)
	check.Equal(t, "who listened to two of them", len(who), 3)
	check.Equal(t, "in between", who[1].Recording, "r417-1")
	who, err = s.Accesses(t.Context(), "r417-3")
	check.Must(t, err)
	check.Equal(t, "who listened to another", len(who), 0)
}

func numbers(t *testing.T, s Store) {
	var mu sync.Mutex
	var all sync.WaitGroup
	seen := map[tickets.Number]bool{}
	for range 8 {
		all.Go(func() {
			for range 10 {
				first, err := s.LeaseNumbers(t.Context(), 5)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for n := first; n < first+5; n++ {
					if seen[n] {
						t.Errorf("number %d was given twice", n)
					}
					seen[n] = true
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func texts(t *testing.T, s Store) {
	for i, text := range []string{"'; drop table tickets; --", "città à la 電話 🙂", "\"quoted\" \\ back", "line\nbreak\ttab", "%_"} {
		x := sample(tickets.Number(600 + i))
		x.Name, x.Caller = text, text
		put(t, s, x)
		got, err := s.Ticket(t.Context(), x.Number)
		check.Must(t, err)
		check.Equal(t, "name", got.Name, text)
		_, err = s.List(t.Context(), tickets.Filter{Search: text})
		check.Must(t, err)
	}
}
