package ticketstest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
)

// document is one kind of what is read and written whole: put writes "x" as the version given and gives back its next one.
type document struct {
	put    func(ctx context.Context, version int) (int, error)
	read   func(ctx context.Context) (int, error)
	remove func(ctx context.Context, version int) error // nil: it is never deleted
}

// whole lists every kind of document. A kind that is added to a store belongs here.
func whole(s Store) map[string]document {
	return map[string]document{
		"customer": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutCustomer(ctx, tickets.Customer{ID: "x", Version: v})
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Customer(ctx, "x"); return c.Version, err },
		},
		"contract": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutContract(ctx, tickets.Contract{ID: "x", Version: v})
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Contract(ctx, "x"); return c.Version, err },
		},
		"contract with a PIN": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutContractWithPIN(ctx, tickets.Contract{ID: "y", Version: v}, drawn())
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Contract(ctx, "y"); return c.Version, err },
		},
		"level": {
			put: func(ctx context.Context, v int) (int, error) {
				l, err := s.PutLevel(ctx, sla.Level{ID: "x", Version: v})
				return l.Version, err
			},
			read: func(ctx context.Context) (int, error) { l, err := s.Level(ctx, "x"); return l.Version, err },
		},
		"calendar": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutCalendar(ctx, sla.Calendar{ID: "x", Version: v})
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Calendar(ctx, "x"); return c.Version, err },
		},
		"known fault": {
			put: func(ctx context.Context, v int) (int, error) {
				f, err := s.PutFault(ctx, tickets.KnownFault{ID: "x", Version: v})
				return f.Version, err
			},
			read:   func(ctx context.Context) (int, error) { f, err := s.Fault(ctx, "x"); return f.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteFault(ctx, "x", v) },
		},
		"engineer": {
			put: func(ctx context.Context, v int) (int, error) {
				e, err := s.PutEngineer(ctx, oncall.Engineer{ID: "x", Version: v})
				return e.Version, err
			},
			read:   func(ctx context.Context) (int, error) { e, err := s.Engineer(ctx, "x"); return e.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteEngineer(ctx, "x", v) },
		},
	}
}

// drawn is a PIN's hash that nobody had before.
func drawn() tickets.PINHash {
	var h tickets.PINHash
	_, _ = rand.Read(h[:]) // never fails
	return h
}

const aboveInt32 = 1 << 40

func versions(t *testing.T, s Store) {
	ctx := t.Context()
	for name, d := range whole(s) {
		_, err := d.read(ctx)
		wants(t, name+": none yet", err, tickets.ErrNotFound)
		_, err = d.put(ctx, 3)
		wants(t, name+": a change of none", err, tickets.ErrNotFound)
		for want := 1; want <= 3; want++ {
			got, err := d.put(ctx, want-1)
			must(t, err)
			stands, err := d.read(ctx)
			must(t, err)
			if got != want || stands != want {
				t.Errorf("%s: written as version %d and read as %d, want %d", name, got, stands, want)
			}
		}
		_, err = d.put(ctx, 0)
		wants(t, name+": a new one where one stands", err, tickets.ErrExists)
		for _, stale := range []int{1, 2, 4, -1, aboveInt32} {
			_, err = d.put(ctx, stale)
			wants(t, fmt.Sprint(name, ": version ", stale), err, tickets.ErrConflict)
		}
		if d.remove == nil {
			continue
		}
		wants(t, name+": a stale removal", d.remove(ctx, 2), tickets.ErrConflict)
		must(t, d.remove(ctx, 3))
		wants(t, name+": removed twice", d.remove(ctx, 0), tickets.ErrNotFound)
		got, err := d.put(ctx, 0)
		must(t, err)
		equal(t, name+": version of one that is made again", got, 4)
		must(t, d.remove(ctx, 0))
	}
}

// atOnce does something many times at the same moment and counts how it ended.
func atOnce(n int, do func(i int) error) (done int, failed []error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else {
				failed = append(failed, err)
			}
		})
	}
	close(begin)
	all.Wait()
	return done, failed
}

func oneWins(t *testing.T, s Store) {
	const writers = 12
	ctx := t.Context()
	for name, d := range whole(s) {
		for given, want := range []error{tickets.ErrExists, tickets.ErrConflict} {
			done, failed := atOnce(writers, func(int) error { _, err := d.put(ctx, given); return err })
			if done != 1 {
				t.Errorf("%s: %d of %d who wrote version %d at once did", name, done, writers, given)
			}
			for _, err := range failed {
				wants(t, name, err, want)
			}
		}
	}
	done, _ := atOnce(writers, func(int) error {
		_, err := s.PutFlow(ctx, tickets.FlowVersion{Name: "n", YAML: "y", Published: monday})
		return err
	})
	equal(t, "flows published at once by those who saw none", done, writers)
	done, failed := atOnce(writers, func(int) error {
		_, err := s.PutFlow(ctx, tickets.FlowVersion{Version: writers, Name: "n", YAML: "y", Published: monday})
		return err
	})
	equal(t, "flows published at once by those who saw the newest", done, 1)
	for _, err := range failed {
		wants(t, "flow", err, tickets.ErrConflict)
	}
	current, err := s.PINs(ctx)
	must(t, err)
	equal(t, "current PINs of one contract", len(current), 1)
}

