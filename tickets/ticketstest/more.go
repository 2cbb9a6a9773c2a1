package ticketstest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
)

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
	must(t, err)
	equal(t, "open tickets, most urgent first", spell(list), "419 418 417 420")
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
		must(t, err)
		slices.Sort(list)
		equal(t, node+" claims at "+now.String(), fmt.Sprint(list), want)
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
	must(t, err)
	equal(t, "the longest due first", fmt.Sprint(list), "[419]")
	list, err = s.ClaimDue(t.Context(), "two", due.Add(time.Hour), time.Minute, 1)
	must(t, err)
	equal(t, "what it could not raise comes last", fmt.Sprint(list), "[417]")
	x.Version, x.Clocks[1].BrokenAt = 2, due
	must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("b", 417, tickets.Broken)}}))
	claim("two", due.Add(time.Hour), "[419]")
}

func terms(t *testing.T, s Store) {
	x := sample(417)
	put(t, s, x)
	got, err := s.Terms(t.Context(), x.Promise.ID())
	must(t, err)
	equal(t, "terms", got, *x.Promise)
	equal(t, "their name", got.ID(), x.Promise.ID())
	_, err = s.Terms(t.Context(), "none")
	wants(t, "terms that nobody was promised", err, tickets.ErrNotFound)
}

func recordings(t *testing.T, s Store) {
	x := sample(417)
	put(t, s, x)
	r, n, err := s.Recording(t.Context(), "r417-2")
	must(t, err)
	equal(t, "recording", r, x.Recordings[1])
	equal(t, "its ticket", n, tickets.Number(417))
	_, _, err = s.Recording(t.Context(), "../../etc/passwd")
	wants(t, "a recording that does not exist", err, tickets.ErrNotFound)
	must(t, s.LogAccess(t.Context(), "r417-2", "staff:demo", monday))
	must(t, s.LogAccess(t.Context(), "r417-1", "staff:anna", monday))
	must(t, s.LogAccess(t.Context(), "r417-2", "staff:anna", monday.Add(time.Second)))
	who, err := s.Accesses(t.Context(), "r417-2")
	must(t, err)
	equal(t, "who listened", who, []tickets.Access{{Actor: "staff:demo", At: monday}, {Actor: "staff:anna", At: monday.Add(time.Second)}})
	who, err = s.Accesses(t.Context(), "r417-3")
	must(t, err)
	equal(t, "who listened to another", len(who), 0)
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

func directory(t *testing.T, s Store) {
	ctx := t.Context()
	c, err := s.PutCustomer(ctx, tickets.Customer{ID: "k1", Name: "Rossi", Email: "a@example.org", Numbers: []string{"06", "07"}})
	must(t, err)
	equal(t, "version", c.Version, 1)
	_, err = s.PutCustomer(ctx, tickets.Customer{ID: "k1"})
	wants(t, "the same customer anew", err, tickets.ErrExists)
	c.Name = "Rossi S.p.A."
	next, err := s.PutCustomer(ctx, c)
	must(t, err)
	_, err = s.PutCustomer(ctx, c)
	wants(t, "a stale customer", err, tickets.ErrConflict)
	_, err = s.PutCustomer(ctx, tickets.Customer{ID: "k9", Version: 1})
	wants(t, "a change of no customer", err, tickets.ErrNotFound)
	got, err := s.Customer(ctx, "k1")
	must(t, err)
	equal(t, "customer", got, next)
	_, err = s.PutCustomer(ctx, tickets.Customer{ID: "K0"})
	must(t, err)
	list, err := s.Customers(ctx)
	must(t, err)
	if len(list) != 2 || list[0].ID != "K0" {
		t.Errorf("customers are %+v", list)
	}
	k := tickets.Contract{
		ID: "c1", Customer: "k1", Level: sla.Extended, Language: "it", ValidFrom: monday, AfterHours: tickets.AfterHoursRing,
		Blocking: &sla.Limits{Contact: time.Hour}, EvoSupport: true, RemoteAccess: true, Calendar: sla.OfficeHours,
	}
	k, err = s.PutContract(ctx, k)
	must(t, err)
	stands, err := s.Contract(ctx, "c1")
	must(t, err)
	equal(t, "contract", stands, k)
	contracts, err := s.Contracts(ctx)
	must(t, err)
	equal(t, "contracts", contracts, []tickets.Contract{k})
	_, err = s.Contract(ctx, "none")
	wants(t, "a contract that does not exist", err, tickets.ErrNotFound)
}

func pins(t *testing.T, s Store) {
	ctx := t.Context()
	for _, id := range []tickets.ContractID{"c1", "c2"} {
		_, err := s.PutContract(ctx, tickets.Contract{ID: id})
		must(t, err)
	}
	a, b := tickets.PINHash{1}, tickets.PINHash{2}
	must(t, s.SetPIN(ctx, "c1", a))
	wants(t, "a PIN in use", s.SetPIN(ctx, "c2", a), tickets.ErrExists)
	must(t, s.SetPIN(ctx, "c1", b))
	wants(t, "a PIN of former times", s.SetPIN(ctx, "c2", a), tickets.ErrExists)
	wants(t, "a PIN of no contract", s.SetPIN(ctx, "c9", tickets.PINHash{9}), tickets.ErrNotFound)
	current, err := s.PINs(ctx)
	must(t, err)
	equal(t, "current PINs", current, map[tickets.PINHash]tickets.ContractID{b: "c1"})
	for h, want := range map[tickets.PINHash]bool{a: true, b: true, {7}: false} {
		used, err := s.UsedPIN(ctx, h)
		must(t, err)
		equal(t, "used", used, want)
	}
}

func calendars(t *testing.T, s Store) {
	ctx := t.Context()
	for _, c := range sla.DefaultCalendars() {
		stands, err := s.PutCalendar(ctx, c)
		must(t, err)
		c.Version = 1
		equal(t, "calendar as written", stands, c)
		got, err := s.Calendar(ctx, c.ID)
		must(t, err)
		equal(t, "calendar", got, c)
	}
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		must(t, err)
		l.Version = 1
		got, err := s.Level(ctx, l.ID)
		must(t, err)
		equal(t, "level", got, l)
	}
	list, err := s.Calendars(ctx)
	must(t, err)
	equal(t, "calendars", len(list), len(sla.DefaultCalendars()))
	levels, err := s.Levels(ctx)
	must(t, err)
	equal(t, "levels", len(levels), len(sla.DefaultLevels()))
}

