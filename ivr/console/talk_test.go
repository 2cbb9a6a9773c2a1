package console_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/directory"
	"hotline/ivr/console"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// telephone is an engineer's during a talk: it presses its keys whenever one is waited for, and writes down what it hears.
type telephone struct {
	ring.Telephone
	ctx   context.Context
	keys  string
	heard []string
	lost  *testing.T
}

func (p *telephone) Context() context.Context { return p.ctx }

func (p *telephone) Say(ctx context.Context, lang prompts.Language, said prompts.Phrase, _ bool) error {
	book, err := prompts.Open(lang)
	for _, i := range said {
		if err != nil || !book.Has(i.ID) {
			p.lost.Errorf("%s has no sentence %s, %v", lang, i.ID, err)
		}
		p.heard = append(p.heard, string(i.ID))
	}
	return context.Cause(ctx)
}

func (p *telephone) Key(_ context.Context, wait time.Duration) (byte, error) {
	if p.keys == "" || wait == 0 {
		time.Sleep(wait)
		return 0, ring.ErrNoKey
	}
	k := p.keys[0]
	p.keys = p.keys[1:]
	return k, nil
}

// TestTheMenuOfATalkSpeaksBothLanguages presses keys in the middle of a talk, in either language: what they do to the ticket, what is
// heard, and whether the customer is handed over.
func TestTheMenuOfATalkSpeaksBothLanguages(t *testing.T) {
	for _, lang := range prompts.Languages() {
		for keys, want := range map[string]struct {
			state tickets.State
			wish  ring.Wish
			hears string
		}{
			"4#":    {tickets.InProgress, ring.GoBack, "console-done-intervention"},
			"46#":   {tickets.Restored, ring.GoBack, "console-done-restored"},
			"5#":    {tickets.Waiting, ring.GoBack, "console-done-waiting"},
			"55":    {tickets.Assigned, ring.GoBack, "console-done-resume"},
			"65#":   {tickets.Restored, ring.GoBack, "console-refused console-state-restored"},
			"0":     {tickets.Assigned, ring.HandOver, "console-hand-over"},
			"40":    {tickets.InProgress, ring.HandOver, "console-done-intervention"},
			"2":     {tickets.Assigned, ring.AddThird, "console-add-third"},
			"42":    {tickets.InProgress, ring.AddThird, "console-done-intervention"},
			"*9#":   {tickets.Assigned, ring.GoBack, "wrong-key"},
			"":      {tickets.Assigned, ring.GoBack, "console-key-restored"},
			"8888#": {tickets.Assigned, ring.GoBack, "wrong-key"},
		} {
			t.Run(fmt.Sprintf("%s/%q", lang, keys), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					desk, n := deskWithTicket(t)
					k := console.New(console.Config{Desk: desk, NewID: func() string { return "id" }})
					p := &telephone{ctx: t.Context(), keys: keys, lost: t}
					if wish := k.DuringTalk(p, oncall.Attempt{Engineer: "anna", Name: "Anna", Language: string(lang)}, n, true); wish != want.wish {
						t.Errorf("the wish is %v", wish)
					}
					now, err := desk.Ticket(t.Context(), n)
					if err != nil || now.State != want.state {
						t.Errorf("the ticket is %s, %v", now.State, err)
					}
					heard := strings.Join(p.heard, " ")
					if !strings.HasPrefix(heard, "console-talk ") || !strings.Contains(heard, want.hears) {
						t.Errorf("heard is %s", heard)
					}
					lines, err := desk.History(t.Context(), n)
					if last := lines[len(lines)-1]; err != nil || now.State != tickets.Assigned && (last.Actor != "engineer:anna" || last.Text != console.ByTelephone) {
						t.Errorf("the last line is %+v, %v", last, err)
					}
				})
			})
		}
	}
}

// A desk that panics or fails leaves the engineer with the customer.
func TestAFaultInTheMenuOfATalkLeadsBack(t *testing.T) {
	for name, desk := range map[string]console.Desk{"a panic": nil, "a store that is down": down{}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := console.New(console.Config{Desk: desk})
				p := &telephone{ctx: t.Context(), keys: "0", lost: t}
				if k.DuringTalk(p, oncall.Attempt{Engineer: "anna", Language: "en"}, 417, true) != ring.GoBack {
					t.Error("the customer is handed over")
				}
			})
		})
	}
}

type down struct{ console.Desk }

func (down) Ticket(context.Context, tickets.Number) (tickets.Ticket, error) {
	return tickets.Ticket{}, errors.New("the store is down")
}

// deskWithTicket is a desk with a blocking ticket that Anna has accepted.
func deskWithTicket(t *testing.T) (*tickets.Desk, tickets.Number) {
	t.Helper()
	ctx, store, ids := t.Context(), memory.New(417), 0
	for _, c := range sla.DefaultCalendars() {
		if _, err := store.PutCalendar(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range sla.DefaultLevels() {
		if _, err := store.PutLevel(ctx, l); err != nil {
			t.Fatal(err)
		}
	}
	book, err := directory.ReadBook(ctx, store, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	desk := tickets.NewDesk(tickets.DeskConfig{Store: store, Book: book, Numbers: store, Own: sla.OfficeHours, NewID: func() string { ids++; return fmt.Sprint("e", ids) }})
	opened, err := desk.Open(ctx, tickets.Draft{Claim: sla.Blocking, Channel: tickets.Phone, Actor: "caller"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Accept(ctx, opened.Number, "anna", false, time.Now()); err != nil {
		t.Fatal(err)
	}
	return desk, opened.Number
}
