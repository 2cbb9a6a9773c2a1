package app

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"hotline/alarm"
	"hotline/app/database"
	"hotline/app/flows"
	"hotline/app/settings"
	"hotline/datadir"
	"hotline/directory"
	"hotline/journal"
	"hotline/numberlease"
	"hotline/offline"
	"hotline/recovery"
	"hotline/storage"
	"hotline/tickets"
)

// openFolder makes the data folder and keeps it for this process.
func (a *App) openFolder(context.Context) error {
	if err := a.tolerable(a.disk.dir.Make()); err != nil {
		return err
	}
	unlock, err := a.disk.dir.Lock()
	if err != nil {
		return a.tolerable(err)
	}
	a.undo.add("the data folder", func(context.Context) error { return unlock() })
	return nil
}

// tolerable logs what does not keep the program from taking calls, and gives back the rest.
func (a *App) tolerable(err error) error {
	switch {
	case errors.Is(err, datadir.ErrNoLocks):
		a.log.Warn("the data folder is not locked", "error", err)
		return nil
	case errors.Is(err, syscall.ENOSPC):
		a.alarm(alarm.Disk, err.Error()+": tickets are kept in the room that is reserved for them, messages are not; make room")
		return nil
	}
	return err
}

// openStore connects to the database, or starts a private one. Where the disk remembers enough to take calls, a database that does not
// answer is no error. The demonstration, whose engineers have other telephones each time, does not do with that.
func (a *App) openStore(ctx context.Context) (err error) {
	if a.cfg.Virtual != nil {
		a.db = database.Virtual(a.cfg.Virtual.Store)
		return nil
	}
	demonstration := a.cfg.Demo != nil && *a.cfg.Demo != Demo{}
	a.db, err = database.Open(ctx, database.Config{
		Database: a.cfg.Config.Database, Dir: a.disk.dir, Runtime: a.cfg.Runtime, Patient: !demonstration && a.disk.copy.Load(), Log: a.log,
	})
	if err != nil {
		return err
	}
	a.undo.add("the database", func(context.Context) error { return a.db.Close() })
	if a.db.Late != nil {
		a.log.Warn("the database does not answer: calls are taken with what the disk remembers", "error", a.db.Late)
		a.goOffline(a.db.Prepare)
	}
	return nil
}

// goOffline has calls taken with what the disk remembers until the database answers.
func (a *App) goOffline(prepare func(context.Context) error) {
	a.offline = &offline.Start{
		Store: a.db.Store, Copy: a.disk.copy, Prepare: prepare, Company: func(ctx context.Context) error { return guardDemo(ctx, a.db.Store, a.cfg) },
		Alarm: a.alarm, Log: a.log,
	}
}

// openCompany reads what stands in the database, after writing what must stand there.
func (a *App) openCompany(ctx context.Context) (err error) {
	if a.offline.Waits() {
		return a.openFromDisk()
	}
	s := a.db.Store
	if err := standing(ctx, s); err != nil {
		return err
	}
	if a.disk.pinKey, err = datadir.ReadPINKey(ctx, s, PINKeyFile(a.cfg.Config)); err != nil {
		return err
	}
	a.disk.copy.KeepKey(a.disk.pinKey)
	if err := a.openSettings().CatchUp(ctx); err != nil {
		return err
	}
	if err := guardDemo(ctx, s, a.cfg); err != nil {
		return err
	}
	if a.cfg.Demo != nil {
		if err := a.cfg.Demo.found(ctx, s, a.disk.pinKey, time.Now()); err != nil {
			return err
		}
	}
	a.flows, err = flows.Open(ctx, s, a.disk.copy.KeepFlow)
	return err
}

// openSettings makes what the owner has said, as the disk remembers it.
func (a *App) openSettings() *settings.Settings {
	a.disk.settings = settings.New(settings.Config{File: a.cfg.Config, Store: a.db.Store, Secret: a.disk.pinKey, Cache: a.disk.copy.Cache(), Log: a.log})
	return a.disk.settings
}

// openFromDisk opens the company as the disk remembers it.
func (a *App) openFromDisk() (err error) {
	if a.disk.pinKey, err = a.disk.copy.PINKey(PINKeyFile(a.cfg.Config)); err != nil {
		return err
	}
	a.openSettings()
	a.flows = flows.New(a.disk.copy.KeepFlow)
	if v, ok := a.disk.copy.Flow(); ok {
		return a.flows.Use(v)
	}
	return a.flows.Ship()
}

// openDisk opens journal, numbers and recordings.
func (a *App) openDisk(ctx context.Context) (err error) {
	d := &a.disk
	if d.journal, err = journal.Open(d.dir.Journal()); err != nil {
		return err
	}
	if copied := d.journal.Damaged(); copied != "" {
		a.alarm(alarm.Journal, "a part of the journal could not be read, and tickets may be missing; a copy of the file is kept: "+copied)
	}
	a.undo.add("the journal", func(context.Context) error { return d.journal.Close() })
	if err := a.openRecordings(); err != nil {
		return err
	}
	former, err := d.spool.List()
	if err != nil {
		return err
	}
	d.recordings = &recovery.Recordings{Spool: d.spool, Store: a.db.Store, Former: former, Pending: d.journal.Pending, Log: a.log}
	if d.numbers, err = numberlease.Open(d.dir.Journal(), recovery.HighestTicket(former), a.db.Store.LeaseNumbers); err != nil {
		return err
	}
	if aside := d.numbers.Damaged(); aside != "" {
		a.alarm(alarm.Numbers, "the file of ticket numbers could not be read; numbers go on above every one that is known; it was put aside: "+aside)
	}
	if !a.offline.Waits() { // before the first call, which may come when the store is gone again
		if err := d.numbers.Refill(ctx); err != nil {
			a.log.Warn("numbers are not leased ahead", "error", err)
		}
	}
	return nil
}

// readBook gives the store what a former process left in the journal, and reads the book then. A store that takes no changes, as on a
// full disk, is one that does not answer yet.
func (a *App) readBook(ctx context.Context) (*directory.Book, error) {
	if a.offline.Waits() {
		return a.disk.copy.Book(), nil
	}
	err := offline.Replay(ctx, a.disk.journal, a.db.Store, a.alarm)
	if errors.Is(err, storage.ErrDown) {
		a.alarm(alarm.Store, "the database takes no changes; calls are taken, and what waits in the journal is written later: "+err.Error())
		a.goOffline(func(context.Context) error { return nil })
		err = nil
	}
	if err != nil {
		return nil, err
	}
	book, err := directory.ReadBook(ctx, a.db.Store, time.Now())
	if err == nil {
		a.disk.copy.Accept(book, a.alarm)
	}
	return book, err
}

// refused logs a change that the database does not accept. The ticket is served from the journal meanwhile.
func (a *App) refused(n tickets.Number, err error) {
	a.alarm(alarm.Journal, fmt.Sprintf("the database is up and refuses a change of ticket %d, which is kept in the journal and shown to staff all the same; see why, and put it right: %v", n, err))
}