func faults(t *testing.T, s Store) {
	ctx := t.Context()
	one := tickets.KnownFault{ID: "a", Note: "the provider is down", Contracts: []tickets.ContractID{"c1"}, Until: monday}
	for _, f := range []tickets.KnownFault{{ID: "b"}, one} {
		_, err := s.PutFault(ctx, f)
		must(t, err)
	}
	one.Version = 1
	list, err := s.Faults(ctx)
	must(t, err)
	equal(t, "known faults", list, []tickets.KnownFault{one, {ID: "b", Version: 1}})
	got, err := s.Fault(ctx, "a")
	must(t, err)
	equal(t, "known fault", got, one)
	must(t, s.DeleteFault(ctx, "b", 0))
	wants(t, "a fault that is over", s.DeleteFault(ctx, "b", 0), tickets.ErrNotFound)
}

func rota(t *testing.T, s Store) {
	ctx := t.Context()
	anna := oncall.Engineer{ID: "anna", Name: "Anna", Phones: []string{"sip:a@example.org", "0612"}, Language: "it"}
	anna, err := s.PutEngineer(ctx, anna)
	must(t, err)
	_, err = s.PutEngineer(ctx, oncall.Engineer{ID: "marco"})
	must(t, err)
	must(t, s.DeleteEngineer(ctx, "marco", 0))
	wants(t, "an engineer who is gone", s.DeleteEngineer(ctx, "marco", 0), tickets.ErrNotFound)
	list, err := s.Engineers(ctx)
	must(t, err)
	equal(t, "engineers", list, []oncall.Engineer{anna})
	empty, err := s.Rota(ctx)
	must(t, err)
	equal(t, "the first rota", empty.Version, 0)
	r := oncall.Rota{
		Zone: "Europe/Rome", Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Length: time.Hour}},
		Overrides: []oncall.Override{{Engineer: "anna", Level: 1, From: monday, Until: monday.Add(time.Hour)}},
	}
	first, err := s.PutRota(ctx, r)
	must(t, err)
	_, err = s.PutRota(ctx, r)
	wants(t, "a stale rota", err, tickets.ErrConflict)
	_, err = s.PutRota(ctx, first)
	must(t, err)
	got, err := s.Rota(ctx)
	must(t, err)
	r.Version = 2
	equal(t, "rota", got, r)
	wants(t, "an engineer whom the rota names", s.DeleteEngineer(ctx, "anna", 0), oncall.ErrOnRota)
	for place, strange := range map[string]oncall.Rota{
		"shift":    {Zone: r.Zone, Version: 2, Shifts: []oncall.Shift{{Engineer: "marco", Level: 1, Length: time.Hour}}},
		"override": {Zone: r.Zone, Version: 2, Overrides: []oncall.Override{{Instead: "marco", Level: 1, From: monday, Until: monday.Add(time.Hour)}}},
	} {
		_, err = s.PutRota(ctx, strange)
		wants(t, "nobody in a "+place, err, oncall.ErrUnknownEngineer)
	}
}

