package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"hotline/directory"
	"hotline/journal"
	"hotline/storage"
)

// folders is where things lie below the data folder.
type folders struct{ data string }

func (f folders) postgres() string   { return filepath.Join(f.data, "postgres") }
func (f folders) journal() string    { return filepath.Join(f.data, "journal") }
func (f folders) recordings() string { return filepath.Join(f.data, "recordings") }
func (f folders) cache() string      { return filepath.Join(f.data, "cache") }
func (f folders) spoken() string     { return filepath.Join(f.data, "spoken") }
func (f folders) pinKey() string     { return filepath.Join(f.data, "pin.key") }

// make makes the data folder. Others may pass through it, because the private database runs as another user when we are
// root; what is inside is closed to them folder by folder.
func (f folders) make() error {
	if err := os.MkdirAll(f.data, 0o711); err != nil {
		return fmt.Errorf("making the data folder %s: %w; use another --data folder", f.data, err)
	}
	return f.writable()
}

// writable tells whether files can be made.
func (f folders) writable() error {
	file, err := os.CreateTemp(f.data, ".probe-*")
	if err != nil {
		return fmt.Errorf("writing to the data folder %s: %w; make it writable, or use another --data folder", f.data, err)
	}
	_, err = file.WriteString("probe")
	if err := errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name())); err != nil {
		return fmt.Errorf("writing to the data folder %s: %w", f.data, err)
	}
	return nil
}

// errLockless is a folder whose file system does not lock, such as NFS without its lock daemon.
var errLockless = errors.New("the file system does not lock: see to it yourself that no other hotline uses the folder")

// lock keeps the folder for this process until it ends or calls unlock: two of them would overwrite each other's journal.
// After errLockless and syscall.ENOSPC the folder can be used, without that care.
func (f folders) lock() (unlock func() error, err error) {
	file, err := os.OpenFile(filepath.Join(f.data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder %s: %w; make it writable, or use another --data folder", f.data, err)
	}
	if err := f.locked(syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file.Close, nil
}

// inUse tells whether a running hotline keeps the folder. A folder that cannot be asked is taken for free.
func (f folders) inUse() bool {
	file, err := os.Open(filepath.Join(f.data, "lock"))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// locked reads what flock answered.
func (f folders) locked(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return fmt.Errorf("another hotline uses the data folder %s: stop it, or use another --data folder (%w)", f.data, err)
	}
	return fmt.Errorf("locking the data folder %s: %w (%w)", f.data, errLockless, err)
}

const (
	pinKeyOctets = 32
	pinKeyFact   = "pin_key_fingerprint"
)

// readPINKey reads the key under which PINs are hashed. A missing one is made only where the database has never seen a key.
func readPINKey(ctx context.Context, s storage.Facts, file string) ([]byte, error) {
	known, err := s.Fact(ctx, pinKeyFact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("reading the fingerprint of the PIN key: %w", err)
	}
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && known != "":
		return nil, fmt.Errorf("the PIN key %s is missing, and the database's PINs were made with it: put it back from the backup", file)
	case errors.Is(err, fs.ErrNotExist):
		return makePINKey(ctx, s, file)
	case err != nil:
		return nil, fmt.Errorf("reading the PIN key: %w", err)
	}
	key, err := pinKeyOf(file, text, known)
	if err == nil && known == "" {
		err = s.PutFact(ctx, pinKeyFact, directory.KeyFingerprint(key))
	}
	return key, err
}

// pinKeyOf reads the key of a file's text, and holds it to the fingerprint known, if there is one.
func pinKeyOf(file string, text []byte, known string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) < pinKeyOctets {
		return nil, fmt.Errorf("the PIN key %s should be %d hexadecimal digits: put it back from the backup", file, 2*pinKeyOctets)
	}
	if known != "" && known != directory.KeyFingerprint(key) {
		return nil, fmt.Errorf("the PIN key %s is not the one that this database's PINs were made with: put the right one back from the backup", file)
	}
	return key, nil
}

func makePINKey(ctx context.Context, s storage.Facts, file string) ([]byte, error) {
	key := make([]byte, pinKeyOctets)
	rand.Read(key)
	if err := journal.ReplaceFile(file, []byte(hex.EncodeToString(key)+"\n")); err != nil { // on the disk before the database knows of it
		return nil, fmt.Errorf("making the PIN key: %w", err)
	}
	if err := s.PutFact(ctx, pinKeyFact, directory.KeyFingerprint(key)); err != nil {
		return nil, fmt.Errorf("noting the PIN key: %w", err)
	}
	return key, nil
}
