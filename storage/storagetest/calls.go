package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/directory"
	"hotline/paging"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// Calls runs the suite of cdr.Store; open gives a new and empty store each time.
func Calls(t *testing.T, open func(t *testing.T) cdr.Store) {
	run(t, open, map[string]func(*testing.T, cdr.Store){
		"calls are paged, newest first":         calls,
		"lists of calls are filtered and paged": callLists,
		"a cursor is of one list":               callCursors,
		"calls are measured":                    callLoad,
		"legs of no call are kept once":         legs,
		"ladders stand with their calls":        ladders,
		"a ladder is bounded":                   longLadder,
		"old ladders are forgotten":             oldLadders,
	})
}

func calls(t *testing.T, s cdr.Store) {
	ctx := t.Context()
	var list []cdr.Call
	for i, id := range []tickets.CallID{"a", "b", "c"} {
		list = append(list, cdr.Call{ID: id, Started: monday.Add(time.Duration(i) * time.Minute), Legs: []cdr.Leg{{Engineer: "anna", Started: monday}}})
	}
	check.Must(t, s.PutCalls(ctx, list[0]))
	check.Must(t, s.PutCalls(ctx, list...))
	check.Must(t, s.PutCalls(ctx, cdr.Call{ID: "b", Started: monday.Add(time.Minute), Ending: "caller hung up", Steps: []string{"welcome"}}))
	page, err := s.Calls(ctx, cdr.Filter{Limit: 1})
	check.Must(t, err)
	page, err = s.Calls(ctx, cdr.Filter{Limit: 1, After: page.Next})
	check.Must(t, err)
	if p := page.Items; page.Total != 3 || len(p) != 1 || p[0].ID != "b" || p[0].Ending != "caller hung up" {
		t.Errorf("page is %+v", page)
	}
	one, err := s.Call(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "legs", len(one.Legs), 1)
	_, err = s.Call(ctx, "z")
	check.Error(t, "a call that does not exist", err, storage.ErrNotFound)
	some, err := s.CallsOf(ctx, []tickets.CallID{"c", "z", "a"})
	check.Must(t, err)
	if len(some) != 2 || some[0].ID != "c" || some[1].ID != "a" || len(some[1].Legs) != 1 {
		t.Errorf("calls by their IDs: %+v", some)
	}
	some, err = s.CallsOf(ctx, nil)
	check.Must(t, err)
	check.Equal(t, "calls of no ID", len(some), 0)
}

// legs are kept once, and read by their begin.
func legs(t *testing.T, s cdr.Store) {
	ctx := t.Context()
	at := func(hour int) time.Time { return monday.Add(time.Duration(hour) * time.Hour) }
	list := []cdr.Leg{
		{Ticket: 418, Engineer: "marco", Address: "sip:marco", Started: at(2), Answered: at(2).Add(time.Second), Ended: at(3), Result: cdr.LegAccepted, Quality: cdr.Quality{PacketsIn: 50}},
		{Ticket: 417, Engineer: "anna", Address: "sip:anna", Started: at(1), Ended: at(1).Add(20 * time.Second), Result: "no answer"},
		{Ticket: 417, Engineer: "anna", Address: "06", Started: at(1), Ended: at(1).Add(20 * time.Second), Result: "busy"},
		{Ticket: 419, Alarm: true, Engineer: "anna", Address: "sip:anna", Started: at(4), Ended: at(5), Result: "passed"},
	}
	for range 2 {
		for _, l := range list {
			check.Must(t, s.PutLeg(ctx, l))
		}
	}
	got, err := s.Legs(ctx, at(1), at(5))
	check.Must(t, err)
	if want := []cdr.Leg{list[2], list[1], list[0], list[3]}; !slices.Equal(got, want) {
		t.Errorf("the legs are\n%+v\nwant\n%+v", got, want)
	}
	got, err = s.Legs(ctx, at(5), at(9))
	check.Must(t, err)
	check.Equal(t, "legs later on", len(got), 0)
}

