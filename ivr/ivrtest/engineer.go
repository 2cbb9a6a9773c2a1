package ivrtest

import (
	"context"
	"log/slog"
	"time"

	"hotline/ivr"
	"hotline/ivr/console"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/pins"
)

// engineer makes the telephone that calls an engineer's: w is the id, the PIN and, where it is not Italian, the language.
func (w *world) engineer(ctx context.Context, words []string, telephone string) error {
	e := oncall.Engineer{ID: oncall.EngineerID(words[0]), Phones: []string{telephone}, Language: "it"}
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
	guard *pins.Guard
	desk  func(console.Desk) console.Desk // stands around the console's desk; nil: nothing does
	log   *slog.Logger                    // nil: nobody reads it
	// accessed notes who hears a recording; nil: the store does.
	accessed func(ctx context.Context, recording, actor string, at time.Time) error
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
	if w.guard == nil {
		w.guard = pins.NewGuard(pins.GuardConfig{Store: w.store, Key: []byte(pinKey)})
	}
	accessed := w.accessed
	if accessed == nil {
		accessed = w.store.LogAccess
	}
	return console.New(console.Config{
		Engineers: func(c ivr.Caller) (list []oncall.Engineer) {
			all, err := w.store.Engineers(context.Background())
			for _, e := range all {
				if err == nil && console.Calls(e.Phones[0], c, func(number string) string { return number }) {
					list = append(list, e)
				}
			}
			return list
		},
		PINs: w.guard, Desk: desk, Accessed: accessed, NewID: w.newID, Log: w.log, Reach: duty.Reach{Store: w.store, Where: inRome},
	})
}
