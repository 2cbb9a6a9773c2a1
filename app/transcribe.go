package app

import (
	"context"
	"fmt"
	"time"

	"hotline/admin"
	"hotline/config"
	"hotline/prompts"
	"hotline/tickets"
	"hotline/transcription/engine"
)

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

// transcribe does the due work of recordings. Where the owner wants no recogniser any more, what is left of former times is done with.
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
	return a.cfg.Config.Language
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
