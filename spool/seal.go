package spool

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"hotline/sealed"
)

const (
	pieceOctets = 16 * sealed.Chunk // sealed in one go
	shareInCall = 10                // while somebody is on the telephone, one part of so many of a core
	againTime   = time.Hour         // after which what could not be sealed is tried again
)

// file is one that is being written.
type file interface {
	io.ReadWriteCloser
	io.ReaderAt
	io.WriterAt
	Sync() error
	Stat() (os.FileInfo, error)
}

// files is what recording and sealing do to the disk, step by step. A process may die, and the power may fail, before each of the steps.
type files interface {
	Begin(name string) (file, error)  // where none is there
	Create(name string) (file, error) // in the place of one that a former process began
	Rename(from, to string) error     // in the place of one that is there
	Remove(name string) error
	SyncFolder() error // brings what was renamed and removed to the disk
}

// disk is the true one.
type disk struct{ root *os.Root }

func (d disk) Begin(name string) (file, error) {
	return d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
}

func (d disk) Create(name string) (file, error) {
	return d.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
}

func (d disk) Rename(from, to string) error { return d.root.Rename(from, to) }
func (d disk) Remove(name string) error     { return d.root.Remove(name) }

func (d disk) SyncFolder() error {
	dir, err := d.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// SealAll seals older recordings: those in the clear, and those sealed with a former key. It comes back when that is done, or ctx
// ends; where some cannot be sealed it logs why and tries them again in an hour. busy tells whether somebody is on the telephone:
// sealing then takes a tenth of a core. What was begun and not finished is begun anew, whenever the process died.
func (f *Folder) SealAll(ctx context.Context, busy func() bool, log *slog.Logger) {
	if !f.encryption.seals() {
		return
	}
	rest := func(worked time.Duration) error {
		if !busy() {
			return ctx.Err()
		}
		return pause(ctx, worked*(shareInCall-1))
	}
	for {
		done, failed := f.sealOnce(rest, log)
		if done > 0 {
			log.Info("older recordings are sealed", "recordings", done)
		}
		if failed == 0 || pause(ctx, againTime) != nil {
			return
		}
	}
}

// pause waits for a while; the error is that of ctx, which ended before.
func pause(ctx context.Context, span time.Duration) error {
	t := time.NewTimer(span)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sealOnce tries each recording that is to be sealed once. It tells how many were, and how many could not be.
func (f *Folder) sealOnce(rest func(worked time.Duration) error, log *slog.Logger) (done, failed int) {
	names, err := f.names()
	if err != nil {
		log.Warn("older recordings are sealed later", "error", err)
		return 0, 1
	}
	for _, name := range names {
		worked, err := f.sealOne(name, rest)
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return done, failed
		case err != nil:
			log.Warn("a recording is not sealed with the present key", "file", name, "error", err)
			failed++
		case worked:
			done++
		}
	}
	return done, failed
}

// sealOne seals one file, where it needs to be.
func (f *Folder) sealOne(name string, rest func(time.Duration) error) (bool, error) {
	if _, begun := strings.CutSuffix(name, newSuffix); begun {
		return false, f.removeBegun(name)
	}
	if id, inTheClear := strings.CutSuffix(name, clearSuffix); inTheClear {
		return true, f.sealClear(id, rest)
	}
	id, isSealed := strings.CutSuffix(name, sealedSuffix)
	if !isSealed {
		return false, nil
	}
	return f.renew(id, rest)
}

// removeBegun removes what a former process had begun to seal.
func (f *Folder) removeBegun(name string) error {
	if err := f.files.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// sealClear puts a sealed recording in the place of one in the clear.
func (f *Folder) sealClear(id string, rest func(time.Duration) error) error {
	from, err := f.root.Open(id + clearSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return nil // it was deleted
	}
	if err != nil {
		return err
	}
	defer from.Close()
	if err := f.write(id, wholeFile, from, rest); err != nil {
		return err
	}
	f.moving.Lock()
	defer f.moving.Unlock()
	if _, err := f.root.Stat(id + clearSuffix); err != nil { // deleted meanwhile
		return f.removeBegun(id + newSuffix)
	}
	if err := f.replace(id); err != nil {
		return err
	}
	return errors.Join(f.files.Remove(id+clearSuffix), f.files.SyncFolder())
}

// renew seals a recording anew that was sealed with a former key. One without its end gets it first: nobody writes with a former
// key any more, so its process died, or its disk was full.
func (f *Folder) renew(id string, rest func(time.Duration) error) (bool, error) {
	file, err := f.root.Open(id + sealedSuffix)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	used, err := sealed.KeyOf(file, info.Size(), id)
	if err != nil || used == f.encryption.Keys.IDs()[0] {
		return false, err
	}
	r, err := sealed.NewReader(file, info.Size(), id, f.encryption.Keys)
	if errors.Is(err, sealed.ErrCut) {
		if err = f.Recover(id); err == nil {
			return f.renew(id, rest)
		}
	}
	if err != nil {
		return false, err
	}
	if err := f.write(id, r.Format(), r, rest); err != nil {
		return false, err
	}
	f.moving.Lock()
	defer f.moving.Unlock()
	if _, err := f.root.Stat(id + sealedSuffix); err != nil {
		return false, f.removeBegun(id + newSuffix)
	}
	return true, f.replace(id)
}

// write seals content beside the recording, brings it to the disk, and proves that it can be read as it was. Where it fails it
// leaves nothing behind: a disk that is full gets its room back.
func (f *Folder) write(id string, format byte, content io.Reader, rest func(time.Duration) error) (err error) {
	to, err := f.files.Create(id + newSuffix)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, to.Close()); err != nil {
			err = errors.Join(err, f.removeBegun(id+newSuffix))
		}
	}()
	w, err := sealed.NewWriter(to, id, format, f.encryption.Keys)
	if err != nil {
		return err
	}
	was, is := sha256.New(), sha256.New()
	if err := inPieces(io.MultiWriter(w, was), content, rest); err != nil {
		return err
	}
	if err := errors.Join(w.Close(), to.Sync()); err != nil {
		return err
	}
	info, err := to.Stat()
	if err != nil {
		return err
	}
	r, err := sealed.NewReader(to, info.Size(), id, f.encryption.Keys)
	if err != nil {
		return err
	}
	if err := inPieces(is, r, rest); err != nil {
		return err
	}
	if string(was.Sum(nil)) != string(is.Sum(nil)) {
		return fmt.Errorf("what was sealed of recording %s is not read as it was: %w", id, sealed.ErrDamaged)
	}
	return nil
}

// inPieces copies, and rests after each piece, the last one too, for as long as is right for the time that it took.
func inPieces(to io.Writer, from io.Reader, rest func(time.Duration) error) error {
	for {
		began := time.Now()
		_, err := io.CopyN(to, from, pieceOctets)
		over := errors.Is(err, io.EOF)
		if err != nil && !over {
			return err
		}
		if err := rest(time.Since(began)); err != nil || over {
			return err
		}
	}
}

// replace puts what was sealed in the recording's place, for sure.
func (f *Folder) replace(id string) error {
	return errors.Join(f.files.Rename(id+newSuffix, id+sealedSuffix), f.files.SyncFolder())
}
