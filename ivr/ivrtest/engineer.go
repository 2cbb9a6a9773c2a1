package ivrtest

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"hotline/dispatch/cover"
	"hotline/ivr"
	"hotline/ivr/console"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/pins"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// engineer makes the telephone that calls an engineer's: w is the id, the PIN and, where it is not Italian, the language.
func (w *world) engineer(ctx context.Context, words []string, telephone string) error {
	e := oncall.Engineer{ID: oncall.EngineerID(words[0]), Name: words[0], Phones: []string{telephone}, Language: "it"}
	if len(words) > 2 {
		e.Language = words[2]
	}
	if _, err := w.store.PutEngineer(ctx, e); err != nil {
		return err
	}
	_, err := w.store.PutEngineerPIN(ctx, oncall.PIN{Engineer: e.ID, Hash: oncall.HashPIN([]byte(pinKey), e.ID, words[1])})
	return err
}

// engineers is what the world has for its console.
type engineers struct {
	guard    *pins.Guard
	desk     func(console.Desk) console.Desk // stands around the console's desk; nil: nothing does, as of shifts
	shifts   func(console.Shifts) console.Shifts
	log      *slog.Logger  // nil: nobody reads it
	heard    chan<- string // what happens at other telephones
	cover    *cover.Board
	says     map[string]string // what colleagues answer: yes, no; else their telephone rings in vain
	prompts  *recordingLine    // nil: the number that is called is not that of the recording line
	customer string            // how a customer's telephone is: answers, silent, nowhere
	// accessed notes who hears a recording; nil: the store does.
	accessed func(ctx context.Context, recording, actor string, did tickets.Action, at time.Time) error
}

func inRome() *time.Location {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return time.UTC
	}
	return rome
}

// console is the world's, in front of every conversation.
func (w *world) console() *console.Console {
	desk := console.Desk(w.desk)
	if w.engineers.desk != nil {
		desk = w.engineers.desk(desk)
	}
	shifts := console.Shifts(duty.Shifts{Store: w.store})
	if w.engineers.shifts != nil {
		shifts = w.engineers.shifts(shifts)
	}
	if w.guard == nil {
		w.guard = pins.NewGuard(pins.GuardConfig{Store: w.store, Key: []byte(pinKey)})
	}
	accessed := w.accessed
	if accessed == nil {
		accessed = w.store.LogAccess
	}
	var line console.Prompts // a nil of its own type
	if w.prompts != nil {
		line = w.prompts
	}
	return console.New(console.Config{
		Prompts: line,
		Engineers: func(c ivr.Caller) (list []oncall.Engineer) {
			all, err := w.store.Engineers(context.Background())
			for _, e := range all {
				if err == nil && console.Calls(e.Phones[0], c, func(number string) string { return number }) {
					list = append(list, e)
				}
			}
			return list
		},
		Shifts: shifts, Cover: w.board(), CallCustomer: w.callCustomer,
		PINs: w.guard, Desk: desk, Accessed: accessed, NewID: w.newID, Log: w.log, Reach: duty.Reach{Store: w.store, Where: inRome},
	})
}

// colleague is another engineer, with a telephone that nobody calls from; answer is what he says to a question: yes or no.
func (w *world) colleague(ctx context.Context, id, answer string) error {
	w.answers(id, answer)
	_, err := w.store.PutEngineer(ctx, oncall.Engineer{ID: oncall.EngineerID(id), Name: id, Phones: []string{"06999" + id}, Language: "it"})
	return err
}

// answers is what somebody says to a question by telephone.
func (w *world) answers(id, answer string) {
	if w.says == nil {
		w.says = map[string]string{}
	}
	w.says[id] = answer
}

// rota has the first engineer on call every day from 08:00 for twelve hours, and the second one at night, in Rome.
func (w *world) rota(ctx context.Context, day, night string) error {
	r := oncall.Rota{Zone: "Europe/Rome"}
	for d := range 7 {
		for id, from := range map[string]time.Duration{day: 8 * time.Hour, night: 20 * time.Hour} {
			if id != "nobody" {
				r.Shifts = append(r.Shifts, oncall.Shift{Engineer: oncall.EngineerID(id), Level: 1, Day: time.Weekday(d), From: from, Length: 12 * time.Hour})
			}
		}
	}
	_, err := w.store.PutRota(ctx, r)
	return err
}

// board asks the colleagues of the world.
func (w *world) board() *cover.Board {
	if w.cover == nil {
		w.cover = cover.New(cover.Config{
			Ask: w.ask, Shifts: duty.Shifts{Store: w.store}, Keep: unkept{}, Log: slog.New(slog.DiscardHandler),
			Blocking: func(ctx context.Context) ([]tickets.Ticket, error) { return console.Blocking(ctx, w.desk) },
			Give: func(ctx context.Context, from, to oncall.Engineer) (int, error) {
				return console.GiveBlocking(ctx, w.desk, from, to, time.Now())
			},
		})
	}
	return w.cover
}

// ask rings a telephone of the world for ten seconds.
func (w *world) ask(ctx context.Context, a oncall.Attempt, q ring.Question) string {
	tell := func(p prompts.Phrase) {
		for _, piece := range Words(prompts.Language(a.Language), p) {
			w.heard <- piece
		}
	}
	select {
	case <-time.After(1500 * time.Millisecond): // the asker hears first that the others are rung
	case <-ctx.Done():
		return "called off"
	}
	w.heard <- "(rings-" + a.Name + ")"
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
		return "called off"
	}
	answer := w.says[a.Name]
	if answer != "yes" && answer != "no" {
		return "no answer"
	}
	tell(q.Ask)
	if answer == "no" {
		return ring.ResultNo
	}
	tell(q.Yes(ctx))
	return ring.ResultYes
}

// callCustomer rings the customer of the world.
func (w *world) callCustomer(ctx context.Context, _ ivr.Call, _ prompts.Language, who oncall.Engineer, n tickets.Number) (bool, error) {
	if w.customer == "nowhere" {
		return false, ring.ErrNoNumber
	}
	w.heard <- "(rings-the-customer)"
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	if w.customer != "answers" {
		return false, nil
	}
	w.heard <- "(talks)"
	_, err := w.desk.Join(ctx, n, string(who.ID), time.Now())
	if refused := (*tickets.MoveError)(nil); errors.As(err, &refused) { // of a ticket that is over nothing is stamped, and the two talk all the same
		err = nil
	}
	return true, err
}

// unkept is a disk that keeps nothing.
type unkept struct{}

func (unkept) Put(string, any) error { return nil }
func (unkept) Get(string, any) error { return os.ErrNotExist }
