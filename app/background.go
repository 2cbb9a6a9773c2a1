package app

import (
	"context"
	"fmt"
	"time"

	"hotline/deadlines"
	"hotline/maintenance"
	"hotline/nodes"
	"hotline/oncall/duty"
	"hotline/postgres/backfill"
	"hotline/retention"
	"hotline/tickets"
	"hotline/tickets/statistics"
	"hotline/wallclock"
)

// openBackground starts what goes on beside the calls.
func (a *App) openBackground(ctx context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.running.Go(func() { maintenance.Run(ctx, a.jobs()...) })
	a.running.Go(func() { maintenance.RunEach(ctx, watchTime, a.alertsDue) }) // beside the others: a storm may keep it
	if store, ok := a.db.Store.(interface{ Backfill() backfill.Rows }); ok {  // the store in memory has no rows of a former version
		a.running.Go(func() { a.backfill(ctx, store.Backfill()) })
	}
	a.running.Go(func() { maintenance.RunEach(ctx, termsTime, a.recordingTerms()) })
	a.running.Go(func() { maintenance.Run(ctx, a.months()) })
	a.running.Go(func() { a.disk.spool.SealAll(ctx, a.onTelephone, a.log) })
	appointments := duty.Appointments{Roster: a.dispatching.roster, Facts: a.db.Store, TestCall: a.dispatching.dispatcher.TestCall, Log: a.log}
	a.running.Go(func() {
		maintenance.RunEach(ctx, watchTime, func(ctx context.Context) {
			if !a.offline.Waits() {
				appointments.Round(ctx, time.Now())
			}
		})
	})
	a.running.Go(func() { maintenance.RunEach(ctx, watchTime, a.announce()) }) // beside the others: a mail server may hang
	a.running.Go(func() { maintenance.RunEach(ctx, watchTime, a.statements()) })
	edits := nodes.Edits{Desk: a.desk, Store: a.db.Store, Flows: a.flows, Keep: a.disk.copy.KeepBook, Alarm: a.alarm, Log: a.log}
	a.running.Go(func() { edits.Run(ctx) })
	if a.machines.mails != nil {
		a.running.Go(func() { a.machines.mails.Run(ctx) })
	}
	if a.machines.mailbox != nil {
		a.running.Go(func() { a.machines.mailbox.Run(ctx) })
	}
	if names := a.voices.Names(); names != nil {
		a.running.Go(func() { names.Run(ctx) })
	}
	a.running.Go(func() { a.machines.outbox.Run(ctx) })
	a.running.Go(func() { a.runBridge(ctx) })
	watcher := deadlines.New(deadlines.Config{Store: a.db.Store, Desk: a.desk, Node: newID(), Breached: a.metrics.Breached, Alarm: a.alarm, Log: a.log})
	a.running.Go(func() { watcher.Run(ctx) })
	a.running.Go(func() {
		if err := a.db.Store.Run(ctx, a.work(watcher)); err != nil {
			a.log.Error("due work ended", "error", err)
		}
	})
	a.undo.add("what goes on in the background", func(context.Context) error { cancel(); return nil })
	return nil
}

// backfill completes what former versions wrote.
func (a *App) backfill(ctx context.Context, rows backfill.Rows) {
	maintenance.PieceByPiece(ctx, "the words of former tickets are gathered later", rows.Words, a.log)
	maintenance.PieceByPiece(ctx, "callers' numbers of former tickets and calls are written in E.164 later", func(ctx context.Context) (bool, error) {
		return rows.Callers(ctx, a.cfg.Config.Country, a.plan.E164)
	}, a.log)
}

// watchTime is between two looks at the rota and at installations: a look at the rota reads all that decides who is rung.
const watchTime = roundsToWatch * maintenance.RoundTime

// termsTime is between two looks for recordings past their term.
const termsTime = roundsToTerms * maintenance.RoundTime

// In how many rounds of maintenance something is done once.
const (
	roundsToWatch = 5
	roundsToErase = 5    // it is asked what other nodes erased: within ten seconds, and half a minute is promised
	roundsToTerms = 1800 // an hour
)

// recordingTerms erases recordings that are past their term.
func (a *App) recordingTerms() maintenance.Job {
	terms := &retention.Terms{House: a.cfg.Config.Recordings.KeepDays, Desk: a.desk, Store: a.db.Store, Log: a.log}
	return func(ctx context.Context) {
		if !a.offline.Waits() {
			terms.Round(ctx, func() bool { return wallclock.Next(ctx, betweenPieces) })
		}
	}
}

// months adds up the months that are over, one in a round, so that nobody waits for their reports.
func (a *App) months() maintenance.Job {
	keeper := &statistics.Keeper{Store: a.db.Store, Zone: a.desk.Zone}
	return func(ctx context.Context) {
		if a.offline.Waits() {
			return
		}
		if err := keeper.Round(ctx, time.Now()); err != nil && ctx.Err() == nil {
			a.log.Warn("a month that is over is added up later", "error", err)
		}
	}
}

