// Package recording is the recording line: what is spoken into a telephone becomes a prompt, by the same mastering and the same checks
// as a file that is uploaded. The conversation is that of ivr/console. It starts no goroutine.
package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"slices"
	"time"

	"hotline/audit"
	"hotline/ivr/console"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/speech/upload"
)

var _ console.Prompts = (*Line)(nil)

// Spool is where recordings lie. spool.Folder implements it.
type Spool interface {
	Open(id string) (io.ReadSeekCloser, error) // as a WAV file
	Remove(id string) error
}

// Line is the recording line. All of it is required. Safe for concurrent use.
type Line struct {
	Is        func(dialled string) bool // tells whether a number is the recording line's
	Engineers []string                  // who may replace what callers hear
	Booth     upload.Booth
	Spool     Spool
	// Ship is a prompt of the voice that ships, A-law of 8 kHz.
	Ship func(lang prompts.Language, key prompts.ID) []byte
	Log  *slog.Logger
}

// Called tells whether a number that was dialled is that of the recording line.
func (l *Line) Called(dialled string) bool { return dialled != "" && l.Is(dialled) }

// May tells whether an engineer may replace what callers hear.
func (l *Line) May(id oncall.EngineerID) bool { return slices.Contains(l.Engineers, string(id)) }

// Shipped is a prompt as the voice that ships says it.
func (l *Line) Shipped(lang prompts.Language, key prompts.ID) []byte { return l.Ship(lang, key) }

// Master makes a prompt of what was recorded; why is the sentence that says why nobody should hear it.
func (l *Line) Master(lang prompts.Language, e prompts.Entry, recording string) (take console.Take, why prompts.ID, err error) {
	file, err := l.read(recording)
	if err != nil {
		return take, "", fmt.Errorf("reading what was recorded of prompt %s: %w", e.ID, err)
	}
	p, sound, err := l.Booth.Master(lang, e, file)
	if why, ok := refusal(err); ok {
		l.Log.Info("what was recorded by telephone is no prompt", "language", lang, "key", e.ID, "error", err)
		return take, why, nil
	}
	if err != nil {
		return take, "", err
	}
	p.Format = "telephone"
	return console.Take{Prompt: p, Raised: int(math.Round(sound.Raised)), Cut: int(sound.Cut / time.Second)}, "", nil
}

func (l *Line) read(recording string) ([]byte, error) {
	f, err := l.Spool.Open(recording)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var file bytes.Buffer
	_, err = io.Copy(&file, io.LimitReader(f, upload.Largest))
	return file.Bytes(), err
}

// refusal is the sentence that says why a recording is no prompt.
func refusal(err error) (prompts.ID, bool) {
	for _, r := range []struct {
		kind error
		says prompts.ID
	}{
		{upload.ErrSilent, "no-speech"}, {upload.ErrQuiet, "record-quiet"}, {upload.ErrOverdriven, "record-loud"},
		{upload.ErrLong, "record-long"}, {upload.ErrShort, "record-short"}, {upload.ErrFull, "record-full"}, {upload.ErrUnfit, "record-long"},
	} {
		if errors.Is(err, r.kind) {
			return r.says, true
		}
	}
	return "", false
}

// Keep writes a prompt as the next version, which callers hear from the next sentence on. The record of who changed it names the
// engineer and the telephone.
func (l *Line) Keep(ctx context.Context, p replaced.Prompt, by oncall.EngineerID, number string, now time.Time) (why prompts.ID, err error) {
	if l.Booth.Full(p) != nil { // since it was made, somebody else may have replaced another one
		return "record-full", nil
	}
	who := "engineer:" + string(by)
	p, err = l.Booth.Write(audit.With(ctx, audit.Origin{Who: who, From: number, Route: Route, At: now}), p, who)
	if err != nil {
		return "", err
	}
	l.Log.Info("a prompt was replaced by telephone", "by", who, "language", p.Language, "key", p.Key, "version", p.Version)
	return "", nil
}

// Route stands in the record of changes for the way by which the change was made.
const Route = "by telephone"

// Forget deletes what was recorded.
func (l *Line) Forget(recording string) {
	if err := l.Spool.Remove(recording); err != nil {
		l.Log.Warn("what was recorded for a prompt stays on the disk until the next start", "recording", recording, "error", err)
	}
}
