package ticketstest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// Command is something that is done to a ticket.
type Command struct {
	Name string // the API's verb, or the line's own word
	Body string // of the API; "-": the API does not have it
	Do   func(ctx context.Context, d *tickets.Desk, n tickets.Number, now time.Time) (tickets.Ticket, error)
}

const who = "staff:carla"

// Commands are all that the desk has.
func Commands() []Command {
	type (
		C = context.Context
		D = *tickets.Desk
		N = tickets.Number
		T = tickets.Ticket
		I = time.Time
	)
	plain := func(do func(D) func(C, N, string, I) (T, error)) func(C, D, N, I) (T, error) {
		return func(c C, d D, n N, at I) (T, error) { return do(d)(c, n, who, at) }
	}
	said := func(do func(D) func(C, N, string, string, I) (T, error)) func(C, D, N, I) (T, error) {
		return func(c C, d D, n N, at I) (T, error) { return do(d)(c, n, who, "so it is", at) }
	}
	return []Command{
		{"assess", `{"category":"non_blocking"}`, func(c C, d D, n N, at I) (T, error) { return d.Assess(c, n, who, "", sla.NonBlocking, at) }},
		{"assign", `{"engineer":"anna"}`, func(c C, d D, n N, at I) (T, error) { return d.Assign(c, n, who, "anna", at) }},
		{"take-charge", "-", func(c C, d D, n N, at I) (T, error) { return d.TakeCharge(c, n, "anna", "by telephone", at) }},
		{"accept", "-", func(c C, d D, n N, at I) (T, error) { return d.Accept(c, n, "anna", false, at) }},
		{"joined", "-", func(c C, d D, n N, at I) (T, error) { return d.Join(c, n, "anna", at) }},
		{"contact", "", plain(func(d D) func(C, N, string, I) (T, error) { return d.Contact })},
		{"intervention", "", plain(func(d D) func(C, N, string, I) (T, error) { return d.Intervene })},
		{"restored", "", plain(func(d D) func(C, N, string, I) (T, error) { return d.Restored })},
		{"waiting", "", said(func(d D) func(C, N, string, string, I) (T, error) { return d.WaitForCustomer })},
		{"resume", "", said(func(d D) func(C, N, string, string, I) (T, error) { return d.Resume })},
		{"close", "", said(func(d D) func(C, N, string, string, I) (T, error) { return d.Close })},
		{"reopen", "", said(func(d D) func(C, N, string, string, I) (T, error) { return d.Reopen })},
		{"not-restored", "-", said(func(d D) func(C, N, string, string, I) (T, error) { return d.NotRestored })},
		{"not-a-request", "", plain(func(d D) func(C, N, string, I) (T, error) { return d.MarkNotRequest })},
		{"access-withdrawn", "", said(func(d D) func(C, N, string, string, I) (T, error) { return d.WithdrawAccess })},
		{"access-back", "", said(func(d D) func(C, N, string, string, I) (T, error) { return d.GiveAccess })},
		{"contract", `{"contract":"other"}`, func(c C, d D, n N, at I) (T, error) { return d.SetContract(c, n, who, "other", at) }},
		{"follow", "", plain(func(d D) func(C, N, string, I) (T, error) { return d.Follow })},
		{"call-back", "", func(c C, d D, n N, at I) (T, error) { return d.AskCallBack(c, n, who, "", at, at) }},
		{"ring", "", plain(func(d D) func(C, N, string, I) (T, error) { return d.AskRing })},
		{"comment", `{"text":"seen"}`, func(c C, d D, n N, at I) (T, error) { return d.Comment(c, n, who, "seen", at) }},
		{"time", `{"minutes":5,"what":"looked"}`, func(c C, d D, n N, at I) (T, error) {
			return d.AddTime(c, n, tickets.Spent{Minutes: 5, Who: "anna", What: "looked", By: who}, at)
		}},
		{"keyed", "-", func(c C, d D, n N, at I) (T, error) { return d.Categorise(c, n, sla.NonBlocking, at) }},
		{"recording", "-", func(c C, d D, n N, at I) (T, error) {
			return d.Keep(c, n, tickets.Recording{ID: fmt.Sprint("r", n)}, at)
		}},
		{"dictate", "-", func(c C, d D, n N, at I) (T, error) {
			return d.Dictate(c, n, "anna", "by telephone", tickets.Recording{ID: fmt.Sprint("d", n)}, at)
		}},
		{"unreached", "-", func(c C, d D, n N, at I) (T, error) { return d.Note(c, n, tickets.Event{Kind: tickets.Unreached}, at) }},
		{"look", "-", func(c C, d D, n N, at I) (T, error) { t, _, err := d.Look(c, n, at); return t, err }},
	}
}

// named finds a command.
func named(name string) Command {
	for _, c := range Commands() {
		if c.Name == name {
			return c
		}
	}
	return Command{}
}

// States are those of a ticket, in the order of the table's columns, with the command that leads there from an open one.
func States() []tickets.State {
	return []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting, tickets.Restored, tickets.Closed, tickets.NotRequest}
}

// LeadsTo is the command that brings an open ticket into a state; empty for open.
func LeadsTo(s tickets.State) string {
	return map[tickets.State]string{
		tickets.Assigned: "assign", tickets.InProgress: "intervention", tickets.Waiting: "waiting", tickets.Restored: "restored",
		tickets.Closed: "close", tickets.NotRequest: "not-a-request",
	}[s]
}

// Refused is the answer to a command that a state does not allow.
const Refused = "-"

