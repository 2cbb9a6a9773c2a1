package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"hotline/tickets"
)

const (
	lease      = 100 // numbers of one block
	low        = 40  // numbers left at which Refill fetches the next block
	leaseTime  = 2 * time.Second
	numberFile = "numbers"
)

// ErrNoNumbers is a lease that is used up while the store is down.
var ErrNoNumbers = errors.New("no ticket number is left, and the store does not lease any")

// Numbers gives ticket numbers from blocks leased from the store. The highest number given is on the disk before it is
// spoken, so that none is given twice, also after a crash or a restore of the database. Safe for concurrent use.
type Numbers struct {
	cache Cache
	from  func(ctx context.Context, n int) (tickets.Number, error)

	refilling sync.Mutex // one at a time; taken before mu

	mu    sync.Mutex
	state numberState
}

// numberState is what the disk keeps.
type numberState struct {
	Next  tickets.Number `json:"next"`  // to be given
	Until tickets.Number `json:"until"` // of the block, exclusive
	Spare tickets.Number `json:"spare"` // first of the next block; 0 for none
}

// OpenNumbers reads what was given so far; from leases blocks.
func OpenNumbers(dir string, from func(ctx context.Context, n int) (tickets.Number, error)) (*Numbers, error) {
	n := &Numbers{cache: Cache{dir}, from: from}
	err := n.cache.Get(numberFile, &n.state)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w; without it a number might be given twice: restore the file from a backup, or remove %s once the database is up",
			err, filepath.Join(dir, numberFile+".json"))
	}
	return n, nil
}

// Next gives a number.
func (n *Numbers) Next(ctx context.Context) (tickets.Number, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.state
	if s.Next == s.Until && s.Spare != 0 {
		s = numberState{Next: s.Spare, Until: s.Spare + lease}
	}
	if s.Next == s.Until {
		first, err := n.block(ctx, n.state)
		if err != nil {
			return 0, fmt.Errorf("giving a ticket number: %w: %w", ErrNoNumbers, err)
		}
		s = numberState{Next: first, Until: first + lease}
	}
	given := s.Next
	s.Next++
	if err := n.keep(s); err != nil {
		return n.single(ctx, err)
	}
	n.state = s
	return given, nil
}

// stateLength is the length of the file: every state fits, so that it can be overwritten on a full disk.
const stateLength = 128

// keep brings the state to the disk.
func (n *Numbers) keep(s numberState) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("keeping the ticket numbers: %w", err)
	}
	text = append(text, bytes.Repeat([]byte(" "), max(stateLength-len(text), 0))...)
	name := filepath.Join(n.cache.Dir, numberFile+".json")
	if err = ReplaceFile(name, text); errors.Is(err, syscall.ENOSPC) {
		err = overwrite(name, text)
	}
	if err != nil {
		return fmt.Errorf("keeping the ticket numbers: %w", err)
	}
	return nil
}

// single leases one number and gives it at once: on a disk that cannot be written no block is safe, but the store gives
// a number once by itself.
func (n *Numbers) single(ctx context.Context, cause error) (tickets.Number, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	highest := max(n.state.Until, n.state.Spare+lease)
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

// block leases a block above every number that was ever given here: a restored database counts from an older state.
func (n *Numbers) block(ctx context.Context, s numberState) (tickets.Number, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	first, err := n.from(ctx, lease)
	if err != nil {
		return 0, err
	}
	highest := max(s.Until, s.Spare+lease)
	if s.Spare == 0 {
		highest = s.Until
	}
	if first >= highest {
		return first, nil
	}
	skipped := int(highest - first)
	at, err := n.from(ctx, skipped+lease)
	if err != nil {
		return 0, err
	}
	return at + tickets.Number(skipped), nil
}

// Refill fetches the next block ahead of time when few numbers are left. Call it from time to time.
func (n *Numbers) Refill(ctx context.Context) error {
	n.refilling.Lock()
	defer n.refilling.Unlock()
	n.mu.Lock()
	before := n.state
	n.mu.Unlock()
	if before.Spare != 0 || before.Until-before.Next > low {
		return nil
	}
	first, err := n.block(ctx, before) // callers are given numbers meanwhile
	if err != nil {
		return fmt.Errorf("leasing ticket numbers: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.state
	if s.Until != before.Until { // a caller was faster and leased another block
		return nil
	}
	if s.Spare = first; s.Next == s.Until {
		s = numberState{Next: first, Until: first + lease}
	}
	if err := n.keep(s); err != nil {
		return fmt.Errorf("leasing ticket numbers: %w", err)
	}
	n.state = s
	return nil
}
