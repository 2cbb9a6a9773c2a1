// Package retention is how long recordings are kept: those past their term are erased, and what was erased anywhere is deleted here.
//
// It starts no goroutine: maintenance calls it.
package retention

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"hotline/tickets"
)

// page is how much is read of a list at once.
const page = 500

// Erasures deletes the sound of recordings that were erased at another node, or while this one did not run. All its exported fields are
// required. Used by one goroutine at a time.
type Erasures struct {
	Spool interface {
		List() ([]string, error)
	}
	Delete func(recordings []string) error
	Store  interface {
		Erasures(ctx context.Context, behind int64, limit int) ([]tickets.Erasure, error)
	}
	Log *slog.Logger

	done  int64               // the last place behind which nothing is missing
	fresh map[int64]time.Time // places behind it that were done, and when they were seen first; nil before the first round
}

// settled is how long a place is looked at again: a node that wrote slowly has a place before those that were read already.
const settled = 5 * time.Minute

// Round deletes what is new. Call it from time to time; what fails is tried again. The first one goes through all that was ever erased,
// and deletes what lies here of it.
func (e *Erasures) Round(ctx context.Context, now time.Time) {
	if err := e.round(ctx, now); err != nil && ctx.Err() == nil {
		e.Log.Warn("recordings that were erased are deleted here later", "error", err)
	}
}

func (e *Erasures) round(ctx context.Context, now time.Time) error {
	if e.fresh == nil {
		if err := e.start(ctx); err != nil {
			return err
		}
	}
	var faults []error // a sound that cannot be deleted keeps none behind it here
	for behind, more := e.done, true; more; {
		list, err := e.Store.Erasures(ctx, behind, page)
		if err != nil {
			return err
		}
		faults = append(faults, e.delete(list, now))
		for _, x := range list {
			behind = x.Place
		}
		more = len(list) == page
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	places := slices.Sorted(maps.Keys(e.fresh))
	for _, place := range places {
		if now.Sub(e.fresh[place]) < settled {
			break
		}
		e.done = place
		delete(e.fresh, place)
	}
	return nil
}

// delete deletes what was not seen before.
func (e *Erasures) delete(list []tickets.Erasure, now time.Time) error {
	var gone []string
	for _, x := range list {
		if _, known := e.fresh[x.Place]; !known {
			gone = append(gone, x.Recording)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := e.Delete(gone); err != nil {
		return err
	}
	for _, x := range list {
		if _, known := e.fresh[x.Place]; !known {
			e.fresh[x.Place] = now
		}
	}
	return nil
}

// start goes through the whole pages of what was ever erased, and deletes what lies here. The last page is left to the round, and so is
// all behind a sound that cannot be deleted.
func (e *Erasures) start(ctx context.Context) error {
	ids, err := e.Spool.List()
	if err != nil {
		return err
	}
	here := map[string]bool{}
	for _, id := range ids {
		here[id] = true
	}
	for behind, whole := e.done, true; ; {
		list, err := e.Store.Erasures(ctx, behind, page)
		if err != nil {
			return err
		}
		if len(list) < page {
			e.fresh = map[int64]time.Time{}
			return nil
		}
		gone := []string{}
		for _, x := range list {
			if here[x.Recording] {
				gone = append(gone, x.Recording)
			}
		}
		if len(gone) > 0 {
			whole = e.Delete(gone) == nil && whole
		}
		if behind = list[page-1].Place; whole {
			e.done = behind
		}
	}
}
