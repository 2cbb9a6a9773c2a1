package dispatch_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/app/database"
	"hotline/oncall"
	"hotline/storage"
	"hotline/tickets"
)

// lame is a store that may go down as a whole for tickets, calls and the rota.
type lame struct {
	database.Store
	mu   sync.Mutex
	down bool
}

func (l *lame) set(down bool) { l.mu.Lock(); l.down = down; l.mu.Unlock() }

func (l *lame) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return storage.ErrDown
	}
	return nil
}

func (l *lame) Apply(ctx context.Context, c tickets.Change) error {
	if err := l.err(); err != nil {
		return err
	}
	return l.Store.Apply(ctx, c)
}

func (l *lame) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	if err := l.err(); err != nil {
		return tickets.Ticket{}, err
	}
	return l.Store.Ticket(ctx, n)
}

func (l *lame) History(ctx context.Context, n tickets.Number) ([]tickets.Event, error) {
	if err := l.err(); err != nil {
		return nil, err
	}
	return l.Store.History(ctx, n)
}

func (l *lame) Rota(ctx context.Context) (oncall.Rota, error) {
	if err := l.err(); err != nil {
		return oncall.Rota{}, err
	}
	return l.Store.Rota(ctx)
}

// TestADatabaseThatDiesAfterTheOpeningStillReachesAHuman loses the database while the caller speaks.
func TestADatabaseThatDiesAfterTheOpeningStillReachesAHuman(t *testing.T) {
	var store *lame
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(15*time.Second, 40*time.Second), new(apptest.Rings).Busy)
		call := n.Dial("127.0.0.1:6000", "0612345")
		if err := call.Press(t.Context(), "314159#1"); err != nil {
			t.Fatal(err)
		}
		from, err := call.AwaitTone(t.Context(), 0)
		if err != nil || from == 0 {
			t.Fatal(err)
		}
		store.set(true)
		if err := errors.Join(call.Say(t.Context(), n.Voice()), call.Press(t.Context(), "#"), call.Wait(t.Context(), time.Second), call.Press(t.Context(), "1")); err != nil {
			t.Fatal(err)
		}
		<-call.Context().Done()
		n.Heard("caller", "Sto già chiamando un tecnico", "(connected)", "Ricordi il numero della sua richiesta 417")
		store.set(false)
		n.Passes(time.Minute)
		got := n.History()
		for _, want := range []string{"opened", "recording", "accepted", "joined", "talk_ended"} {
			if !strings.Contains(got, want) {
				t.Errorf("once the database is back the history lacks %s:\n%s", want, got)
			}
		}
	}, func(c *app.Config) {
		store = &lame{Store: c.Virtual.Store}
		c.Virtual.Store = store
	})
}