// ladders are written beside the record of their call, in any number of parts.
func ladders(t *testing.T, s cdr.Store) {
	ctx := t.Context()
	check.Must(t, s.PutCalls(ctx, cdr.Call{ID: "a", Started: monday}, cdr.Call{ID: "b", Started: monday}, cdr.Call{ID: "c", Started: monday}))
	_, err := s.Ladder(ctx, "a")
	check.Error(t, "the ladder of a call that has none", err, storage.ErrNotFound)
	octets := []byte{0, 1, 2, 0xff, 0}
	missing, err := s.AddLadders(ctx, cdr.Ladder{Call: "x", At: monday, Parts: octets}, cdr.Ladder{Call: "a", At: monday, Parts: octets}, cdr.Ladder{Call: "b", At: monday, Parts: []byte("b")}, cdr.Ladder{Call: "y", At: monday, Parts: octets})
	check.Must(t, err)
	check.Equal(t, "calls without a record", missing, []tickets.CallID{"x", "y"})
	missing, err = s.AddLadders(ctx, cdr.Ladder{Call: "a", At: monday.Add(time.Minute), Parts: []byte("later")})
	check.Must(t, err)
	check.Equal(t, "calls without a record", len(missing), 0)
	for id, want := range map[tickets.CallID]cdr.Ladder{"a": {At: monday.Add(time.Minute), Parts: append(octets, "later"...)}, "b": {At: monday, Parts: []byte("b")}} {
		got, err := s.Ladder(ctx, id)
		check.Must(t, err)
		if got.Call != id || !got.At.Equal(want.At) || string(got.Parts) != string(want.Parts) || got.Full {
			t.Errorf("the ladder of %s is %+v", id, got)
		}
	}
	check.Must(t, s.PutCalls(ctx, cdr.Call{ID: "a", Started: monday, Ending: "caller hung up"}))
	got, err := s.Ladder(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "octets once the record is written anew", len(got.Parts), 10)
	for _, id := range []tickets.CallID{"x", "c"} {
		_, err = s.Ladder(ctx, id)
		check.Error(t, "the ladder of "+string(id), err, storage.ErrNotFound)
	}
	missing, err = s.AddLadders(ctx)
	check.Must(t, err)
	check.Equal(t, "calls without a record, of none", len(missing), 0)
}

// longLadder takes no more than it may, and says so.
func longLadder(t *testing.T, s cdr.Store) {
	ctx := t.Context()
	check.Must(t, s.PutCalls(ctx, cdr.Call{ID: "a", Started: monday}, cdr.Call{ID: "b", Started: monday}))
	for _, step := range []struct {
		id        tickets.CallID
		add, have int
		full      bool
	}{
		{"a", cdr.LadderMost - 1, cdr.LadderMost - 1, false}, {"a", 2, cdr.LadderMost - 1, true}, {"a", 1, cdr.LadderMost, true}, {"a", 1, cdr.LadderMost, true},
		{"b", cdr.LadderMost + 1, 0, true}, {"b", 1, 1, true},
	} {
		_, err := s.AddLadders(ctx, cdr.Ladder{Call: step.id, At: monday, Parts: make([]byte, step.add)})
		check.Must(t, err)
		got, err := s.Ladder(ctx, step.id)
		check.Must(t, err)
		if len(got.Parts) != step.have || got.Full != step.full {
			t.Errorf("after %d octets more, %s has %d, %t; want %d, %t", step.add, step.id, len(got.Parts), got.Full, step.have, step.full)
		}
	}
}

// oldLadders are forgotten, and their calls are not.
func oldLadders(t *testing.T, s cdr.Store) {
	ctx := t.Context()
	for n, id := range []tickets.CallID{"a", "b", "c"} {
		check.Must(t, s.PutCalls(ctx, cdr.Call{ID: id, Started: monday}))
		_, err := s.AddLadders(ctx, cdr.Ladder{Call: id, At: monday.AddDate(0, 0, n), Parts: []byte("x")})
		check.Must(t, err)
	}
	_, err := s.AddLadders(ctx, cdr.Ladder{Call: "a", At: monday.AddDate(0, 0, 1), Parts: []byte("x")})
	check.Must(t, err)
	check.Must(t, s.ForgetLadders(ctx, monday.AddDate(0, 0, 1)))
	for _, id := range []tickets.CallID{"a", "b", "c"} {
		_, err := s.Ladder(ctx, id)
		check.Must(t, err)
	}
	check.Must(t, s.ForgetLadders(ctx, monday.AddDate(0, 0, 2)))
	for id, want := range map[tickets.CallID]error{"a": storage.ErrNotFound, "b": storage.ErrNotFound, "c": nil} {
		_, err := s.Ladder(ctx, id)
		check.Error(t, "the ladder of "+string(id), err, want)
		_, err = s.Call(ctx, id)
		check.Must(t, err)
	}
}

