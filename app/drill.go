package app

import (
	"context"
	"sync"

	"hotline/line"
	"hotline/prompts"
)

// The numbers of a drill. Every other number gets the flow.
const (
	drillTape = "tape" // hears the menu for ever while it is recorded
	drillPair = "pair" // is joined to the next caller of this number
)

// drill is what a line is measured by, in the demo only: conversations that do nothing but sound. Safe for concurrent use.
type drill struct {
	mu      sync.Mutex
	waiting *line.Line
}

// of gives the conversation of a number; nil for those that get the flow.
func (d *drill) of(a *App, number string) func(ctx context.Context, l *line.Line) error {
	switch {
	case d == nil:
	case number == drillTape:
		return func(ctx context.Context, l *line.Line) error {
			return l.Answer(ctx, a.voices.sounds[prompts.Italian]["menu"], "drill-"+string(l.Caller().ID))
		}
	case number == drillPair:
		return d.pair
	}
	return nil
}

// pair joins each second caller to the one before.
func (d *drill) pair(ctx context.Context, l *line.Line) error {
	d.mu.Lock()
	other := d.waiting
	if d.waiting = l; other != nil {
		d.waiting = nil
	}
	d.mu.Unlock()
	if other != nil {
		return line.Pair(ctx, l, other)
	}
	err := l.Await(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.waiting == l {
		d.waiting = nil
	}
	return err
}
