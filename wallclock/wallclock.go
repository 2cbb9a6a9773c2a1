// Package wallclock wakes what goes on in the background at whole multiples of a span.
//
// All of it wakes at the same instants, because a waking costs more than most of the work. The clock that runs out at 10:00:00 is
// looked at then, and not up to a second later.
package wallclock

import (
	"context"
	"time"
)

// Next blocks until the next whole multiple of a span on the wall's clock. It is false when ctx ends before.
func Next(ctx context.Context, span time.Duration) bool {
	now := time.Now()
	next := time.NewTimer(now.Truncate(span).Add(span).Sub(now))
	defer next.Stop()
	select {
	case <-next.C:
		return true
	case <-ctx.Done():
		return false
	}
}