func calls(t *testing.T, s Store) {
	ctx := t.Context()
	var list []tickets.Call
	for i, id := range []tickets.CallID{"a", "b", "c"} {
		list = append(list, tickets.Call{ID: id, Started: monday.Add(time.Duration(i) * time.Minute), Legs: []tickets.Leg{{Engineer: "anna", Started: monday}}})
	}
	must(t, s.PutCalls(ctx, list[0]))
	must(t, s.PutCalls(ctx, list...))
	must(t, s.PutCalls(ctx, tickets.Call{ID: "b", Started: monday.Add(time.Minute), Ending: "caller hung up", Steps: []string{"welcome"}}))
	page, err := s.Calls(ctx, tickets.CallFilter{Limit: 1})
	must(t, err)
	page, err = s.Calls(ctx, tickets.CallFilter{Limit: 1, After: page.Next})
	must(t, err)
	if p := page.Items; page.Total != 3 || len(p) != 1 || p[0].ID != "b" || p[0].Ending != "caller hung up" {
		t.Errorf("page is %+v", page)
	}
	one, err := s.Call(ctx, "a")
	must(t, err)
	equal(t, "legs", len(one.Legs), 1)
	_, err = s.Call(ctx, "z")
	wants(t, "a call that does not exist", err, tickets.ErrNotFound)
}

func settings(t *testing.T, s Store) {
	ctx := t.Context()
	token := tickets.Token{Name: "staff", Hash: [32]byte{1}, Created: monday, Scope: tickets.ScopeAdmin}
	must(t, s.PutToken(ctx, token))
	wants(t, "a second token of a name", s.PutToken(ctx, tickets.Token{Name: "staff", Hash: [32]byte{2}, Created: monday}), tickets.ErrExists)
	got, err := s.Token(ctx, token.Hash)
	must(t, err)
	equal(t, "token", got, token)
	_, err = s.Token(ctx, [32]byte{9})
	wants(t, "a token that does not exist", err, tickets.ErrNotFound)

	other := tickets.Token{Name: "anna", Hash: [32]byte{5}, Created: monday, Scope: tickets.ScopeRead, Expires: monday.Add(time.Hour)}
	must(t, s.PutToken(ctx, other))
	all, err := s.Tokens(ctx)
	must(t, err)
	equal(t, "tokens", all, []tickets.Token{other, token})
	must(t, s.RemoveToken(ctx, "staff"))
	wants(t, "a token removed twice", s.RemoveToken(ctx, "staff"), tickets.ErrNotFound)
	_, err = s.Token(ctx, token.Hash)
	wants(t, "a token that was removed", err, tickets.ErrNotFound)

	reply := tickets.Reply{Key: "k", Digest: [32]byte{3}, Status: 201, Body: []byte("{}"), At: monday, Location: "/k/1"}
	_, known, err := s.Remember(ctx, reply)
	must(t, err)
	equal(t, "known at first", known, false)
	again, known, err := s.Remember(ctx, tickets.Reply{Key: "k", Digest: [32]byte{4}, Status: 500, At: monday})
	must(t, err)
	equal(t, "known then", known, true)
	equal(t, "the first answer", again, reply)
	must(t, s.ForgetReplies(ctx, monday))
	_, known, err = s.Remember(ctx, reply)
	must(t, err)
	equal(t, "known while it is not older", known, true)
	must(t, s.ForgetReplies(ctx, monday.Add(time.Second)))
	_, known, err = s.Remember(ctx, reply)
	must(t, err)
	equal(t, "known once it was forgotten", known, false)

	for i := range 2 {
		f, err := s.PutFlow(ctx, tickets.FlowVersion{Name: "n", YAML: "flow: 1", Published: monday, By: "staff"})
		must(t, err)
		equal(t, "flow's version", f.Version, i+1)
	}
	flows, err := s.Flows(ctx)
	must(t, err)
	if len(flows) != 2 || flows[0].Version != 2 || !flows[0].Published.Equal(monday) {
		t.Errorf("flows are %+v", flows)
	}

	must(t, s.PutFact(ctx, "a", "1"))
	must(t, s.PutFact(ctx, "a", "2"))
	value, err := s.Fact(ctx, "a")
	must(t, err)
	equal(t, "fact", value, "2")
	_, err = s.Fact(ctx, "b")
	wants(t, "a fact that does not exist", err, tickets.ErrNotFound)
}

