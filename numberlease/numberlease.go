// Package numberlease gives ticket numbers from blocks that are leased from the store, so that a caller hears a number while
// the store is down, and no number is given twice.
//
// It starts no goroutine; who wants a block ahead of time calls Refill from time to time.
package numberlease

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"

	"hotline/atomicfile"
	"hotline/circuitbreaker"
	"hotline/tickets"
)

const (
	leastLease = 20              // numbers of a block where few are used: two nodes then stay close to each other
	mostLease  = 100             // where many are
	busy       = time.Hour       // a block that is used up sooner is followed by one of twice the length
	calm       = 24 * time.Hour  // one that lasts longer, by one of half the length
	leaseTime  = 2 * time.Second // a caller waits no longer for a lease
	cooldown   = 5 * time.Second // callers do not ask a store again for this long after it did not lease
	numberFile = "numbers"
)

// ErrNoNumbers is a lease that is used up while the store is down.
var ErrNoNumbers = errors.New("no ticket number is left, and the store does not lease any")

// Numbers gives ticket numbers from blocks leased from the store. The highest number given is on the disk before it is
// spoken, so that none is given twice, also after a crash or a restore of the database. Safe for concurrent use.
type Numbers struct {
	files   atomicfile.Values
	floor   tickets.Number // none is given below
	damaged string
	from    func(ctx context.Context, n int) (tickets.Number, error)

	refilling sync.Mutex // one at a time; taken before mu

	breaker *circuitbreaker.Breaker // of what callers ask

	mu    sync.Mutex
	state numberState
}

// numberState is what the disk keeps.
type numberState struct {
	Next       tickets.Number `json:"next"`        // to be given
	Until      tickets.Number `json:"until"`       // of the block, exclusive
	Spare      tickets.Number `json:"spare"`       // first of the next block; 0 for none
	SpareUntil tickets.Number `json:"spare_until"` // of the next block, exclusive
	Length     int            `json:"length"`      // of the next block that is leased
	Began      int64          `json:"began"`       // when the block was begun; Unix seconds
}

// completed fills in what an earlier release did not write: its blocks had a hundred numbers.
func (s numberState) completed() numberState {
	if s.Spare != 0 && s.SpareUntil == 0 {
		s.SpareUntil = s.Spare + mostLease
	}
	if s.Length == 0 {
		s.Length = leastLease
	}
	return s
}

// begun is the state with another block in use, after the former one was used up.
func (s numberState) begun(first, until tickets.Number, now time.Time) numberState {
	next := numberState{Next: first, Until: until, Length: s.Length, Began: now.Unix()}
	switch lasted := now.Sub(time.Unix(s.Began, 0)); {
	case s.Began == 0:
	case lasted < busy:
		next.Length = min(2*s.Length, mostLease)
	case lasted > calm:
		next.Length = max(s.Length/2, leastLease)
	}
	return next
}

// Open reads what was given so far; from leases blocks. given is the highest number that other files tell of, such
// as recordings: a folder that was restored in parts does not count from an older state. A file that cannot be read is put
// aside, see Damaged: the store's blocks begin above it all the same.
func Open(dir string, given tickets.Number, from func(ctx context.Context, n int) (tickets.Number, error)) (*Numbers, error) {
	n := newNumbers(dir, given, from)
	err := n.files.Get(numberFile, &n.state)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		name := n.files.File(numberFile)
		n.damaged = name + ".damaged"
		if err := os.Rename(name, n.damaged); err != nil {
			return nil, fmt.Errorf("putting the ticket numbers aside, which cannot be read: %w", err)
		}
		n.state = numberState{}
	}
	n.state = n.state.completed()
	switch s := &n.state; {
	case s.Next >= n.floor || s.Next == s.Until && s.Spare >= n.floor:
	case s.Until > n.floor:
		s.Next = n.floor
	case s.Spare >= n.floor:
		*s = numberState{Next: s.Spare, Until: s.SpareUntil, Length: s.Length, Began: s.Began}
	default:
		*s = numberState{Length: s.Length}
	}
	return n, nil
}

func newNumbers(dir string, given tickets.Number, from func(ctx context.Context, n int) (tickets.Number, error)) *Numbers {
	return &Numbers{files: atomicfile.Values{Dir: dir}, floor: given + 1, from: from, breaker: circuitbreaker.New(circuitbreaker.Config{Timeout: leaseTime, Cooldown: cooldown})}
}

// Damaged names where a file of numbers was put that could not be read; empty when it could.
func (n *Numbers) Damaged() string { return n.damaged }

