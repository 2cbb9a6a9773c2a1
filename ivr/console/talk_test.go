package console_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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

// TestEveryKeyOfATalkHasAnAnswer in every state and both languages, also where nobody may be asked to join: what it does, or the words
// that refuse it, and the engineer is back with the customer in the end.
func TestEveryKeyOfATalkHasAnAnswer(t *testing.T) {
	type step = func(ctx context.Context, d *tickets.Desk, n tickets.Number, now time.Time) (tickets.Ticket, error)
	to := map[tickets.State]step{
		tickets.Assigned: func(ctx context.Context, d *tickets.Desk, n tickets.Number, _ time.Time) (tickets.Ticket, error) {
			return d.Ticket(ctx, n)
		},
		tickets.InProgress: func(ctx context.Context, d *tickets.Desk, n tickets.Number, now time.Time) (tickets.Ticket, error) {
			return d.Intervene(ctx, n, "staff", now)
		},
		tickets.Waiting: func(ctx context.Context, d *tickets.Desk, n tickets.Number, now time.Time) (tickets.Ticket, error) {
			return d.WaitForCustomer(ctx, n, "staff", "", now)
		},
		tickets.Restored: func(ctx context.Context, d *tickets.Desk, n tickets.Number, now time.Time) (tickets.Ticket, error) {
			return d.Restored(ctx, n, "staff", now)
		},
		tickets.Closed: func(ctx context.Context, d *tickets.Desk, n tickets.Number, now time.Time) (tickets.Ticket, error) {
			return d.Close(ctx, n, "staff", "", now)
		},
	}
	wishes := map[rune]ring.Wish{'0': ring.HandOver, '2': ring.AddThird}
	for _, lang := range prompts.Languages() {
		for state, step := range to {
			for _, third := range []bool{true, false} {
				for _, key := range "0123456789*#" {
					t.Run(fmt.Sprintf("%s/%s/%v/%c", lang, state, third, key), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							desk, n := deskWithTicket(t)
							if _, err := step(t.Context(), desk, n, time.Now()); err != nil {
								t.Fatal(err)
							}
							k := console.New(console.Config{Desk: desk, NewID: func() string { return "id" }})
							p := &telephone{ctx: t.Context(), keys: string(key), lost: t}
							wish := k.DuringTalk(p, oncall.Attempt{Engineer: "anna", Name: "Anna", Language: string(lang)}, n, third)
							want, heard := wishes[key], strings.Join(p.heard, " ")
							if key == '2' && !third {
								want = ring.GoBack
							}
							if wish != want || third != strings.Contains(heard, "console-add-third") {
								t.Errorf("the wish is %v, heard is %s", wish, heard)
							}
							answer := ""
							switch {
							case strings.ContainsRune("3456", key):
								answer = "console-done- console-refused"
							case key != '*' && key != '#' && want == ring.GoBack:
								answer = "wrong-key"
							}
							if !slices.ContainsFunc(strings.Fields(answer), func(w string) bool { return strings.Contains(heard, w) }) && answer != "" {
								t.Errorf("heard is %s, want one of %s", heard, answer)
							}
						})
					})
				}
			}
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
	if _, err := store.PutEngineer(ctx, oncall.Engineer{ID: "anna", Name: "Anna"}); err != nil {
		t.Fatal(err)
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