// work runs the queue for real: what is due is done, what is due later is not, what fails comes again.
func work(t *testing.T, s Store) {
	x := sample(417)
	due := func(id string, at time.Time) tickets.Work {
		return tickets.Work{ID: id, Kind: tickets.WorkWarn, Ticket: 417, Due: at, Facts: map[string]string{"clock": "contact"}}
	}
	list := []tickets.Work{due("now", monday), due("now", monday), due("far", monday.AddDate(200, 0, 0))}
	must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Events: []tickets.Event{event("w", 417, tickets.Opened)}, Work: list}))
	done, puts := make(chan tickets.Work, 9), 0
	run := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- s.Run(ctx, func(_ context.Context, w tickets.Work) error {
				done <- w
				if w.ID == "bad" {
					return errors.New("not now")
				}
				if w.ID == "put off" && puts < 1 {
					puts++ // this piece alone, one after the other
					return fmt.Errorf("the office is closed: %w", &tickets.Later{At: time.Now().Add(2 * time.Second)})
				}
				return nil
			})
		}()
		return func() {
			cancel()
			must(t, <-ended)
		}
	}
	stop := run()
	first := take(t, done)
	equal(t, "work", first, due("now", monday))
	x.Version = 2
	must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 1, Events: []tickets.Event{event("w2", 417, tickets.Commented)}, Work: []tickets.Work{due("bad", monday), due("now", monday)}}))
	equal(t, "work that fails", take(t, done).ID, "bad")
	x.Version = 3
	must(t, s.Apply(t.Context(), tickets.Change{Ticket: x, Expect: 2, Events: []tickets.Event{event("w3", 417, tickets.Commented)}, Work: []tickets.Work{due("put off", monday)}}))
	equal(t, "work put off", take(t, done).ID, "put off")
	for id := ""; id != "put off"; { // beside it the work that fails may come again
		id = take(t, done).ID
	}
	stop()
	select {
	case w := <-done:
		if w.ID != "bad" { // its next try may have come meanwhile
			t.Errorf("%s was done besides", w.ID)
		}
	default:
	}
}

func take(t *testing.T, done <-chan tickets.Work) tickets.Work {
	t.Helper()
	select {
	case w := <-done:
		return w
	case <-time.After(30 * time.Second):
		t.Fatal("due work was not done within 30 s")
		return tickets.Work{}
	}
}

func texts(t *testing.T, s Store) {
	for i, text := range []string{"'; drop table tickets; --", "città à la 電話 🙂", "\"quoted\" \\ back", "line\nbreak\ttab", "%_"} {
		x := sample(tickets.Number(600 + i))
		x.Name, x.Caller = text, text
		put(t, s, x)
		got, err := s.Ticket(t.Context(), x.Number)
		must(t, err)
		equal(t, "name", got.Name, text)
		_, err = s.List(t.Context(), tickets.Filter{Search: text})
		must(t, err)
	}
}