// Next gives a number. Where one has to be leased it waits for the store two seconds; after a lease that failed it says
// ErrNoNumbers at once for five seconds, or until Refill has found the store: callers do not wait in a row.
func (n *Numbers) Next(ctx context.Context) (tickets.Number, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s, now := n.state, time.Now()
	if s.Next == s.Until && s.Spare != 0 {
		s = s.begun(s.Spare, s.SpareUntil, now)
	}
	if s.Next == s.Until {
		first, err := n.lease(ctx, func(ctx context.Context) (tickets.Number, error) { return n.block(ctx, n.state) })
		if err != nil {
			return 0, fmt.Errorf("giving a ticket number: %w: %w", ErrNoNumbers, err)
		}
		s = s.begun(first, first+tickets.Number(s.Length), now)
	}
	given := s.Next
	s.Next++
	if err := n.keep(s); err != nil {
		return n.lease(ctx, func(ctx context.Context) (tickets.Number, error) { return n.single(ctx, err) })
	}
	n.state = s
	return given, nil
}

// lease leases for a caller, unless the store did not lease a moment ago: ErrNoNumbers then. n.mu is held.
func (n *Numbers) lease(ctx context.Context, ask func(context.Context) (tickets.Number, error)) (first tickets.Number, err error) {
	err = n.breaker.Do(ctx, func(ctx context.Context) error {
		first, err = ask(ctx)
		return err
	})
	if errors.Is(err, circuitbreaker.ErrOpen) {
		err = fmt.Errorf("%w: %w", ErrNoNumbers, err)
	}
	return first, err
}

// stateLength is the length of the file: every state fits, so that it can be overwritten on a full disk.
const stateLength = 192

// keep brings the state to the disk.
func (n *Numbers) keep(s numberState) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("keeping the ticket numbers: %w", err)
	}
	text = append(text, bytes.Repeat([]byte(" "), max(stateLength-len(text), 0))...)
	name := n.files.File(numberFile)
	if err = atomicfile.Replace(name, text); errors.Is(err, syscall.ENOSPC) {
		err = atomicfile.Overwrite(name, text)
	}
	if err != nil {
		return fmt.Errorf("keeping the ticket numbers: %w", err)
	}
	return nil
}

// single leases one number and gives it at once: on a disk that cannot be written no block is safe, but the store gives
// a number once by itself.
func (n *Numbers) single(ctx context.Context, cause error) (tickets.Number, error) {
	highest := n.above(n.state)
	for range 2 {
		first, err := n.from(ctx, 1)
		if err != nil {
			return 0, fmt.Errorf("giving a ticket number: %w: %w", cause, err)
		}
		if first >= highest {
			return first, nil
		}
		if _, err := n.from(ctx, int(highest-first)); err != nil { // a restored database counts from an older state
			return 0, fmt.Errorf("giving a ticket number: %w: %w", cause, err)
		}
	}
	return 0, fmt.Errorf("giving a ticket number: %w", cause)
}

// above is the first number that was certainly never given here.
func (n *Numbers) above(s numberState) tickets.Number {
	highest := max(s.Until, n.floor)
	if s.Spare != 0 {
		highest = max(highest, s.SpareUntil)
	}
	return highest
}

// block leases a block above every number that was ever given here: a restored database counts from an older state.
func (n *Numbers) block(ctx context.Context, s numberState) (tickets.Number, error) {
	first, err := n.from(ctx, s.Length)
	if err != nil {
		return 0, err
	}
	highest := n.above(s)
	if first >= highest {
		return first, nil
	}
	at, err := n.from(ctx, max(int(highest-first), s.Length)) // a restored database counts on: up to the end of a block above
	if err != nil {
		return 0, err
	}
	return max(at, highest), nil
}

// Refill fetches the next block ahead of time, also while callers do not ask the store: one is always held for the time in
// which the store does not answer. Call it from time to time.
func (n *Numbers) Refill(ctx context.Context) error {
	n.refilling.Lock()
	defer n.refilling.Unlock()
	n.mu.Lock()
	before := n.state
	n.mu.Unlock()
	if before.Spare != 0 {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	first, err := n.block(bounded, before) // callers are given numbers meanwhile
	if err != nil {
		return fmt.Errorf("leasing ticket numbers: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.breaker.Close()
	s := n.state
	if s.Until != before.Until { // a caller was faster and leased another block
		return nil
	}
	if s.Spare, s.SpareUntil = first, first+tickets.Number(before.Length); s.Next == s.Until {
		s = s.begun(s.Spare, s.SpareUntil, time.Now())
	}
	if err := n.keep(s); err != nil {
		return fmt.Errorf("leasing ticket numbers: %w", err)
	}
	n.state = s
	return nil
}
