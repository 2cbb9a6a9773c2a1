package storagetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// document is one kind of what is read and written whole: put writes "x" as the version given and gives back its next one.
type document struct {
	put    func(ctx context.Context, version int) (int, error)
	read   func(ctx context.Context) (int, error)
	remove func(ctx context.Context, version int) error // nil: it is never deleted
}

const aboveInt32 = 1 << 40

// writers is how many write at once.
const writers = 12

// versioned holds a store to the rule of versions.
func versioned(t *testing.T, all map[string]document) {
	ctx := t.Context()
	for name, d := range all {
		_, err := d.read(ctx)
		check.Error(t, name+": none yet", err, storage.ErrNotFound)
		_, err = d.put(ctx, 3)
		check.Error(t, name+": a change of none", err, storage.ErrNotFound)
		for want := 1; want <= 3; want++ {
			got, err := d.put(ctx, want-1)
			check.Must(t, err)
			stands, err := d.read(ctx)
			check.Must(t, err)
			if got != want || stands != want {
				t.Errorf("%s: written as version %d and read as %d, want %d", name, got, stands, want)
			}
		}
		_, err = d.put(ctx, 0)
		check.Error(t, name+": a new one where one stands", err, storage.ErrExists)
		for _, stale := range []int{1, 2, 4, -1, aboveInt32} {
			_, err = d.put(ctx, stale)
			check.Error(t, fmt.Sprint(name, ": version ", stale), err, storage.ErrConflict)
		}
		if d.remove == nil {
			continue
		}
		check.Error(t, name+": a stale removal", d.remove(ctx, 2), storage.ErrConflict)
		check.Must(t, d.remove(ctx, 3))
		check.Error(t, name+": removed twice", d.remove(ctx, 0), storage.ErrNotFound)
		got, err := d.put(ctx, 0)
		check.Must(t, err)
		check.Equal(t, name+": version of one that is made again", got, 4)
		check.Must(t, d.remove(ctx, 0))
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

// oneWins lets many write one version of a document at once: one of them does.
func oneWins(t *testing.T, all map[string]document) {
	ctx := t.Context()
	for name, d := range all {
		for given, want := range []error{storage.ErrExists, storage.ErrConflict} {
			done, failed := atOnce(writers, func(int) error { _, err := d.put(ctx, given); return err })
			if done != 1 {
				t.Errorf("%s: %d of %d who wrote version %d at once did", name, done, writers, given)
			}
			for _, err := range failed {
				check.Error(t, name, err, want)
			}
		}
	}
}
