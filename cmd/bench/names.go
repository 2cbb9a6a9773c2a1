package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"hotline/phone/load"
)

// The names of very many customers are spoken in the background while calls run: the voice leaves the machine to them.

const (
	namesRow    = "names"
	namesMost   = 10_000
	namesSmall  = 500 // of a bench at small size
	namesRate   = 200 // customers saved a second
	namesFor    = time.Minute
	nameSenders = 8
)

// spokenNames is what became of them.
type spokenNames struct {
	Calls   load.Result `json:"calls_beside"`
	Saved   int         `json:"saved"`
	Refused int         `json:"refused"`
	Spoken  int         `json:"spoken"` // sounds, while the calls were measured: the rest follows in their own time
}

// names saves the customers while calls run, and measures these for as long as the voice has something to say, at most a minute.
func (b *bench) names(ctx context.Context, f *figures) error {
	n := &f.names
	if n.Saved = namesMost; b.small {
		n.Saved = namesSmall
	}
	b.voice = "command"
	defer func() { b.voice = "" }()
	return b.with(ctx, nil, func(s *server, k *load.Crowd) error {
		if err := raise(ctx, k, besideCalls, dialing, load.Plan{Number: "tape"}); err != nil {
			return err
		}
		if err := k.Run(ctx, settle); err != nil {
			return err
		}
		before, err := s.sounds()
		if err != nil {
			return err
		}
		m, err := k.Measure(s.process(), s.empty)
		if err != nil {
			return err
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, n.Refused, _ = paced(namesRate, n.Saved, nameSenders, func(i int) error {
				return s.call(ctx, http.MethodPost, "/customers", map[string]any{"id": fmt.Sprintf("named-%05d", i), "name": fmt.Sprintf("Officine %d", i)}, nil)
			})
			pause(ctx, namesFor-time.Duration(n.Saved)*time.Second/namesRate)
		}()
		err = k.RunUntil(ctx, 4*namesFor, func() bool { return closed(done) })
		<-done
		after, counted := s.sounds()
		if err := errors.Join(err, counted); err != nil {
			return fmt.Errorf("saving customers: %w", err)
		}
		n.Spoken = after - before
		if n.Calls, err = m.End(); err != nil {
			return err
		}
		b.say("%d customers saved, %d refused, %d names spoken meanwhile; %d of %d packets of %d calls late", n.Saved, n.Refused, n.Spoken, n.Calls.Late, n.Calls.Packets, besideCalls)
		return nil
	})
}

// sounds is how many names lie spoken in the program's folder.
func (s *server) sounds() (int, error) {
	files, err := filepath.Glob(filepath.Join(s.dir, "data", "spoken", "*.wav"))
	return len(files), err
}

// nameRows are the goals of the names.
func (f *figures) nameRows() []row {
	n := f.names
	kept := n.Refused == 0 && n.Spoken > 0
	return []row{{
		fmt.Sprintf("%d customers saved, and their names spoken in the background, beside %d calls: calls late", n.Saved, besideCalls), "", "< 0.1 % late", "none late",
		fmt.Sprintf("%d refused; %d names spoken in %.0f s; %.4f %% late", n.Refused, n.Spoken, n.Calls.Seconds, 100*n.Calls.LateShare()),
		graded(kept && n.Calls.LateShare() < 0.001, kept && n.Calls.Late == 0), n.Calls.Load,
	}}
}