// Stand tells in short how a ticket stands: its state, its clocks of contact, intervention and restore (r running, p paused,
// j projected, k kept, b broken, l met late) and what goes on stopping them (w the customer, a no access, e ended).
func Stand(t tickets.Ticket) string {
	text := string(t.State) + " "
	for _, c := range t.Clocks {
		text += letter(c)
	}
	for _, p := range t.Pauses {
		if p.Until.IsZero() {
			text += map[sla.Reason]string{sla.ForCustomer: "+w", sla.NoAccess: "+a", sla.Ended: "+e"}[p.Why]
		}
	}
	return strings.TrimSpace(text)
}

func letter(c sla.Clock) string {
	switch {
	case !c.BrokenAt.IsZero() && !c.MetAt.IsZero():
		return "l"
	case !c.BrokenAt.IsZero():
		return "b"
	case !c.MetAt.IsZero():
		return "k"
	case c.Projected:
		return "j"
	case c.Paused:
		return "p"
	}
	return "r"
}

// Contracts are those that the table is about: the ticket's own, and another one.
func Contracts(reachable bool) []directory.Contract {
	return []directory.Contract{
		{ID: "own", Customer: "rossi", Level: sla.Extended, RemoteAccess: reachable},
		{ID: "other", Customer: "rossi", Level: sla.Extended, RemoteAccess: true},
	}
}

// commandsInStates walks the table of answers through a desk: every answer is the right one, the store keeps what the desk
// answered, and the history folds to it.
func commandsInStates(t *testing.T, s DeskStore) {
	ctx := t.Context()
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		check.Must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := s.PutCalendar(ctx, c)
		check.Must(t, err)
	}
	for _, c := range Contracts(true) {
		_, err := s.PutContract(ctx, c)
		check.Must(t, err)
	}
	staffed(t, s)
	reachable, err := directory.ReadBook(ctx, s, monday)
	check.Must(t, err)
	ids := 0
	desk := tickets.NewDesk(tickets.DeskConfig{Store: s, Book: reachable, Numbers: numbersOf{s}, Own: sla.OfficeHours, NewID: func() string { ids++; return fmt.Sprint("e", ids) }})
	list, cells := Answers(), map[string]int{}
	for _, a := range list {
		cells[a.Command]++
	}
	for _, c := range Commands() {
		if cells[c.Name] == 0 || cells[c.Name]%len(States()) != 0 {
			t.Errorf("the table has %d cells of %s", cells[c.Name], c.Name)
		}
	}
	for _, a := range list {
		desk.SetBook(reachable)
		x, err := desk.Open(ctx, tickets.Draft{
			Identity: tickets.Identity{Contract: reachable.Contracts.At("own")}, Claim: sla.Blocking, Channel: tickets.Web, Actor: who,
		}, monday)
		check.Must(t, err)
		for minute, name := range a.Before() {
			if name == ContractLosesAccess {
				desk.SetBook(reachable.With(func(b *directory.Book) { b.Contracts = b.Contracts.With("own", Contracts(false)[0]) }))
				check.Must(t, desk.AccessChanged(ctx, "own", false, who, at(minute+1)))
			} else if _, err := named(name).Do(ctx, desk, x.Number, at(minute+1)); err != nil {
				t.Fatalf("%s: %v", a, err)
			}
		}
		var move *tickets.MoveError
		answered, err := named(a.Command).Do(ctx, desk, x.Number, at(30))
		if err != nil && !errors.As(err, &move) {
			t.Fatalf("%s: %v", a, err)
		}
		stands, failed := s.Ticket(ctx, x.Number)
		check.Must(t, failed)
		got := Stand(stands)
		if err != nil {
			got = Refused
		}
		if got != a.Want {
			t.Errorf("%s: got %q, want %q (%v)", a, got, a.Want, err)
		}
		if err == nil && Stand(answered) != Stand(stands) {
			t.Errorf("%s: answered %q, stored %q", a, Stand(answered), Stand(stands))
		}
		folds(t, s, a, stands)
		if _, err := named("close").Do(ctx, desk, x.Number, at(40)); err != nil && !errors.As(err, &move) { // who loses access tells running tickets
			t.Fatalf("%s: %v", a, err)
		}
	}
}

// folds checks that a ticket's rows are what its history folds to.
func folds(t *testing.T, s tickets.Store, a Answer, stands tickets.Ticket) {
	t.Helper()
	lines, err := s.History(t.Context(), stands.Number)
	check.Must(t, err)
	c, err := tickets.Fold(lines, func(id string) (*sla.Agreement, error) {
		terms, err := s.Terms(t.Context(), id)
		if err != nil {
			return nil, err
		}
		return terms.Ready()
	})
	check.Must(t, err)
	same := len(c.Clocks) == len(stands.Clocks) && len(c.Pauses) == len(stands.Pauses)
	for i := 0; same && i < len(c.Clocks); i++ {
		x, y := c.Clocks[i], stands.Clocks[i]
		same = letter(x) == letter(y) && x.Due.Equal(y.Due) && x.MetAt.Equal(y.MetAt) && x.Spent == y.Spent
	}
	for i := 0; same && i < len(c.Pauses); i++ {
		x, y := c.Pauses[i], stands.Pauses[i]
		same = x.Why == y.Why && x.From.Equal(y.From) && x.Until.Equal(y.Until)
	}
	if !same || !reflect.DeepEqual(c.Category, stands.Category()) {
		t.Errorf("%s: the rows are\n%+v %+v\nthe history folds to\n%+v %+v", a, stands.Clocks, stands.Pauses, c.Clocks, c.Pauses)
	}
}

func at(minute int) time.Time { return monday.Add(time.Duration(minute) * time.Minute) }

// numbersOf leases one at a time.
type numbersOf struct{ tickets.Store }

func (n numbersOf) Next(ctx context.Context) (tickets.Number, error) { return n.LeaseNumbers(ctx, 1) }
