package tickets_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"hotline/sla"
	"hotline/tickets"
)

// TestTheDeskIsTheLastGate: whatever let a text in, what is written can be kept by every store.
func TestTheDeskIsTheLastGate(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	long := strings.Repeat("9\x00\xffà", 2000)
	k, err := o.Open(ctx, tickets.Draft{Call: tickets.CallID(long), Caller: long, From: long, Language: long, Claim: sla.Question, Channel: tickets.Phone, Actor: long, Text: strings.Repeat(long, 10)}, monday(3))
	must(t, err)
	_, err = o.Comment(ctx, k.Number, "staff:"+long, long, monday(3))
	must(t, err)
	_, err = o.Accept(ctx, k.Number, long, false, monday(3))
	must(t, err)
	_, err = o.Keep(ctx, k.Number, tickets.Recording{ID: long, File: long, Law: long}, monday(3))
	must(t, err)
	stands, err := o.store.Ticket(ctx, k.Number)
	must(t, err)
	lines, err := o.store.History(ctx, k.Number)
	must(t, err)
	texts := map[string]int{stands.Caller: 64, stands.Language: 200, stands.Assignee: 200, stands.Recordings[0].ID: 200}
	for _, e := range lines {
		texts[e.Actor], texts[e.Text] = 200, 20_000
		for name, value := range e.Facts {
			texts[name], texts[value] = 200, 2000
		}
	}
	for text, most := range texts {
		if n := utf8.RuneCountInString(text); n > most || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			t.Errorf("a text of %d characters is written, at most %d: %.40q", n, most, text)
		}
	}
}

// TestAChangeThatIsRefusedForGoodIsToldOfListedAndTakenUpAgain follows one from the call to the next process.
func TestAChangeThatIsRefusedForGoodIsToldOfListedAndTakenUpAgain(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	var told []tickets.Number
	kept := &keeping{}
	cfg := tickets.DeskConfig{
		Store: o.sick, Book: o.Book(), Numbers: o.store, Journal: kept, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: (&ids{}).next,
		Refused: func(n tickets.Number, err error) {
			if told = append(told, n); !errors.Is(err, errSpoiled) {
				t.Errorf("the reason is %v", err)
			}
		},
	}
	desk := tickets.NewDesk(cfg)
	o.sick.spoil(417)
	k, err := desk.Open(ctx, tickets.Draft{Caller: "0699", Claim: sla.Blocking, Channel: tickets.Phone, Actor: "caller"}, monday(3))
	must(t, err)
	for range 10 {
		if err := desk.Replay(ctx); !errors.Is(err, errSpoiled) {
			t.Fatalf("replayed: %v", err)
		}
	}
	if fmt.Sprint(told) != "[417]" {
		t.Errorf("told of %v, want once", told)
	}
	next := tickets.NewDesk(cfg)
	next.Load(kept.pending)
	for name, d := range map[string]*tickets.Desk{"the desk": desk, "the next process": next} {
		page, err := d.List(ctx, tickets.Filter{Category: sla.Blocking, Search: "0699"})
		if err != nil || page.Total != 1 || len(page.Items) != 1 || page.Items[0].Number != k.Number {
			t.Errorf("%s lists %+v, %v", name, page, err)
		}
		for _, f := range []tickets.Filter{{Category: sla.Question}, {Search: "rossi"}} {
			if page, err = d.List(ctx, f); err != nil || len(page.Items) != 0 || page.Total != 0 {
				t.Errorf("%s lists what was not asked for, %v", name, err)
			}
		}
		later := tickets.Filter{After: tickets.Filter{}.Position(tickets.Ticket{Number: 1}).Cursor()}
		if page, err = d.List(ctx, later); err != nil || len(page.Items) != 0 || page.Total != 1 {
			t.Errorf("%s puts it on a later page too, or counts %d, %v", name, page.Total, err)
		}
		if stands, err := d.Ticket(ctx, k.Number); err != nil || stands.Claim != sla.Blocking {
			t.Errorf("%s knows %+v, %v", name, stands, err)
		}
		if lines, err := d.History(ctx, k.Number); err != nil || len(lines) != 1 {
			t.Errorf("%s knows the lines %+v, %v", name, lines, err)
		}
	}
	o.sick.spoil(0)
	must(t, next.Replay(ctx))
	if _, err := o.store.Ticket(ctx, k.Number); err != nil || next.Waiting() != 0 {
		t.Errorf("put right: %v, %d waiting", err, next.Waiting())
	}
}

type ids struct{ n int }

func (i *ids) next() string { i.n++; return fmt.Sprint("id-", i.n) }

// keeping is a journal in memory.
type keeping struct{ pending []tickets.Change }

func (k *keeping) Append(_ context.Context, c tickets.Change) error {
	k.pending = append(k.pending, c)
	return nil
}

func (k *keeping) Done(_ context.Context, c tickets.Change) error {
	k.pending = slices.DeleteFunc(k.pending, func(p tickets.Change) bool { return p.Events[0].ID == c.Events[0].ID })
	return nil
}

// TestNobodyIsGivenATicketWhoIsNotThere: the engineer was removed since somebody looked; the ticket stays as it was, and nothing waits.
func TestNobodyIsGivenATicketWhoIsNotThere(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	before, err := o.store.Ticket(ctx, n)
	must(t, err)
	for name, give := range map[string]func() (tickets.Ticket, error){
		"assigned": func() (tickets.Ticket, error) { return o.Assign(ctx, n, "staff:x", "zoe", monday(3)) },
		"taken":    func() (tickets.Ticket, error) { return o.TakeCharge(ctx, n, "zoe", "", monday(3)) },
	} {
		if _, err := give(); !errors.Is(err, tickets.ErrNoEngineer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stands, err := o.Ticket(ctx, n)
	must(t, err)
	if stands.Version != before.Version || stands.Assignee != "" || o.Waiting() != 0 {
		t.Errorf("it is %q's in version %d, and %d wait", stands.Assignee, stands.Version, o.Waiting())
	}
}
