package offline

import (
	"context"
	"encoding/hex"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/alarm"
	"hotline/directory"
	"hotline/directory/persistent"
	"hotline/memory"
	"hotline/storage"
	"hotline/tickets"
)

// desk keeps the book that it is given.
type desk struct{ book *directory.Book }

func (d *desk) SetBook(b *directory.Book) { d.book = b }

// journal holds nothing.
type noJournal struct{}

func (noJournal) Replay(context.Context, func(context.Context, tickets.Change) error) error {
	return nil
}

func TestAnEmptyDatabaseThatComesLateTakesNothingFromTheDesk(t *testing.T) {
	for name, c := range map[string]struct{ disk, database, taken bool }{
		"both have contracts": {true, true, true}, "the database is empty": {true, false, false}, "the disk had none": {false, true, true}, "neither has any": {false, false, true},
	} {
		store, remembered := memory.New(1), &directory.Book{}
		if c.database {
			if _, err := store.PutContract(t.Context(), directory.Contract{ID: "c", Customer: "x", Level: "extended"}); err != nil {
				t.Fatal(err)
			}
		}
		if c.disk {
			remembered.Contracts = persistent.Of(map[directory.ContractID]directory.Contract{"a": {ID: "a"}, "b": {ID: "b"}})
		}
		log := slog.New(slog.DiscardHandler)
		kept := NewCopy(t.TempDir(), log)
		kept.KeepBook(remembered)
		kept.Load()
		d, alarms := &desk{remembered}, ""
		s := &Start{
			Store: store, Copy: kept, Desk: d, Journal: noJournal{}, Prepare: func(context.Context) error { return nil }, Company: func(context.Context) error { return nil },
			Alarm: func(k alarm.Kind, _ string) { alarms += string(k) }, Log: log,
		}
		if !s.Waits() {
			t.Error("it does not wait")
		}
		s.Round(t.Context())
		if s.Waits() || (d.book != remembered) != c.taken || (alarms == "") != c.taken {
			t.Errorf("%s: waits %v, the database's book was taken %v, alarms %q", name, s.Waits(), d.book != remembered, alarms)
		}
		kept.Load()
		if want := map[bool]int{true: 2, false: 0}[c.disk && !c.taken]; !c.taken && kept.Book().Contracts.Len() != want {
			t.Errorf("%s: the disk has %d contracts", name, kept.Book().Contracts.Len())
		}
	}
}

// TestADatabaseThatIsStillAwayKeepsTheStartWaiting, and one with another key or another company alarms.
func TestADatabaseThatIsStillAwayKeepsTheStartWaiting(t *testing.T) {
	store, log, alarms := memory.New(1), slog.New(slog.DiscardHandler), ""
	if err := store.PutFact(t.Context(), "pin_key_fingerprint", "another"); err != nil {
		t.Fatal(err)
	}
	away := true
	s := &Start{
		Store: store, Copy: NewCopy(t.TempDir(), log), Desk: &desk{}, Journal: noJournal{}, PINKey: []byte("key"), Log: log,
		Prepare: func(context.Context) error {
			if away {
				return storage.ErrDown
			}
			return nil
		},
		Company: func(context.Context) error { return os.ErrPermission },
		Alarm:   func(k alarm.Kind, _ string) { alarms += string(k) + " " },
	}
	if s.Round(t.Context()); !s.Waits() || alarms != "" {
		t.Errorf("while it is away: waits %v, %q", s.Waits(), alarms)
	}
	away = false
	if s.Round(t.Context()); s.Waits() || alarms != "pin-key company " {
		t.Errorf("once it answers: waits %v, %q", s.Waits(), alarms)
	}
	var none *Start
	if none.Round(t.Context()); none.Waits() {
		t.Error("a start with the database waits for it")
	}
}

func TestTheDiskKnowsWhichPINKeyIsTheRightOne(t *testing.T) {
	dir := t.TempDir()
	c := NewCopy(dir, slog.New(slog.DiscardHandler))
	right, wrong := make([]byte, 32), make([]byte, 32)
	right[0] = 7
	c.KeepKey(right)
	for name, key := range map[string][]byte{"right": right, "wrong": wrong} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.PINKey(file); (err == nil) != (name == "right") || err != nil && !strings.Contains(err.Error(), "backup") {
			t.Errorf("the %s key without the database: %v", name, err)
		}
	}
}
