package tickets_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/memory"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// office is a desk over a store that can be switched off, with one Extended customer.
type office struct {
	*tickets.Desk
	store *memory.Store
	sick  *sick
	done  map[string]bool // escalations that have come, by id
}

// sick fails every write and every look at a ticket while it is down, and the writes of a spoiled ticket.
type sick struct {
	tickets.Store
	mu      sync.Mutex
	down    bool
	spoiled tickets.Number
}

var errSpoiled = errors.New("this cannot be written")

func (s *sick) set(down bool)          { s.mu.Lock(); s.down = down; s.mu.Unlock() }
func (s *sick) spoil(n tickets.Number) { s.mu.Lock(); s.spoiled = n; s.mu.Unlock() }

func (s *sick) Apply(ctx context.Context, c tickets.Change) error {
	s.mu.Lock()
	down, spoiled := s.down, s.spoiled == c.Ticket.Number
	s.mu.Unlock()
	switch {
	case down:
		return storage.ErrDown
	case spoiled:
		return errSpoiled
	}
	return s.Store.Apply(ctx, c)
}

func (s *sick) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return tickets.Ticket{}, storage.ErrDown
	}
	return s.Store.Ticket(ctx, n)
}

func monday(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) }

func openOffice(t *testing.T) office {
	t.Helper()
	ctx, store := t.Context(), memory.New(417)
	for _, l := range sla.DefaultLevels() {
		_, err := store.PutLevel(ctx, l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := store.PutCalendar(ctx, c)
		must(t, err)
	}
	for _, id := range []oncall.EngineerID{"anna", "marco"} {
		_, err := store.PutEngineer(ctx, oncall.Engineer{ID: id})
		must(t, err)
	}
	_, err := store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A.", Numbers: []string{"0612345"}})
	must(t, err)
	for id, c := range map[string]directory.Contract{
		"314159": {ID: "c1", Customer: "rossi", Level: sla.Extended, RemoteAccess: true},
		"112358": {ID: "c2", Customer: "rossi", Level: sla.Extended, RemoteAccess: true, ValidUntil: monday(0)},
		"161803": {ID: "c3", Customer: "rossi", Level: sla.Extended},
		"577215": {ID: "p1", Customer: "rossi", Level: sla.Professional, RemoteAccess: true},
		"693147": {ID: "a1", Customer: "rossi", Level: sla.Advanced, RemoteAccess: true},
	} {
		_, err := store.PutContract(ctx, c)
		must(t, err)
		must(t, store.SetPIN(ctx, c.ID, directory.HashPIN([]byte("key"), id)))
	}
	book, err := directory.ReadBook(ctx, store, monday(3))
	must(t, err)
	ids := 0
	o := office{store: store, sick: &sick{Store: store}, done: map[string]bool{}}
	o.Desk = tickets.NewDesk(tickets.DeskConfig{
		Store: o.sick, Book: book, Numbers: store, PINKey: []byte("key"), Own: sla.OfficeHours,
		NewID: func() string { ids++; return fmt.Sprintf("e%d", ids) },
	})
	return o
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (o office) rossi(t *testing.T) tickets.Identity {
	t.Helper()
	id, _, err := o.Identify("314159", "0612345", monday(3))
	must(t, err)
	return id
}

func (o office) blocking(t *testing.T) tickets.Ticket {
	t.Helper()
	ticket, err := o.Open(t.Context(), tickets.Draft{
		Call: "call-1", Caller: "0612345", Identity: o.rossi(t), Claim: sla.Blocking, Channel: tickets.Phone, Actor: "caller",
	}, monday(3))
	must(t, err)
	return ticket
}

func TestAPINLeadsToItsContractOrSaysWhyNot(t *testing.T) {
	o := openOffice(t)
	for pin, want := range map[string]error{
		"314159": nil, "112358": tickets.ErrExpired, "161803": tickets.ErrNoRemoteAccess, "999999": tickets.ErrUnknownPIN, "": tickets.ErrUnknownPIN,
	} {
		if _, _, err := o.Identify(pin, "0612345", monday(3)); !errors.Is(err, want) {
			t.Errorf("%d keys: %v, want %v", len(pin), err, want)
		}
	}
}

func TestWrongPINsLockTheCallerOut(t *testing.T) {
	o := openOffice(t)
	for range 6 {
		if _, _, err := o.Identify("999999", "0699", monday(3)); !errors.Is(err, tickets.ErrUnknownPIN) {
			t.Fatal(err)
		}
	}
	if _, _, err := o.Identify("314159", "0699", monday(3)); !errors.Is(err, tickets.ErrLockedOut) || !o.LockedOut("0699", monday(3)) {
		t.Errorf("a seventh PIN was looked at: %v", err)
	}
	o.rossi(t) // another number is not touched
}

func TestABlockingCallRunsItsCourse(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	if ticket.Number != 417 || ticket.Priority != 1 || len(ticket.Clocks) != 3 || ticket.State != tickets.Open {
		t.Fatalf("%+v", ticket)
	}
	_, err := o.Accept(ctx, 417, "marco", false, monday(3))
	must(t, err)
	_, err = o.Join(ctx, 417, "marco", monday(3).Add(time.Minute))
	must(t, err)
	_, err = o.Intervene(ctx, 417, "engineer:marco", monday(4))
	must(t, err)
	_, err = o.Restored(ctx, 417, "engineer:marco", monday(5))
	must(t, err)
	ticket, err = o.Close(ctx, 417, "staff:carla", "done", monday(6))
	must(t, err)
	for _, c := range ticket.Clocks {
		if c.MetAt.IsZero() || !c.BrokenAt.IsZero() || c.Projected {
			t.Errorf("clock %+v", c)
		}
	}
	lines, err := o.store.History(ctx, 417)
	must(t, err)
	var kinds []tickets.EventKind
	for _, l := range lines {
		kinds = append(kinds, l.Kind)
	}
	if want := "[opened accepted joined intervention restored closed]"; fmt.Sprint(kinds) != want {
		t.Errorf("history %v, want %v", kinds, want)
	}
	var move *tickets.MoveError
	if _, err := o.Intervene(ctx, 417, "staff:carla", monday(7)); !errors.As(err, &move) {
		t.Errorf("a closed ticket took an intervention: %v", err)
	}
}

func TestAStoreThatIsDownDelaysRowsNeverCallers(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	o.sick.set(true)
	ticket := o.blocking(t)
	_, err := o.Keep(ctx, ticket.Number, tickets.Recording{ID: "r1", Seconds: 10}, monday(3))
	must(t, err)
	_, err = o.Accept(ctx, ticket.Number, "marco", false, monday(3))
	must(t, err)
	if _, err := o.store.Ticket(ctx, ticket.Number); !errors.Is(err, storage.ErrNotFound) || o.Waiting() != 1 {
		t.Fatalf("the ticket does not wait: %v, %d waiting", err, o.Waiting())
	}
	if lines, err := o.History(ctx, ticket.Number); err != nil || len(lines) != 3 || lines[0].Kind != tickets.Opened {
		t.Errorf("the history of a ticket that waits is %+v, %v", lines, err)
	}
	if err := o.Replay(ctx); !errors.Is(err, storage.ErrDown) {
		t.Errorf("replayed into a store that is down: %v", err)
	}
	o.sick.set(false)
	must(t, o.Replay(ctx))
	must(t, o.Replay(ctx))
	stands, err := o.store.Ticket(ctx, ticket.Number)
	must(t, err)
	lines, _ := o.store.History(ctx, ticket.Number)
	if stands.Assignee != "marco" || len(stands.Recordings) != 1 || len(lines) != 3 || o.Waiting() != 0 {
		t.Errorf("%+v, %d lines, %d waiting", stands, len(lines), o.Waiting())
	}
}

// TestAStoreThatDiesInMidCallStopsNoCall is the call whose ticket stood in the store already.
func TestAStoreThatDiesInMidCallStopsNoCall(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	o.sick.set(true)
	_, err := o.Keep(ctx, ticket.Number, tickets.Recording{ID: "r1", Seconds: 10}, monday(3))
	must(t, err)
	_, err = o.Accept(ctx, ticket.Number, "marco", false, monday(3))
	must(t, err)
	if knows, err := o.Desk.Ticket(ctx, ticket.Number); err != nil || knows.Assignee != "marco" || o.Waiting() != 1 {
		t.Errorf("with the store down the ticket is %+v, %v, %d waiting", knows, err, o.Waiting())
	}
	if _, err := o.Desk.Ticket(ctx, ticket.Number+1); !errors.Is(err, storage.ErrDown) {
		t.Errorf("a ticket that this desk never wrote: %v", err)
	}
	o.sick.set(false)
	must(t, o.Replay(ctx))
	stands, err := o.store.Ticket(ctx, ticket.Number)
	must(t, err)
	lines, err := o.store.History(ctx, ticket.Number)
	must(t, err)
	if stands.Assignee != "marco" || len(stands.Recordings) != 1 || len(lines) != 3 || o.Waiting() != 0 {
		t.Errorf("%+v, %d lines, %d waiting", stands, len(lines), o.Waiting())
	}
}

func TestAChangeThatTheStoreRefusesKeepsNoOtherTicket(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	o.sick.set(true)
	first, second := o.blocking(t), o.blocking(t)
	o.sick.set(false)
	o.sick.spoil(first.Number)
	if err := o.Replay(ctx); !errors.Is(err, errSpoiled) || o.Waiting() != 1 {
		t.Errorf("replayed: %v, %d waiting", err, o.Waiting())
	}
	if _, err := o.store.Ticket(ctx, second.Number); err != nil {
		t.Errorf("the other ticket: %v", err)
	}
	o.sick.spoil(0)
	must(t, o.Replay(ctx))
	if _, err := o.store.Ticket(ctx, first.Number); err != nil || o.Waiting() != 0 {
		t.Errorf("once it is taken: %v, %d waiting", err, o.Waiting())
	}
}

func TestTwoWritersLoseNothing(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	first, err := o.Comment(ctx, ticket.Number, "staff:carla", "one", monday(3))
	must(t, err)
	// Another node writes behind the desk's back.
	other := first
	other.Assignee = "sara"
	other.Version++
	must(t, o.store.Apply(ctx, tickets.Change{Ticket: other, Expect: first.Version, Events: []tickets.Event{{ID: "x", Ticket: other.Number}}}))
	next, err := o.Comment(ctx, ticket.Number, "staff:carla", "two", monday(3))
	must(t, err)
	if lines, _ := o.store.History(ctx, ticket.Number); len(lines) != 4 || next.Assignee != "sara" {
		t.Errorf("%d lines, assignee %q", len(lines), next.Assignee)
	}
}

func TestAnAssessmentChangesPriorityAndClocks(t *testing.T) {
	o := openOffice(t)
	ticket := o.blocking(t)
	ticket, err := o.Assess(t.Context(), ticket.Number, "staff:carla", "", sla.Question, monday(4))
	must(t, err)
	if ticket.Priority != 4 || len(ticket.Clocks) != 0 || ticket.Claim != sla.Blocking {
		t.Errorf("%+v", ticket)
	}
	lines, err := o.store.History(t.Context(), ticket.Number)
	must(t, err)
	f := lines[len(lines)-1].Facts
	if f["from"] != "blocking" || f["to"] != "question" || f["priority_was"] != "1" || f["priority"] != "4" || f["intervention_due"] != "none" {
		t.Errorf("the history tells the difference as %v", f)
	}
}

func TestBreachesAreMarkedOnce(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	due, err := o.store.ClaimDue(ctx, "a", monday(5), time.Second, 10)
	must(t, err)
	if len(due) != 1 {
		t.Fatalf("%d tickets due", len(due))
	}
	_, raised, err := o.Look(ctx, ticket.Number, monday(5))
	must(t, err)
	_, again, err := o.Look(ctx, ticket.Number, monday(5))
	must(t, err)
	if len(raised) != 2 || raised[0].Kind != tickets.Warned || raised[1].Kind != tickets.Broken || raised[1].Facts["clock"] != "contact" || len(again) != 0 {
		t.Errorf("raised %v, then %v", raised, again)
	}
}

// TestARobotsCallsAreBundledWhateverNumbersItKeys counts by the number that calls, not by the one that is keyed.
func TestARobotsCallsAreBundledWhateverNumbersItKeys(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	numbers := map[tickets.Number]int{}
	for i := range 6 {
		ticket, err := o.Open(ctx, tickets.Draft{From: "0699", Caller: fmt.Sprint("0333000", i), Channel: tickets.Phone, Actor: "caller"}, monday(3))
		must(t, err)
		numbers[ticket.Number]++
	}
	if len(numbers) != 3 || numbers[419] != 4 {
		t.Errorf("tickets by number: %v, want the fourth to sixth call in 419", numbers)
	}
	_, err := o.MarkNotRequest(ctx, 419, "staff:carla", monday(3))
	must(t, err)
	next, err := o.Open(ctx, tickets.Draft{From: "0699", Channel: tickets.Phone, Actor: "caller"}, monday(3))
	must(t, err)
	if next.Number != 418 || next.Bundled != 1 {
		t.Errorf("with the newest marked the next call goes to %d", next.Number)
	}
	known, err := o.Open(ctx, tickets.Draft{From: "0699", Channel: tickets.Phone, Actor: "caller", Identity: o.rossi(t)}, monday(3))
	must(t, err)
	withheld, err := o.Open(ctx, tickets.Draft{Caller: "0655", Channel: tickets.Phone, Actor: "caller"}, monday(3))
	must(t, err)
	if known.Number != 420 || withheld.Number != 421 {
		t.Errorf("a known and another caller got %d and %d", known.Number, withheld.Number)
	}
}

// TestABundledCallCanBeRungBack: behind a company's one number there may be people, each with his own telephone.
func TestABundledCallCanBeRungBack(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	var last tickets.Ticket
	for i := range 5 {
		var err error
		last, err = o.Open(ctx, tickets.Draft{
			Call: tickets.CallID(fmt.Sprint("call-", i)), From: "0699", Caller: fmt.Sprint("0333000", i), Claim: sla.Question, Language: "it",
			Channel: tickets.Phone, Actor: "caller",
		}, monday(3))
		must(t, err)
	}
	lines, err := o.History(ctx, last.Number)
	must(t, err)
	if len(lines) != 3 || last.Caller != "03330002" {
		t.Fatalf("the ticket of %s has %d lines", last.Caller, len(lines))
	}
	for i, e := range lines[1:] {
		number := fmt.Sprint("0333000", 3+i)
		want := map[string]string{"call": fmt.Sprint("call-", 3+i), "caller": number, "from": "0699", "claim": "question", "language": "it"}
		if e.Kind != tickets.BundledCall || !maps.Equal(e.Facts, want) || e.Text != "call back "+number+"; called from 0699; claims question; speaks it" {
			t.Errorf("the line of the bundled call is %+v", e)
		}
	}
}

func TestARobotsCallsAreBundled(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	numbers := map[tickets.Number]bool{}
	for range 6 {
		ticket, err := o.Open(ctx, tickets.Draft{Caller: "robot", Channel: tickets.Phone, Actor: "caller"}, monday(3))
		must(t, err)
		numbers[ticket.Number] = true
	}
	page, err := o.store.List(ctx, tickets.Filter{Caller: "robot", Limit: 2})
	must(t, err)
	list, total := page.Items, page.Total
	if len(numbers) != 3 || total != 3 || len(list) != 2 || list[0].Bundled != 3 {
		t.Errorf("%d numbers, %d tickets, page of %d, %d bundled", len(numbers), total, len(list), list[0].Bundled)
	}
}