// auditTerm forgets records of changes that are past their term.
func (a *App) auditTerm(ctx context.Context) {
	days := a.cfg.Config.Audit.KeepDays
	if days == 0 || a.offline.Waits() {
		return
	}
	if err := a.db.Store.ForgetAudit(ctx, time.Now().AddDate(0, 0, -days)); err != nil && ctx.Err() == nil {
		a.log.Warn("old records of changes are forgotten later", "error", err)
	}
}

// ladderTerm forgets the messages of calls that are past their term.
func (a *App) ladderTerm(ctx context.Context) {
	days := a.cfg.Config.Ladders.KeepDays
	if days == 0 || a.offline.Waits() {
		return
	}
	if err := a.db.Store.ForgetLadders(ctx, time.Now().AddDate(0, 0, -days)); err != nil && ctx.Err() == nil {
		a.log.Warn("the messages of old calls are forgotten later", "error", err)
	}
}

// betweenPieces is between two pieces of what can wait.
const betweenPieces = 100 * time.Millisecond

// jobs are what each round of maintenance does, in this order.
func (a *App) jobs() []maintenance.Job {
	watch := duty.Watch{Roster: a.dispatching.roster, Allowed: a.dialler.Check, Alarm: a.alarm}
	morning := duty.Morning{Roster: a.dispatching.roster, Facts: a.db.Store, Send: a.letters.ToStaff, Log: a.log}
	erased := &retention.Erasures{Spool: a.disk.spool, Delete: a.deleteRecordings, Store: a.db.Store, Log: a.log}
	unlessOffline := func(job maintenance.Job) maintenance.Job {
		return func(ctx context.Context) {
			if !a.offline.Waits() {
				job(ctx)
			}
		}
	}
	return []maintenance.Job{
		a.offline.Round,
		maintenance.WriteChanges(a.desk, a.log),
		unlessOffline(a.disk.recordings.Recover),
		maintenance.Every(roundsToErase, unlessOffline(func(ctx context.Context) { erased.Round(ctx, time.Now()) })),
		maintenance.Forget(a.db.Store, nodes.SpendingTime, a.log),
		maintenance.LeaseNumbers(a.disk.numbers.Refill, a.log),
		unlessOffline(a.shareBudgets),
		unlessOffline(a.dispatching.engaged.Renew),
		unlessOffline(a.hearOwner),
		maintenance.Every(roundsToWatch, unlessOffline(a.hearSettings)),
		maintenance.Every(roundsToWatch, func(ctx context.Context) { watch.Round(ctx, time.Now()) }),
		maintenance.Every(roundsToTerms, a.auditTerm),
		maintenance.Every(roundsToTerms, a.ladderTerm),
		unlessOffline(func(ctx context.Context) { morning.Round(ctx, time.Now()) }),
	}
}

// hearSettings takes over what was said of the house on another node.
func (a *App) hearSettings(ctx context.Context) {
	if err := a.disk.settings.CatchUp(ctx); err != nil && ctx.Err() == nil {
		a.log.Debug("what is said of the house is read later", "error", err)
	}
}

// shareBudgets lets the budgets count what other nodes, and this one's former process, have spent.
func (a *App) shareBudgets(ctx context.Context) {
	a.budgets.Share(ctx, a.desk, a.dialler, a.dispatching.pins, a.dispatching.limits)
}

// shareBudgetsNow is shareBudgets for who cannot wait for the next round.
func (a *App) shareBudgetsNow(ctx context.Context) {
	if !a.offline.Waits() {
		a.budgets.ShareNow(ctx, a.desk, a.dialler, a.dispatching.pins, a.dispatching.limits)
	}
}

// work hands each piece of due work to whoever does it.
func (a *App) work(w *deadlines.Watcher) func(context.Context, tickets.Work) error {
	look := func(ctx context.Context, due tickets.Work) error {
		_, err := w.Look(ctx, due.Ticket, time.Now())
		return err
	}
	does := map[string]func(context.Context, tickets.Work) error{
		tickets.WorkClocks: look, tickets.WorkBreach: look, tickets.WorkWarn: look,
		tickets.WorkEscalate: a.dispatching.dispatcher.Escalate, tickets.WorkRing: a.dispatching.dispatcher.RingForAlarm,
		tickets.WorkCallBack: a.dispatching.dispatcher.CallBack, tickets.WorkRingNow: a.dispatching.dispatcher.RingNow,
		tickets.WorkConfirm: a.dispatching.dispatcher.Confirm, tickets.WorkTranscribe: a.transcribe(),
		tickets.WorkNotify: a.letters.Alarm, tickets.WorkReceipt: a.letters.Receipt, tickets.WorkUpdate: a.letters.Update, tickets.WorkOutgoing: a.machines.outbox.Spread, tickets.WorkTell: a.letters.Tell,
	}
	return func(ctx context.Context, due tickets.Work) error {
		do, known := does[due.Kind]
		if !known {
			return fmt.Errorf("due work %s of kind %q is unknown", due.ID, due.Kind)
		}
		return do(ctx, due)
	}
}
