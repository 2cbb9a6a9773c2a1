package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hotline/tickets"
)

// ledger leases numbers as a database does.
type ledger struct {
	next tickets.Number
	down bool
}

func (l *ledger) lease(_ context.Context, n int) (tickets.Number, error) {
	if l.down {
		return 0, tickets.ErrDown
	}
	first := l.next
	l.next += tickets.Number(n)
	return first, nil
}

func TestNumbersAreGivenOnceThroughCrashesRestoresAndAStoreThatIsDown(t *testing.T) {
	dir, l, seen := t.TempDir(), &ledger{next: 417}, map[tickets.Number]bool{}
	open := func() *Numbers {
		n, err := OpenNumbers(dir, l.lease)
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
	for range 130 {
		if err := give(n); err != nil {
			t.Fatalf("after %d numbers with the store down: %v", len(seen), err)
		}
	}
	if err := give(n); !errors.Is(err, ErrNoNumbers) {
		t.Errorf("beyond the lease: %v", err)
	}
	l.down, l.next = false, 450 // the database was restored from a dump
	for range 250 {
		if err := errors.Join(give(n), n.Refill(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOnAFullDiskTheStoreGivesNumbersByItself(t *testing.T) {
	dir, l := filepath.Join(t.TempDir(), "journal"), &ledger{next: 417}
	n, err := OpenNumbers(dir, l.lease)
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
	n, err := OpenNumbers(dir, l.lease)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, numberFile+".json")
	const text = `{"next":9223372036854775807,"until":9223372036854775807,"spare":9223372036854775807}`
	if len(text) > stateLength {
		t.Fatalf("a state takes %d octets", len(text))
	}
	for _, c := range []struct {
		length int
		taken  bool
	}{{stateLength, true}, {stateLength - 1, false}, {stateLength + 1, false}} {
		if err := overwrite(name, fmt.Appendf(nil, "%-*s", c.length, text)); (err == nil) != c.taken {
			t.Errorf("%d octets: %v", c.length, err)
		}
	}
	again, err := OpenNumbers(dir, l.lease)
	if err != nil || again.state.Spare != 1<<63-1 {
		t.Errorf("read back: %+v, %v", again, err)
	}
}
