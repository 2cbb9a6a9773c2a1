package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"hotline/alarm"
	"hotline/config"
	"hotline/directory"
	"hotline/ivr/versions"
	"hotline/journal"
	"hotline/storage"
)

// The names of what the disk remembers for a start without a database.
const (
	cachedBook = "book"
	cachedFlow = "flow"
	cachedKey  = "pin-key" // fingerprint of the PIN key
)

// lateStore is a database that did not answer at the start.
type lateStore struct {
	prepare func(context.Context) error
}

func (a *App) cache() journal.Cache { return journal.Cache{Dir: a.folders.cache()} }

// cached tells whether a former start left contracts and calendars on the disk. The demonstration, whose engineers have
// other telephones each time, does not do with them.
func (a *App) cached() bool {
	a.book = &directory.Book{}
	return (a.cfg.Demo == nil || *a.cfg.Demo == Demo{}) && a.cache().Get(cachedBook, a.book) == nil
}

// keepFlow remembers the published flow.
func (a *App) keepFlow(v versions.Flow) {
	if err := a.cache().Put(cachedFlow, v); err != nil {
		a.log.Warn("the copy of the flow is stale", "error", err)
	}
}

// openFromDisk opens the company as the disk remembers it.
func (a *App) openFromDisk() error {
	file := a.pinKeyFile()
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the PIN key: %w", err)
	}
	known := ""
	if err := a.cache().Get(cachedKey, &known); err != nil {
		a.log.Warn("the disk does not remember which PIN key is the right one", "error", err)
	}
	if a.pinKey, err = pinKeyOf(file, text, known); err != nil {
		return err
	}
	a.flows = &flows{keep: a.keepFlow}
	var v versions.Flow
	if a.cache().Get(cachedFlow, &v) == nil {
		return a.flows.Use(v)
	}
	return a.flows.ship()
}

func (a *App) pinKeyFile() string { return PINKeyFile(a.cfg.Config) }

// PINKeyFile is where the key of the PINs' hashes lies: as configured, else in the data folder.
func PINKeyFile(c config.Config) string {
	if c.PINKeyFile != "" {
		return c.PINKeyFile
	}
	return folders{c.Data}.pinKey()
}

// catchUp does what the start could not do, once the database answers: schema, journal, and the book
// as it stands now. Called by the chores.
func (a *App) catchUp(ctx context.Context) error {
	if err := a.late.prepare(ctx); err != nil {
		return err
	}
	known, err := a.store.Fact(ctx, pinKeyFact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if known != "" && known != directory.KeyFingerprint(a.pinKey) {
		a.alarm(alarm.PINKey, "the PIN key is not the one that the database's PINs were made with: put the right one back and restart")
	}
	if err := a.judgeCompany(ctx); err != nil {
		a.alarm(alarm.Company, err.Error())
	}
	if err := a.replay(ctx); err != nil {
		return err
	}
	book, err := directory.ReadBook(ctx, a.store, time.Now())
	if err != nil {
		return err
	}
	if !a.stranger(book) {
		a.desk.SetBook(book)
		a.keep(book)
	}
	a.late = nil
	a.log.Info("the database answers: what waited is written")
	return nil
}

// stranger tells, with an alarm, whether a book is that of an empty database while the disk remembers contracts: it must
// not take the place of what the disk has.
func (a *App) stranger(book *directory.Book) bool {
	if a.book == nil || a.book.Contracts.Len() == 0 || book.Contracts.Len() > 0 {
		return false
	}
	a.alarm(alarm.Database, fmt.Sprintf("this database holds no contract, and the disk remembers %d: is it the right one? Restore its dump, and restart", a.book.Contracts.Len()))
	return true
}
