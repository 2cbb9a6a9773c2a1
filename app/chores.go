package app

import (
	"context"
	"errors"
	"time"

	"hotline/oncall/duty"
)

const choreTime = 2 * time.Second // between two rounds

// chores is what goes on beside the calls until ctx ends: changes that wait are written, numbers are leased ahead, and
// the rota is watched.
func (a *App) chores(ctx context.Context) {
	forgotten, watch := time.Time{}, duty.Watch{Roster: a.roster, Allowed: a.dialler.Save, Alarm: a.alarm}
	for {
		if a.late != nil {
			if err := a.catchUp(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("the database does not answer yet", "error", err)
			}
		}
		if err := a.desk.Replay(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("changes wait for the store", "tickets", a.desk.Waiting(), "error", err)
		}
		a.gather(ctx)
		forgotten = a.forget(ctx, forgotten)
		if err := a.numbers.Refill(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("numbers are not leased ahead", "error", err)
		}
		if a.late == nil {
			a.share(ctx)
		}
		watch.Round(ctx, time.Now())
		if !untilNext(ctx, choreTime) {
			return
		}
	}
}

// indexWords has the tickets of a former version found by searches, piece by piece, so that calls do not wait for it.
func (a *App) indexWords(ctx context.Context) {
	words, ok := a.store.(interface {
		IndexWords(ctx context.Context) (more bool, err error)
	})
	if !ok {
		return // the twin in memory has no former version
	}
	for more := true; more; {
		again := breath
		var err error
		if more, err = words.IndexWords(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("the words of former tickets are gathered later", "error", err)
			more, again = true, choreTime
		}
		if more && !untilNext(ctx, again) {
			return
		}
	}
}

const breath = 100 * time.Millisecond // between two pieces of what can wait

const (
	replyTime  = 24 * time.Hour // an Idempotency-Key is known for so long
	forgetting = time.Hour
)

// forget forgets answers of the API that nobody will ask for again, and what no budget counts any more, once an hour; last is when it was tried. What fails is
// not tried each round: it would burden a store that is busy already.
func (a *App) forget(ctx context.Context, last time.Time) time.Time {
	now := time.Now()
	if now.Sub(last) < forgetting {
		return last
	}
	if err := errors.Join(a.store.ForgetReplies(ctx, now.Add(-replyTime)), a.store.ForgetSpendings(ctx, now.Add(-spendingTime))); err != nil && ctx.Err() == nil {
		a.log.Warn("old answers of the API and entries of budgets are forgotten later", "error", err)
	}
	return now
}
