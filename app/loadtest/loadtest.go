// Package loadtest gives two numbers of the demo conversations that do nothing but sound, to measure a line by.
//
// `hotline serve --demo-drill` puts it around the conversation; `hotline load` and the benchmark call these numbers. It starts no
// goroutine.
package loadtest

import (
	"context"
	"sync"

	"hotline/callhandler"
	"hotline/ivr"
	"hotline/line"
	"hotline/media"
	"hotline/prompts"
)

// The numbers of the load test. Every other number gets the flow.
const (
	tape = "tape" // hears a sound for ever while it is recorded
	pair = "pair" // is joined to the next caller of this number
)

// Conversation puts the two numbers in front of a conversation. sound is a sound of the voice that ships.
func Conversation(next callhandler.Conversation, sound func(prompts.ID) media.Sound) callhandler.Conversation {
	p := &pairs{}
	return func(ctx context.Context, c ivr.Config, f *ivr.Flow, call ivr.Call) ivr.Summary {
		l, ok := call.(*line.Line)
		switch {
		case ok && l.Caller().Dialled == tape:
			return ivr.Summary{Ending: l.Answer(ctx, sound("menu"), "drill-"+string(l.Caller().ID))}
		case ok && l.Caller().Dialled == pair:
			return ivr.Summary{Ending: p.join(ctx, l)}
		}
		return next(ctx, c, f, call)
	}
}

// pairs joins callers two by two. Safe for concurrent use.
type pairs struct {
	mu      sync.Mutex
	waiting *line.Line
}

// join joins each second caller to the one before, and blocks until one of the two is gone.
func (p *pairs) join(ctx context.Context, l *line.Line) error {
	p.mu.Lock()
	other := p.waiting
	if p.waiting = l; other != nil {
		p.waiting = nil
	}
	p.mu.Unlock()
	if other != nil {
		return line.Pair(ctx, l, other)
	}
	err := l.Await(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == l {
		p.waiting = nil
	}
	return err
}
