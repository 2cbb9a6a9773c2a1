package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"
	"time"

	"hotline/admin"
	"hotline/alarm"
	"hotline/config"
	"hotline/datadir"
	"hotline/prompts"
	"hotline/spool"
	"hotline/tickets"
	"hotline/transcription/engine"
)

// openRecordings opens the folder of recordings, with their keys.
func (a *App) openRecordings() error {
	d := &a.disk
	encryption, err := a.encryption()
	if err != nil {
		return err
	}
	if d.spool, err = spool.Open(d.dir.Recordings(), encryption); err != nil {
		return err
	}
	a.undo.add("the recordings", func(context.Context) error { return d.spool.Close() })
	return nil
}

// encryption says how recordings are kept. Where the owner no longer wants them sealed, older ones are still read with their key.
func (a *App) encryption() (spool.Encryption, error) {
	file, wanted := RecordingKeyFile(a.cfg.Config), a.cfg.Config.Recordings.Encrypt
	there, err := spool.Sealed(a.disk.dir.Recordings())
	if err != nil || !wanted && !there {
		return spool.Encryption{}, err
	}
	keys, err := datadir.ReadRecordingKeys(file, there)
	if errors.Is(err, syscall.ENOSPC) {
		a.alarm(alarm.Disk, err.Error()+"; recordings are kept in the clear until a start with room on the disk, which seals them")
		return spool.Encryption{}, nil
	}
	if err == nil && wanted && a.cfg.Demo == nil && a.disk.dir.Holds(file) {
		a.log.Warn("the key of the recordings lies in the data folder: who has a copy of the folder can listen to them; move the file elsewhere, and name it in recordings.key_file", "file", file)
	}
	return spool.Encryption{Keys: keys, Off: !wanted}, err
}

// deleteRecordings deletes the sound of recordings that were erased, and what the journal tells of them.
func (a *App) deleteRecordings(ids []string) error {
	var faults []error
	for _, id := range ids {
		faults = append(faults, a.disk.spool.Remove(id))
	}
	return errors.Join(append(faults, a.disk.journal.Forget(ids))...)
}

// openRecording opens the sound of a recording.
func (a *App) openRecording(_ context.Context, r tickets.Recording) (io.ReadSeekCloser, error) {
	open := a.disk.spool.Open
	if r.Partial {
		open = a.disk.spool.OpenPartial
	}
	file, err := open(r.ID)
	if err != nil {
		return nil, err
	}
	return loudReader{file, a.log}, nil
}

// loudReader logs why the rest of a recording cannot be read. The listener has its beginning already and hears that the rest is
// missing.
type loudReader struct {
	io.ReadSeekCloser
	log *slog.Logger
}

func (r loudReader) Read(b []byte) (int, error) {
	n, err := r.ReadSeekCloser.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		r.log.Error("a recording cannot be read", "error", err)
	}
	return n, err
}

// recogniser is the one of a configuration; nil where none is wanted.
func recogniser(c config.Transcription) engine.Driver {
	switch c.Driver {
	case config.TranscriptionCommand:
		return engine.Command{Argv: c.Command, Timeout: c.Timeout}
	case config.TranscriptionHTTP:
		return engine.HTTP{URL: c.URL, Model: c.Model, KeyFile: c.KeyFile, Timeout: c.Timeout}
	}
	return nil
}

// transcribe does the due work of recordings. Where the owner no longer wants a recogniser, work that is left over is dropped.
func (a *App) transcribe() func(context.Context, tickets.Work) error {
	d := recogniser(a.cfg.Config.Transcription)
	if d == nil {
		return func(context.Context, tickets.Work) error { return nil }
	}
	return engine.New(engine.Config{
		Driver: d, Rate: a.cfg.Config.Transcription.Rate, Store: a.db.Store, Open: a.openRecording, Language: a.languageOf, Now: time.Now, Log: a.log,
	}).Transcribe
}

// languageOf is the language that a ticket's caller spoke; the line's where that is not known.
func (a *App) languageOf(ctx context.Context, n tickets.Number) prompts.Language {
	t, err := a.db.Store.Ticket(ctx, n)
	if err == nil && t.Language != "" {
		return prompts.Language(t.Language)
	}
	return a.disk.settings.Language()
}

// recogniserHealth tells health whether the recogniser is there; nil where none is wanted.
func (a *App) recogniserHealth() admin.Recogniser {
	d := recogniser(a.cfg.Config.Transcription)
	if d == nil {
		return nil
	}
	if err := d.Ready(); err != nil {
		a.log.Warn("recordings are not put into text until the program that transcription.command names is installed", "error", fmt.Errorf("transcription: %w", err))
	}
	return d
}
