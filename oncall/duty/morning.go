package duty

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hotline/oncall/readiness"
	"hotline/sla"
	"hotline/storage"
)

// Facts remembers something by name. The stores implement it.
type Facts interface {
	Fact(ctx context.Context, key string) (string, error) // storage.ErrNotFound
	PutFact(ctx context.Context, key, value string) error
}

// Morning writes one letter a day, at 08:00 in the main rota's zone, about gaps ahead and telephones that are not proven. There is
// no letter on a day on which all is well, nor about telephones while nobody has ever proven one. Used by one goroutine.
type Morning struct {
	Roster *Roster
	Facts  Facts // remembers the day of the last letter, for all nodes
	Send   func(ctx context.Context, id, subject, text string) error
	Log    *slog.Logger

	next time.Time // no look before
}

const (
	letterHour  = 8
	letterAhead = 14 * 24 * time.Hour
	letterAgain = 10 * time.Minute // after a try that failed
	letterFact  = "oncall letter"
)

// Round looks whether it is time.
func (m *Morning) Round(ctx context.Context, now time.Time) {
	if now.Before(m.next) {
		return
	}
	next, err := m.write(ctx, now)
	if err != nil && ctx.Err() == nil {
		m.Log.Warn("the letter about who is on call goes out later", "error", err)
	}
	if m.next = next; err != nil {
		m.next = now.Add(letterAgain)
	}
}

// write sends the letter of the day, unless it was sent or is not due, and tells when the next one is.
func (m *Morning) write(ctx context.Context, now time.Time) (next time.Time, err error) {
	k, err := m.Roster.read(ctx)
	if err != nil {
		return now, err
	}
	f, broken := k.facts, k.broken
	zone := time.UTC
	if len(f.Rotas) > 0 {
		zone = f.Rotas[0].Zone()
	}
	y, month, day := now.In(zone).Date()
	due := sla.WallClock(zone, time.Date(y, month, day, letterHour, 0, 0, 0, time.UTC))
	if now.Before(due) {
		return due, nil
	}
	next = sla.WallClock(zone, time.Date(y, month, day+1, letterHour, 0, 0, 0, time.UTC))
	today := due.Format(time.DateOnly)
	last, err := m.Facts.Fact(ctx, letterFact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return next, fmt.Errorf("reading the day of the last letter: %w", err)
	}
	if last == today {
		return next, nil
	}
	report := readiness.Of(f, now, now.Add(letterAhead))
	var lines []string
	if len(report.Gaps) > 0 || len(f.Proofs) > 0 { // a house in which nobody has ever proven a telephone is told by the command
		lines = report.Lines(zone)
	}
	if broken != nil {
		lines = append(lines, broken.Error())
	}
	if len(lines) > 0 {
		text := "Of the next 14 days:\n\n- " + strings.Join(lines, "\n- ") + "\n\n`hotline oncall check` tells the same at any time.\n"
		if err := m.Send(ctx, "oncall-"+today, fmt.Sprintf("On call: %d things to mend", len(lines)), text); err != nil {
			return next, fmt.Errorf("sending the letter: %w", err)
		}
	}
	if err := m.Facts.PutFact(ctx, letterFact, today); err != nil {
		return next, fmt.Errorf("writing the day of the letter: %w", err)
	}
	return next, nil
}
