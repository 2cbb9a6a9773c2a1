// Package datadir is the data folder: where things lie in it, that one program uses it, and the keys of PINs and recordings.
//
// It starts no goroutine.
package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Dir is the path of a data folder. Safe for concurrent use.
type Dir string

// Postgres is where the private database lies.
func (d Dir) Postgres() string { return filepath.Join(string(d), "postgres") }

// Journal is where the journal and the leased ticket numbers lie.
func (d Dir) Journal() string { return filepath.Join(string(d), "journal") }

// Recordings is where recordings lie.
func (d Dir) Recordings() string { return filepath.Join(string(d), "recordings") }

// Cache is where the disk keeps what a start without a database needs.
func (d Dir) Cache() string { return filepath.Join(string(d), "cache") }

// Spoken is where the sounds of customers' names lie.
func (d Dir) Spoken() string { return filepath.Join(string(d), "spoken") }

// PINKey is the file of the PIN key, unless the configuration names another one.
func (d Dir) PINKey() string { return filepath.Join(string(d), "pin.key") }

// PushKey is the file of the key of push messages, unless the configuration names another one.
func (d Dir) PushKey() string { return filepath.Join(string(d), "push.key") }

// RecordingKeys is the file of the recordings' keys, unless the configuration names another one.
func (d Dir) RecordingKeys() string { return filepath.Join(string(d), "recordings.key") }

// Holds tells whether a file lies in the folder.
func (d Dir) Holds(file string) bool {
	way, err := filepath.Rel(string(d), file)
	return err == nil && filepath.IsLocal(way)
}

// Make makes the data folder. Others may pass through it, because the private database runs as another user when we are
// root; what is inside is closed to them folder by folder.
func (d Dir) Make() error {
	if err := os.MkdirAll(string(d), 0o711); err != nil {
		return fmt.Errorf("making the data folder %s: %w; use another --data folder", string(d), err)
	}
	return d.Writable()
}

// Writable tells whether files can be made.
func (d Dir) Writable() error {
	file, err := os.CreateTemp(string(d), ".probe-*")
	if err != nil {
		return fmt.Errorf("writing to the data folder %s: %w; make it writable, or use another --data folder", string(d), err)
	}
	_, err = file.WriteString("probe")
	if err := errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name())); err != nil {
		return fmt.Errorf("writing to the data folder %s: %w", string(d), err)
	}
	return nil
}

// ErrNoLocks says that the file system of the folder does not lock, such as NFS without its lock daemon.
var ErrNoLocks = errors.New("the file system does not lock: see to it yourself that no other hotline uses the folder")

// Lock keeps the folder for this process until it ends or calls unlock: two of them would overwrite each other's journal.
// After ErrNoLocks and syscall.ENOSPC the folder can be used, without that care.
func (d Dir) Lock() (unlock func() error, err error) {
	file, err := os.OpenFile(filepath.Join(string(d), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder %s: %w; make it writable, or use another --data folder", string(d), err)
	}
	if err := d.locked(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}

// InUse tells whether a running hotline keeps the folder. A folder that cannot be asked is taken for free.
func (d Dir) InUse() bool {
	file, err := os.Open(filepath.Join(string(d), "lock"))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// locked reads what flock answered.
func (d Dir) locked(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return fmt.Errorf("another hotline uses the data folder %s: stop it, or use another --data folder (%w)", string(d), err)
	}
	return fmt.Errorf("locking the data folder %s: %w (%w)", string(d), ErrNoLocks, err)
}
