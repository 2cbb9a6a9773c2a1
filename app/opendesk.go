package app

import (
	"context"
	"slices"

	"hotline/calls"
	"hotline/calls/ladders"
	"hotline/callstore"
	"hotline/cdr"
	"hotline/nodes"
	"hotline/notify/delivery"
	"hotline/sip/ladder"
	"hotline/tickets"
)

// openDesk opens the desk, the records of calls and the recordings, and gives the store what a former process left in the journal.
func (a *App) openDesk(ctx context.Context) error {
	mail, err := a.mailer()
	if err != nil {
		return err
	}
	book, err := a.readBook(ctx)
	if err != nil {
		return err
	}
	a.budgets = nodes.NewBudgets(a.db.Store, newID(), a.log)
	a.undo.add("what budgets were spent on", func(ctx context.Context) error { a.budgets.Complain(ctx, a.budgets.Flush(ctx)); return nil })
	a.dispatching.engaged = nodes.NewEngaged(a.db.Calls, newID(), a.log)
	c := a.cfg.Config
	readers := delivery.Readers{Mail: mail != nil, Staff: c.Mail.Staff, Manager: c.Mail.Manager, Notify: c.Mail.Notify}
	if err := a.openOutbox(); err != nil {
		return err
	}
	a.desk = tickets.NewDesk(tickets.DeskConfig{
		Store: a.db.Store, Quick: callstore.New(a.db.Calls, a.db.Store), Book: book, Numbers: a.disk.numbers, Journal: a.disk.journal, PINKey: a.disk.pinKey,
		NewID: newID, Own: c.Calendar, Numbering: a.plan, Spent: a.budgets.Note, Refused: a.refused, Changed: a.dispatching.changed,
		Tells: func(t tickets.Progress) bool {
			return mail != nil && (t == tickets.ProgressAnswered || slices.Contains(c.Mail.Customers, t))
		},
		Transcribe: recogniser(c.Transcription) != nil,
		Erase:      a.deleteRecordings,
		Outgoing:   a.machines.outbox.Wanted,
		Updates:    func(u tickets.Update) bool { return len(readers.Of(u)) > 0 },
		Deferred:   func(n tickets.Number, err error) { a.log.Warn("a ticket's change waits", "ticket", n, "error", err) },
	})
	a.desk.Load(a.disk.journal.Pending())
	if a.offline != nil {
		a.offline.Desk, a.offline.Journal, a.offline.PINKey = a.desk, a.disk.journal, a.disk.pinKey
	}
	a.letters = delivery.New(delivery.Config{
		Threads: a.threads(), May: a.mayReceipt,
		Desk: a.desk, Readers: readers, Mailer: mail, Language: a.disk.settings.Language, Shown: a.plan.Shown, Count: a.countMail, Alarm: a.alarm, Link: a.letterLink(),
	})
	a.openRecords(ctx)
	a.disk.recordings.Desk = a.desk
	if !a.offline.Waits() {
		a.disk.recordings.Recover(ctx)
	}
	return nil
}

// openRecords opens the records of calls. What runs in the background is waited for before they are closed.
func (a *App) openRecords(ctx context.Context) {
	a.calls = calls.New(a.db.Store, a.log)
	a.ladder = ladder.New()
	ended := ladders.New(ladders.Config{Store: a.db.Store, Dialogs: a.ladder, Count: func(r ladders.Result, n int) { a.metrics.Ladders(string(r), n) }, Log: a.log})
	a.calls.Tell(func(c cdr.Call) {
		a.recorded(c)
		ended.Changed(c)
	})
	a.calls.TellEnded(ended.Ended)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.running.Go(func() { a.calls.Run(ctx) })
	a.running.Go(func() { ended.Run(ctx) })
	a.undo.add("the records of calls", func(context.Context) error {
		cancel()
		a.running.Wait()
		return nil
	})
}

// recorded hears of every call as its record stands.
func (a *App) recorded(c cdr.Call) {
	a.dispatching.chains.Call(c)
	if c.Contract != "" || c.Ticket != 0 {
		a.ladder.Belongs(c.SIPID)
	}
}
