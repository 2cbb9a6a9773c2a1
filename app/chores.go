package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"hotline/tickets"
)

const choreTime = 2 * time.Second // between two rounds

// chores is what goes on beside the calls until ctx ends: changes that wait are written, numbers are leased ahead, and
// the rota is watched.
func (a *App) chores(ctx context.Context) {
	tick := time.NewTicker(choreTime)
	defer tick.Stop()
	gap, known, forgotten := false, "", time.Time{}
	for {
		if a.late != nil {
			if err := a.catchUp(ctx); err != nil && ctx.Err() == nil {
				a.log.Warn("the database does not answer yet", "error", err)
			}
		}
		if err := a.desk.Replay(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("changes wait for the store", "tickets", a.desk.Waiting(), "error", err)
		}
		forgotten = a.forget(ctx, forgotten)
		if err := a.numbers.Refill(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("numbers are not leased ahead", "error", err)
		}
		known = a.abreast(ctx, known)
		gap = a.watchRota(ctx, gap)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

const (
	replyTime  = 24 * time.Hour // an Idempotency-Key is known for so long
	forgetting = time.Hour
)

// forget forgets answers of the API that nobody will ask for again, once an hour; last is when it was done.
func (a *App) forget(ctx context.Context, last time.Time) time.Time {
	now := time.Now()
	if now.Sub(last) < forgetting {
		return last
	}
	if err := a.store.ForgetReplies(ctx, now.Add(-replyTime)); err != nil {
		return last
	}
	return now
}

// watchRota keeps the copy of the rota fresh, for the time in which the store is down, and raises one alarm when a gap in
// the rota begins.
func (a *App) watchRota(ctx context.Context, before bool) (gap bool) {
	_, gap, err := a.duty.Plan(ctx, time.Now(), "")
	if err != nil {
		return before
	}
	if gap && !before {
		a.alarm(string(tickets.RotaGap), "nobody is on duty from now on")
	}
	return gap
}

// ofTicket reads the ticket's number at the beginning of a recording's id; 0 for none.
func ofTicket(recording string) tickets.Number {
	number, _, _ := strings.Cut(recording, "-")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return tickets.Number(n)
}

// highestRecorded is the highest ticket number that a recording tells of.
func (a *App) highestRecorded() (highest tickets.Number, err error) {
	ids, err := a.spool.List()
	for _, id := range ids {
		highest = max(highest, ofTicket(id))
	}
	return highest, err
}

// adopt puts recordings that a crash cut off on their tickets: the ticket's number stands at the beginning of their id.
func (a *App) adopt(ctx context.Context) error {
	ids, err := a.spool.List()
	if err != nil {
		return err
	}
	for _, id := range ids {
		n := ofTicket(id)
		if n == 0 {
			continue
		}
		if _, _, err := a.store.Recording(ctx, id); err == nil {
			continue
		}
		law, octets, err := a.spool.Octets(id)
		if err != nil {
			a.log.Warn("a recording cannot be read", "recording", id, "error", err)
			continue
		}
		sum, err := a.spool.Sum(id)
		if err != nil {
			a.log.Warn("a recording cannot be read", "recording", id, "error", err)
			continue
		}
		r := tickets.Recording{ID: id, SHA256: sum, At: time.Now().Truncate(time.Second), Seconds: float64(len(octets)) / 8000, Law: law, Partial: true, File: id + ".wav"}
		if _, err := a.desk.Keep(ctx, n, r, time.Now()); err != nil {
			a.log.Warn("a recording has no ticket", "recording", id, "error", err)
		}
	}
	return nil
}