// callLists selects and walks calls.
func callLists(t *testing.T, s cdr.Store) {
	r := rand.New(rand.NewPCG(417, 2))
	var all []cdr.Call
	for n := range 90 {
		c := cdr.Call{
			ID: tickets.CallID(fmt.Sprintf("%03d", n*37%90)), From: fmt.Sprint("0612", r.IntN(4)), Trunk: []string{"", "a", "b"}[r.IntN(3)], Transport: []string{"", cdr.Browser}[n%2],
			Ending: []string{"", "caller hung up", "hung up by us"}[r.IntN(3)], Started: monday.Add(time.Duration(r.IntN(20)) * time.Hour),
			Contract: directory.ContractID([]string{"", "c1", "c2"}[r.IntN(3)]),
		}
		if n%2 == 0 && c.Contract != "" {
			c.Customer = directory.CustomerID("k" + c.Contract[1:]) // the others are records of a former version
		}
		all = append(all, c)
	}
	check.Must(t, s.PutCalls(t.Context(), all...))
	late, noon := monday.Add(5*time.Hour), monday.Add(9*time.Hour)
	for _, l := range []struct {
		filter cdr.Filter
		holds  func(cdr.Call) bool
	}{
		{cdr.Filter{}, func(cdr.Call) bool { return true }},
		{cdr.Filter{Number: "06121"}, func(c cdr.Call) bool { return c.From == "06121" }},
		{cdr.Filter{Contract: "c1", Trunk: "a"}, func(c cdr.Call) bool { return c.Contract == "c1" && c.Trunk == "a" }},
		{cdr.Filter{Customer: "k2", Contracts: []directory.ContractID{"c2", ""}}, func(c cdr.Call) bool { return c.Contract == "c2" }},
		{cdr.Filter{Customer: "k2"}, func(c cdr.Call) bool { return c.Customer == "k2" }},
		{cdr.Filter{Trunk: "b"}, func(c cdr.Call) bool { return c.Trunk == "b" }},
		{cdr.Filter{Ending: "hung up by us"}, func(c cdr.Call) bool { return c.Ending == "hung up by us" }},
		{cdr.Filter{Trunk: "b", Ending: "caller hung up"}, func(c cdr.Call) bool { return c.Trunk == "b" && c.Ending == "caller hung up" }},
		{cdr.Filter{Since: late, Until: noon}, func(c cdr.Call) bool { return !c.Started.Before(late) && c.Started.Before(noon) }},
		{cdr.Filter{Number: "06122", Since: late}, func(c cdr.Call) bool { return c.From == "06122" && !c.Started.Before(late) }},
	} {
		var want, got []string
		for _, c := range all {
			if l.holds(c) {
				want = append(want, c.Started.Format(time.RFC3339)+" "+string(c.ID))
			}
		}
		slices.Sort(want)
		slices.Reverse(want)
		l.filter.Limit = 7
		for n := 0; n == 0 || l.filter.After != ""; n++ {
			page, err := s.Calls(t.Context(), l.filter)
			check.Must(t, err)
			if page.Total != len(want) || page.More {
				t.Errorf("%+v counts %d, want %d", l.filter, page.Total, len(want))
			}
			for _, c := range page.Items {
				got = append(got, c.Started.Format(time.RFC3339)+" "+string(c.ID))
			}
			l.filter.After = page.Next
		}
		check.Equal(t, fmt.Sprintf("the pages of %+v", l.filter), got, want)
	}
}

// callCursors refuses cursors that no page of calls gave.
func callCursors(t *testing.T, s cdr.Store) {
	for n := range 3 {
		check.Must(t, s.PutCalls(t.Context(), cdr.Call{ID: tickets.CallID(fmt.Sprint(n)), Started: monday}))
	}
	page, err := s.Calls(t.Context(), cdr.Filter{Limit: 1})
	check.Must(t, err)
	ofTickets := paging.Position{Sort: "due", At: monday, Number: 417}.Cursor()
	for _, after := range []string{page.Next + "x", page.Next[1:], "417", "bm8", strings.Repeat("A", 401), "%00", ofTickets} {
		_, err := s.Calls(t.Context(), cdr.Filter{After: after})
		check.Error(t, "calls behind "+after, err, paging.ErrCursor)
	}
}

// callLoad measures calls of some weeks, over an end of summer time, as the pure function does.
func callLoad(t *testing.T, s cdr.Store) {
	rome, err := time.LoadLocation("Europe/Rome")
	check.Must(t, err)
	r := rand.New(rand.NewPCG(417, 5))
	since, until := time.Date(2026, 10, 1, 0, 0, 0, 0, rome), time.Date(2026, 11, 1, 0, 0, 0, 0, rome)
	var all, within []cdr.Call
	for n := range 200 {
		c := cdr.Call{ID: tickets.CallID(fmt.Sprintf("%03d", n)), Started: since.Add(time.Duration(r.IntN(40*24*60)-3*24*60) * time.Minute).UTC()}
		for range r.IntN(3) {
			c.Legs = append(c.Legs, cdr.Leg{Engineer: "anna", Started: c.Started, Answered: c.Started.Add(time.Duration(r.IntN(90)) * time.Second), Result: []string{"accepted", "no answer", "passed"}[r.IntN(3)]})
		}
		if r.IntN(9) == 0 {
			c.Legs = append(c.Legs, cdr.Leg{Engineer: "bruno", Started: c.Started, Result: "accepted"}) // a record without an answer
		}
		all = append(all, c)
		if !c.Started.Before(since) && c.Started.Before(until) {
			within = append(within, c)
		}
	}
	check.Must(t, s.PutCalls(t.Context(), all...))
	got, err := s.CallLoad(t.Context(), since, until, rome)
	check.Must(t, err)
	if want := cdr.LoadOf(within, rome); got != want || got.Reached == 0 || got.Median == 0 || got.Calls != len(within) {
		t.Errorf("the load is %+v, want %+v", got, want)
	}
	got, err = s.CallLoad(t.Context(), until.AddDate(1, 0, 0), until.AddDate(1, 1, 0), rome)
	check.Must(t, err)
	check.Equal(t, "the load of a month without calls", got, cdr.Load{})
}