// rotaAgainstEngineer removes engineers while the rota takes them on: one of both succeeds, never both.
func rotaAgainstEngineer(t *testing.T, s Store) {
	ctx := t.Context()
	for round := range 10 {
		id := oncall.EngineerID(fmt.Sprint("e", round))
		_, err := s.PutEngineer(ctx, oncall.Engineer{ID: id})
		must(t, err)
		r, err := s.Rota(ctx)
		must(t, err)
		r.Zone, r.Shifts = "Europe/Rome", append(r.Shifts, oncall.Shift{Engineer: id, Level: 1, Length: time.Hour})
		done, failed := atOnce(2, func(i int) error {
			if i == 0 {
				return s.DeleteEngineer(ctx, id, 0)
			}
			_, err := s.PutRota(ctx, r)
			return err
		})
		if done != 1 || !errors.Is(failed[0], oncall.ErrOnRota) && !errors.Is(failed[0], oncall.ErrUnknownEngineer) {
			t.Errorf("%d succeeded, %v", done, failed)
		}
		stands, err := s.Rota(ctx)
		must(t, err)
		known := map[oncall.EngineerID]bool{}
		list, err := s.Engineers(ctx)
		must(t, err)
		for _, e := range list {
			known[e.ID] = true
		}
		must(t, stands.Staffed(known))
	}
}

func editsSince(t *testing.T, s Store) {
	ctx := t.Context()
	spell := func(e tickets.Edits) string {
		var list []string
		for _, c := range e.Customers {
			list = append(list, fmt.Sprint("customer ", c.ID, " ", c.Version))
		}
		for _, c := range e.Contracts {
			list = append(list, fmt.Sprint("contract ", c.ID, " ", c.Version))
		}
		for _, l := range e.Levels {
			list = append(list, fmt.Sprint("level ", l.ID))
		}
		for _, c := range e.Calendars {
			list = append(list, fmt.Sprint("calendar ", c.ID))
		}
		for _, f := range e.Faults {
			list = append(list, fmt.Sprint("fault ", f.ID))
		}
		for h, c := range e.Given {
			list = append(list, fmt.Sprint("given ", h[0], " ", c))
		}
		for _, h := range e.Ended {
			list = append(list, fmt.Sprint("ended ", h[0]))
		}
		for _, r := range e.Removed {
			list = append(list, fmt.Sprint("removed ", r.Kind, " ", r.ID))
		}
		slices.Sort(list)
		return fmt.Sprint(list)
	}
	since := int64(0)
	step := func(what string, do func() error, want string) {
		t.Helper()
		must(t, do())
		e, err := s.Edits(ctx, since)
		must(t, err)
		equal(t, what, spell(e), want)
		equal(t, what+": everything", e.Whole, since == 0)
		if e.Revision < since {
			t.Errorf("%s: the revision went from %d to %d", what, since, e.Revision)
		}
		since = max(e.Revision, 1)
	}
	step("a first customer", func() error { _, err := s.PutCustomer(ctx, tickets.Customer{ID: "k"}); return err }, "[customer k 1]")
	step("nothing", func() error { return nil }, "[]")
	step("a contract", func() error {
		_, err := s.PutContractWithPIN(ctx, tickets.Contract{ID: "c"}, tickets.PINHash{1})
		return err
	}, "[contract c 1 given 1 c]")
	step("another PIN", func() error { return s.SetPIN(ctx, "c", tickets.PINHash{2}) }, "[ended 1 given 2 c]")
	step("both, changed", func() error {
		_, err := s.PutCustomer(ctx, tickets.Customer{ID: "k", Version: 1})
		_, more := s.PutContract(ctx, tickets.Contract{ID: "c", Version: 1})
		return errors.Join(err, more)
	}, "[contract c 2 customer k 2]")
	step("terms", func() error {
		_, err := s.PutLevel(ctx, sla.Level{ID: "l"})
		_, more := s.PutCalendar(ctx, sla.Calendar{ID: "w"})
		return errors.Join(err, more)
	}, "[calendar w level l]")
	step("a fault", func() error { _, err := s.PutFault(ctx, tickets.KnownFault{ID: "f"}); return err }, "[fault f]")
	step("a fault that is over", func() error { return s.DeleteFault(ctx, "f", 0) }, "[removed fault f]")
	step("an engineer", func() error { _, err := s.PutEngineer(ctx, oncall.Engineer{ID: "e"}); return err }, "[]")
	all, err := s.Edits(ctx, 0)
	must(t, err)
	equal(t, "everything", spell(all), "[calendar w contract c 2 customer k 2 given 2 c level l]")
	restored, err := s.Edits(ctx, since+1000) // as after the restore of an older dump
	must(t, err)
	equal(t, "for one who saw a later time", spell(restored), spell(all))
	equal(t, "and that it is everything", restored.Whole, true)
	b, err := tickets.ReadBook(ctx, s, monday)
	must(t, err)
	equal(t, "the book's contract", b.Contracts.At("c").Version, 2)
}
