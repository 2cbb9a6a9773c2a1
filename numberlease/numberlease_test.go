package numberlease

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"hotline/atomicfile"
	"hotline/storage"
	"hotline/tickets"
)

// ledger leases numbers as a database does.
type ledger struct {
	next tickets.Number
	down bool
}

func (l *ledger) lease(_ context.Context, n int) (tickets.Number, error) {
	if l.down {
		return 0, storage.ErrDown
	}
	first := l.next
	l.next += tickets.Number(n)
	return first, nil
}

func TestNumbersAreGivenOnceThroughCrashesRestoresAndAStoreThatIsDown(t *testing.T) {
	dir, l, seen := t.TempDir(), &ledger{next: 417}, map[tickets.Number]bool{}
	open := func() *Numbers {
		n, err := Open(dir, 0, l.lease)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	give := func(n *Numbers) error {
		got, err := n.Next(t.Context())
		if err == nil && seen[got] {
			t.Errorf("%d was given twice", got)
		}
		seen[got] = true
		return err
	}
	n := open()
	for range 70 {
		if err := give(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Refill(t.Context()); err != nil {
		t.Fatal(err)
	}
	n = open() // the process died
	l.down = true
	for range 90 { // ten of the block of forty, and the eighty behind it
		if err := give(n); err != nil {
			t.Fatalf("after %d numbers with the store down: %v", len(seen), err)
		}
	}
	if err := give(n); !errors.Is(err, ErrNoNumbers) {
		t.Errorf("beyond the lease: %v", err)
	}
	l.down, l.next = false, 450 // the database was restored from a dump
	for range 250 {
		if err := errors.Join(n.Refill(t.Context()), give(n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnAFullDiskTheStoreGivesNumbersByItself(t *testing.T) {
	dir, l := filepath.Join(t.TempDir(), "journal"), &ledger{next: 417}
	n, err := Open(dir, 0, l.lease)
	if err != nil {
		t.Fatal(err)
	}
	first, err := n.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // nothing can be written below a file
		t.Fatal(err)
	}
	seen := map[tickets.Number]bool{first: true}
	for range 5 {
		got, err := n.Next(t.Context())
		if err != nil || seen[got] {
			t.Errorf("number %d, %v; given so far %v", got, err, seen)
		}
		seen[got] = true
	}
	l.down = true
	if _, err := n.Next(t.Context()); err == nil {
		t.Error("a number without disk and store")
	}
}

func TestTheNumbersFileCanBeOverwrittenInItsPlace(t *testing.T) {
	dir, l := t.TempDir(), &ledger{next: 417}
	n, err := Open(dir, 0, l.lease)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, numberFile+".json")
	const text = `{"next":9223372036854775807,"until":9223372036854775807,"spare":9223372036854775807,"spare_until":9223372036854775807,"length":100,"began":253402300799}`
	if len(text) > stateLength {
		t.Fatalf("a state takes %d octets", len(text))
	}
	for _, c := range []struct {
		length int
		taken  bool
	}{{stateLength, true}, {stateLength - 1, false}, {stateLength + 1, false}} {
		if err := atomicfile.Overwrite(name, fmt.Appendf(nil, "%-*s", c.length, text)); (err == nil) != c.taken {
			t.Errorf("%d octets: %v", c.length, err)
		}
	}
	again, err := Open(dir, 0, l.lease)
	if err != nil || again.state.Spare != 1<<63-1 {
		t.Errorf("read back: %+v, %v", again, err)
	}
}

func TestNumbersGoOnAboveWhatOtherFilesTellOf(t *testing.T) {
	for name, c := range map[string]struct {
		kept  numberState
		given tickets.Number
		next  tickets.Number // the store leases from 417
	}{
		"an old copy of the same block":        {numberState{Next: 420, Until: 517}, 431, 432},
		"the block is used up":                 {numberState{Next: 420, Until: 517}, 516, 517},
		"the next block is there":              {numberState{Next: 420, Until: 517, Spare: 600}, 530, 600},
		"the block has begun before":           {numberState{Next: 700, Until: 800}, 431, 700},
		"nothing is known but the recordings":  {numberState{}, 999, 1000},
		"the block is over, the next is above": {numberState{Next: 517, Until: 517, Spare: 600}, 430, 600},
	} {
		dir, l := t.TempDir(), &ledger{next: 417}
		if err := (atomicfile.Values{Dir: dir}).Put(numberFile, c.kept); err != nil {
			t.Fatal(err)
		}
		n, err := Open(dir, c.given, l.lease)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := n.Next(t.Context()); err != nil || got != c.next {
			t.Errorf("%s: %d, %v, want %d", name, got, err, c.next)
		}
	}
}

func TestBlocksAreShortWhereFewNumbersAreUsedAndGrowWhereManyAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{next: 417}
		quiet, err := Open(t.TempDir(), 0, l.lease)
		if err != nil {
			t.Fatal(err)
		}
		other, err := Open(t.TempDir(), 0, l.lease)
		if err != nil {
			t.Fatal(err)
		}
		give := func(n *Numbers) tickets.Number {
			got, err := n.Next(t.Context())
			if err := errors.Join(err, n.Refill(t.Context())); err != nil {
				t.Fatal(err)
			}
			return got
		}
		if first, second := give(quiet), give(other); first != 417 || second > first+2*leastLease {
			t.Errorf("two nodes that begin give %d and %d", first, second)
		}
		for range 500 {
			give(other)
		}
		if got := other.state.Length; got != mostLease {
			t.Errorf("where many numbers are used a block has %d", got)
		}
		for range 400 {
			time.Sleep(time.Hour)
			give(other)
		}
		if got := other.state.Length; got != leastLease {
			t.Errorf("where few are used again a block has %d", got)
		}
	})
}

func TestABlockOfAnEarlierReleaseIsUsedUpWhole(t *testing.T) {
	dir, l := t.TempDir(), &ledger{next: 1000}
	if err := os.WriteFile(filepath.Join(dir, numberFile+".json"), []byte(`{"next":517,"until":517,"spare":617}`), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := Open(dir, 0, l.lease)
	if err != nil {
		t.Fatal(err)
	}
	l.down = true
	for want := tickets.Number(617); want < 717; want++ {
		if got, err := n.Next(t.Context()); err != nil || got != want {
			t.Fatalf("%d, %v, want %d", got, err, want)
		}
	}
}

func TestNumbersThatCannotBeReadKeepNobodyOut(t *testing.T) {
	dir, l := t.TempDir(), &ledger{next: 417}
	name := filepath.Join(dir, numberFile+".json")
	if err := os.WriteFile(name, []byte(`{"next":4`), 0o600); err != nil {
		t.Fatal(err)
	}
	n, err := Open(dir, 450, l.lease)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(n.Damaged()); err != nil || string(text) != `{"next":4` {
		t.Errorf("put aside: %q, %v", text, err)
	}
	if got, err := n.Next(t.Context()); err != nil || got != 451 { // the store's first block above 450
		t.Errorf("the next number is %d, %v", got, err)
	}
}

func TestCallersDoNotWaitInARowForAStoreThatHangs(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"no number is left":  func(string) error { return nil },
		"the disk is broken": func(dir string) error { return os.WriteFile(dir, nil, 0o600) },
	} {
		dir := filepath.Join(t.TempDir(), "journal")
		if err := spoil(dir); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			l, hangs := &ledger{next: 417}, true
			n := newNumbers(dir, 0, func(ctx context.Context, many int) (tickets.Number, error) {
				if hangs {
					<-ctx.Done()
					return 0, ctx.Err()
				}
				return l.lease(ctx, many)
			})
			if name == "the disk is broken" {
				n.state = numberState{Next: 300, Until: 400}
			}
			gone, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := n.Next(gone); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: a caller who has gone: %v", name, err)
			}
			began := time.Now()
			for range 30 {
				if _, err := n.Next(t.Context()); err == nil {
					t.Errorf("%s: a number of a store that hangs", name)
				}
			}
			if took := time.Since(began); took != leaseTime {
				t.Errorf("%s: thirty callers waited %v", name, took)
			}
			hangs = false
			if _, err := n.Next(t.Context()); !errors.Is(err, ErrNoNumbers) {
				t.Errorf("%s: at once after it: %v", name, err)
			}
			<-time.After(cooldown)
			if _, err := n.Next(t.Context()); err != nil {
				t.Errorf("%s: once it answers: %v", name, err)
			}
		})
	}
}
