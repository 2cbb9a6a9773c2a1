// Package maintenance is what goes on beside the calls, every two seconds: changes that wait are written, ticket numbers are leased
// ahead, and what nobody asks for any more is forgotten.
//
// Goroutines: [Run], [RunEach] and [PieceByPiece] are one each, which their caller starts and waits for.
package maintenance

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"hotline/wallclock"
)

// RoundTime is the time from one round to the next.
const RoundTime = 2 * time.Second

const (
	pieceTime  = 100 * time.Millisecond // between two pieces of what can wait
	replyTime  = 24 * time.Hour         // an Idempotency-Key is known for so long
	alertTime  = 30 * 24 * time.Hour    // what installed systems reported last, and needs nothing
	forgetTime = time.Hour              // between two tries to forget
)

// Job is one thing that a round does. It logs its own errors, and comes back when ctx ends.
type Job func(ctx context.Context)

// Run does the jobs, one after the other, in each round until ctx ends.
func Run(ctx context.Context, jobs ...Job) {
	RunEach(ctx, RoundTime, func(ctx context.Context) {
		for _, job := range jobs {
			job(ctx)
		}
	})
}

// RunEach does a job at once, and then at each whole multiple of a span on the wall's clock until ctx ends. It sleeps between: a job
// that is done seldom, and beside the others, wakes nobody in each round.
func RunEach(ctx context.Context, span time.Duration, job Job) {
	for {
		job(ctx)
		if !wallclock.Next(ctx, span) {
			return
		}
	}
}

// Desk has changes that wait for the store. tickets.Desk implements it.
type Desk interface {
	Replay(ctx context.Context) error
	Waiting() int
}

// WriteChanges writes what waits at the desk for the store.
func WriteChanges(d Desk, log *slog.Logger) Job {
	return func(ctx context.Context) {
		if err := d.Replay(ctx); err != nil && ctx.Err() == nil {
			log.Warn("changes wait for the store", "tickets", d.Waiting(), "error", err)
		}
	}
}

// LeaseNumbers leases ticket numbers ahead. numberlease.Numbers has such a refill.
func LeaseNumbers(refill func(context.Context) error, log *slog.Logger) Job {
	return func(ctx context.Context) {
		if err := refill(ctx); err != nil && ctx.Err() == nil {
			log.Warn("numbers are not leased ahead", "error", err)
		}
	}
}

// Forgetter forgets what is older than an instant. The stores implement it.
type Forgetter interface {
	ForgetReplies(ctx context.Context, before time.Time) error
	ForgetSpendings(ctx context.Context, before time.Time) error
	ForgetProblems(ctx context.Context, before time.Time) error
}

// Forget forgets, once an hour, answers of the API that nobody will ask for again, alerts that were not heard of for a month and need nothing, and what no budget
// counts any more, which is older than spendingTime. What fails is not tried again in each round: it would burden a store that is busy already.
func Forget(s Forgetter, spendingTime time.Duration, log *slog.Logger) Job {
	var last time.Time
	return func(ctx context.Context) {
		now := time.Now()
		if now.Sub(last) < forgetTime {
			return
		}
		last = now
		if err := errors.Join(s.ForgetReplies(ctx, now.Add(-replyTime)), s.ForgetSpendings(ctx, now.Add(-spendingTime)), s.ForgetProblems(ctx, now.Add(-alertTime))); err != nil && ctx.Err() == nil {
			log.Warn("old answers of the API, alerts and entries of budgets are forgotten later", "error", err)
		}
	}
}

// PieceByPiece does a long task so that calls do not wait for it: piece after piece, with a pause between them, until one says
// that there is no more, or ctx ends. later is what the log says of a piece that fails; it is tried again.
func PieceByPiece(ctx context.Context, later string, piece func(ctx context.Context) (more bool, err error), log *slog.Logger) {
	for more := true; more; {
		again := pieceTime
		var err error
		if more, err = piece(ctx); err != nil && ctx.Err() == nil {
			log.Warn(later, "error", err)
			more, again = true, RoundTime
		}
		if more && !wallclock.Next(ctx, again) {
			return
		}
	}
}

// Every does a job in the first round and then again after so many rounds. The result is used by one goroutine.
func Every(rounds int, job Job) Job {
	left := 0
	return func(ctx context.Context) {
		if left == 0 {
			job(ctx)
			left = rounds
		}
		left--
	}
}
