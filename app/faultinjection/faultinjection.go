// Package faultinjection breaks the demo on purpose, to show that its checks can fail.
//
// Each fault is a decorator around something that the program is wired with. `hotline demo --sabotage` and the tests of the built
// program ask for them by name; nothing else does. It starts no goroutine.
package faultinjection

import (
	"context"
	"io"
	"time"

	"hotline/callhandler"
	"hotline/dispatch"
	"hotline/ivr"
	"hotline/line"
	"hotline/media"
	"hotline/media/g711"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// The faults, by their names on the command line.
const (
	Recording = "recording" // messages are recorded as silence
	Audio     = "audio"     // engineer and caller are joined in the books only
	History   = "history"   // what a search does is not written into the ticket's history
	Panic     = "panic"     // each conversation panics
)

// Conversation panics in each call.
func Conversation(callhandler.Conversation, func(prompts.ID) media.Sound) callhandler.Conversation {
	return func(context.Context, ivr.Config, *ivr.Flow, ivr.Call) ivr.Summary {
		panic("a fault that was asked for")
	}
}

// Spool is a spool whose recordings hold silence only.
func Spool(s line.Spool) line.Spool { return silentSpool{s} }

type silentSpool struct{ line.Spool }

func (s silentSpool) Create(id string, c g711.Codec) (io.WriteCloser, error) {
	w, err := s.Spool.Create(id, c)
	if err != nil {
		return nil, err
	}
	return silentRecording{w}, nil
}

func (s silentSpool) CreateTwo(id string, c g711.Codec) (io.WriteCloser, error) {
	w, err := s.Spool.CreateTwo(id, c)
	if err != nil {
		return nil, err
	}
	return silentRecording{w}, nil
}

type silentRecording struct{ io.WriteCloser }

func (s silentRecording) Write(octets []byte) (int, error) {
	silence := make([]byte, len(octets))
	for i := range silence {
		silence[i] = 0xd5 // A-law's zero
	}
	return s.WriteCloser.Write(silence)
}

// Telephones are telephones that are joined to callers without sound.
func Telephones(t ring.Telephones) ring.Telephones { return deafTelephones{t} }

type deafTelephones struct{ ring.Telephones }

func (d deafTelephones) Ring(ctx context.Context, address string, as ring.Introduction) (ring.Telephone, error) {
	t, err := d.Telephones.Ring(ctx, address, as)
	if err != nil {
		return nil, err
	}
	return deafTelephone{t}, nil
}

type deafTelephone struct{ ring.Telephone }

func (d deafTelephone) Join(ctx context.Context, _ string, j ring.Joining) error {
	talk := time.NewTimer(j.Talk)
	defer talk.Stop()
	for {
		select {
		case <-talk.C:
			j.Talked()
		case <-d.Context().Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Desk is a desk that writes nothing of what a search does.
func Desk(d dispatch.Desk) dispatch.Desk { return forgetfulDesk{d} }

type forgetfulDesk struct{ dispatch.Desk }

func (f forgetfulDesk) Note(ctx context.Context, n tickets.Number, _ tickets.Event, _ time.Time) (tickets.Ticket, error) {
	return f.Ticket(ctx, n)
}

func (f forgetfulDesk) Accept(ctx context.Context, n tickets.Number, _ string, _ bool, _ time.Time) (tickets.Ticket, error) {
	return f.Ticket(ctx, n)
}

func (f forgetfulDesk) UndoAccept(ctx context.Context, n tickets.Number, _, _ string, _ time.Time) (tickets.Ticket, error) {
	return f.Ticket(ctx, n)
}

func (f forgetfulDesk) Join(ctx context.Context, n tickets.Number, _ string, _ time.Time) (tickets.Ticket, error) {
	return f.Ticket(ctx, n)
}
