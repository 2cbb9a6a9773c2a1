package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/directory/persistent"
	"hotline/media/g711"
	"hotline/storage"
	"hotline/tickets"
)

// forgetful is a store that may not say which recordings it knows, and not forget either.
type forgetful struct {
	Store
	mu     sync.Mutex
	down   bool
	asked  int
	forgot int
}

func (f *forgetful) set(down bool) { f.mu.Lock(); f.down = down; f.mu.Unlock() }

func (f *forgetful) Recording(ctx context.Context, id string) (tickets.Recording, tickets.Number, error) {
	f.mu.Lock()
	f.asked++
	down := f.down
	f.mu.Unlock()
	if down {
		return tickets.Recording{}, 0, storage.ErrDown
	}
	return f.Store.Recording(ctx, id)
}

func (f *forgetful) ForgetReplies(context.Context, time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forgot++
	return storage.ErrDown
}

// tape leaves a recording in the spool, as a call does.
func (n *night) tape(id string) {
	n.Helper()
	tape, err := n.app.spool.Create(id, g711.ALaw)
	if err == nil {
		_, err = tape.Write(make([]byte, 800))
		err = errors.Join(err, tape.Close())
	}
	if err != nil {
		n.Fatal(err)
	}
}

// recordings is those of a ticket, with a star behind partial ones.
func (n *night) recordings(of tickets.Number) string {
	n.Helper()
	t, err := n.store.Ticket(n.Context(), of)
	if err != nil {
		n.Fatal(err)
	}
	var words []string
	for _, r := range t.Recordings {
		if words = append(words, r.ID); r.Partial {
			words[len(words)-1] += "*"
		}
	}
	return strings.Join(words, " ")
}

func TestARecordingIsAdoptedOnlyWhenTheStoreSaysThatItHasNone(t *testing.T) {
	store := &forgetful{}
	story(t, func(t *testing.T, n *night) {
		ticket := n.blocking("rossi")
		whole, cut := fmt.Sprint(ticket.Number, "-whole"), fmt.Sprint(ticket.Number, "-cut")
		n.tape(whole)
		if _, err := n.app.desk.Keep(t.Context(), ticket.Number, tickets.Recording{ID: whole, File: whole + ".wav"}, time.Now()); err != nil {
			t.Fatal(err)
		}
		n.tape(cut)
		other := n.blocking("rossi").Number
		spoken := fmt.Sprint(other, "-spoken")
		n.tape(spoken)
		leave := n.app.active.Enter(other)

		store.set(true)
		before := store.asked
		if err := n.app.adopt(t.Context()); !errors.Is(err, storage.ErrDown) || store.asked != before+1 {
			t.Errorf("a store that is down is asked %d times: %v", store.asked-before, err)
		}
		if got := n.recordings(ticket.Number); got != whole {
			t.Errorf("while the store is down the ticket has %q", got)
		}
		store.set(false)
		for range 2 {
			if err := n.app.adopt(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := n.recordings(ticket.Number), whole+" "+cut+"*"; got != want {
			t.Errorf("the ticket has %q, want %q", got, want)
		}
		if got := n.recordings(other); got != "" {
			t.Errorf("the tape that runs was adopted: %q", got)
		}
		leave()
		if err := n.app.adopt(t.Context()); err != nil || n.recordings(other) != spoken+"*" {
			t.Errorf("once nobody is on the line: %q, %v", n.recordings(other), err)
		}
	}, func(c *Config) {
		store.Store = c.Virtual.Store
		c.Virtual.Store = store
	})
}

func TestAStartWithAStoreThatIsDownAdoptsLater(t *testing.T) {
	store := &forgetful{}
	story(t, func(t *testing.T, n *night) {
		ticket := n.blocking("rossi")
		n.assigned(ticket.Number, "anna")
		n.tape(fmt.Sprint(ticket.Number, "-cut"))
		n.app.gathered.Store(false) // by hand, before the chores come round: as after a start
		store.set(true)
		n.app.gather(t.Context())
		if n.app.gathered.Load() || n.recordings(ticket.Number) != "" {
			t.Errorf("with the store down: %v, %q", n.app.gathered.Load(), n.recordings(ticket.Number))
		}
		store.set(false)
		n.passes(2 * choreTime)
		if got, want := n.recordings(ticket.Number), fmt.Sprint(ticket.Number, "-cut*"); got != want {
			t.Errorf("once it answers: %q, want %q", got, want)
		}
	}, func(c *Config) {
		store.Store = c.Virtual.Store
		c.Virtual.Store = store
	})
}

func TestAStoreThatDoesNotForgetIsAskedOnceAnHour(t *testing.T) {
	store := &forgetful{}
	story(t, func(t *testing.T, n *night) {
		n.passes(3*time.Hour - time.Minute)
		store.mu.Lock()
		defer store.mu.Unlock()
		if store.forgot != 3 {
			t.Errorf("asked %d times in three hours", store.forgot)
		}
	}, func(c *Config) {
		store.Store = c.Virtual.Store
		c.Virtual.Store = store
	})
}

func TestAnEmptyDatabaseThatComesLateTakesNothingFromTheDesk(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		for _, empty := range []bool{true, false} {
			remembered := &directory.Book{Contracts: persistent.Of(map[directory.ContractID]directory.Contract{"c": {ID: "c"}})}
			if n.app.cfg.Demo = nil; !empty {
				remembered.Contracts = persistent.Map[directory.ContractID, directory.Contract]{}
			}
			a := house(t, n.store, false, "127.0.0.1:5060")
			a.journal, a.desk, a.pinKey, a.book = n.app.journal, n.app.desk, n.app.pinKey, remembered
			a.late = &lateStore{prepare: func(context.Context) error { return nil }}
			if empty {
				a.store = emptied{n.store}
			}
			a.desk.SetBook(remembered)
			a.keep(remembered)
			if err := a.catchUp(t.Context()); err != nil || a.late != nil {
				t.Fatalf("late %v, %v", a.late, err)
			}
			var disk directory.Book
			if err := a.cache().Get(cachedBook, &disk); err != nil {
				t.Fatal(err)
			}
			if got := a.desk.Book() == remembered; got != empty || disk.Contracts.Len() == 0 || disk.Contracts.Len() == 1 != empty {
				t.Errorf("empty %v: the desk has the disk's book: %v; the disk has %d contracts", empty, got, disk.Contracts.Len())
			}
		}
	})
}

// emptied is a store without a contract.
type emptied struct{ Store }

func (emptied) Edits(context.Context, int64) (directory.Edits, error) {
	return directory.Edits{Whole: true, Revision: 3}, nil
}
