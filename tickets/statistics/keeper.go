package statistics

import (
	"context"
	"fmt"
	"time"
)

// Keeper adds up the months that are over, before anybody asks for them. It is used by one goroutine.
type Keeper struct {
	Store Summaries
	Zone  func() *time.Location // in which months begin

	next  time.Time // the month that is looked at next, by its first instant
	first time.Time // that of the first ticket
	rest  time.Time // until then nothing is looked at
}

// keeperRest is how long the keeper rests behind the first month: a ticket of a month that is over is rarely written.
const keeperRest = time.Hour

// keeperPause is how long it waits after an error.
const keeperPause = time.Minute

// Round looks at one month, the last one first. It adds the month up if that was never done, or not since one of its tickets was
// written. After an error it looks at the same month again in a minute.
func (k *Keeper) Round(ctx context.Context, now time.Time) (err error) {
	if now.Before(k.rest) {
		return nil
	}
	if k.next.IsZero() {
		if err = k.begin(ctx, now); err != nil {
			k.rest = now.Add(keeperPause)
			return err
		}
	}
	if k.first.IsZero() || !k.next.AddDate(0, 1, 0).After(k.first) { // it ends before the first ticket
		k.next, k.rest = time.Time{}, now.Add(keeperRest)
		return nil
	}
	if _, err = SummaryOf(ctx, k.Store, k.next.Format("2006-01"), k.next.Location(), now); err != nil {
		k.rest = now.Add(keeperPause)
		return err
	}
	k.next = k.next.AddDate(0, -1, 0)
	return nil
}

// begin begins with the month that was over last.
func (k *Keeper) begin(ctx context.Context, now time.Time) (err error) {
	if k.first, err = k.Store.Since(ctx); err != nil {
		return fmt.Errorf("reading since when there are tickets: %w", err)
	}
	at := now.In(k.Zone())
	k.next = time.Date(at.Year(), at.Month()-1, 1, 0, 0, 0, 0, at.Location())
	return nil
}
