// Package delivery sends the letters that are due: receipts, alarms and updates. It knows who reads which, tries again what the mail
// server does not take, and enters each letter into the ticket's history, by which none is sent twice.
//
// Due work calls it. It starts no goroutine.
package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/alarm"
	"hotline/mail"
	"hotline/notify"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
)

// Mailer sends letters. An error that wraps notify.ErrRefused is for ever. notify.Mailer implements it.
type Mailer interface {
	Send(ctx context.Context, m notify.Message) error
}

// Desk is what letters tell of, and where it is entered that they went out. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
	Explain(ctx context.Context, t tickets.Ticket) ([]sla.Account, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
	Reader(t tickets.Ticket, lines []tickets.Event) string
}

// Outcome is what became of one try to send a letter.
type Outcome string

// The outcomes of a try.
const (
	Sent     Outcome = "sent"
	Deferred Outcome = "deferred" // the server does not take it now: it is tried again
	GivenUp  Outcome = "given up"
)

// Config is what [Letters] work with. All of it is required, but for Mailer and Link.
type Config struct {
	Desk     Desk
	Readers  Readers
	Mailer   Mailer                     // nil: no mail is sent, and nobody reads anything
	Language func() prompts.Language    // of the house
	Shown    func(number string) string // a telephone number as people write it
	Link     Link                       // nil: letters to customers carry no link
	Count    func(Outcome)
	Alarm    alarm.Func
	Threads  *mail.Addresses // by which answers find their ticket; nil: no mail is taken in
	// May tells whether an address may get the receipt of a ticket now; nil: always.
	May func(ctx context.Context, address string, n tickets.Number, now time.Time) (bool, error)
}

// Link gives the address of a link that opens a ticket alone, for a letter to its customer. For one letter it is always the same, so that
// a letter that is tried again carries the link that its first try did.
type Link func(ctx context.Context, n tickets.Number, letter string) (address string, err error)

// Letters sends what is due in writing. Safe for concurrent use.
type Letters struct{ cfg Config }

// New makes letters; it starts nothing.
func New(c Config) *Letters { return &Letters{c} }

// keepTrying is how long a letter that the server does not take is tried again (RFC 5321 section 4.5.4.1: four to five days).
const keepTrying = 4 * 24 * time.Hour

// Receipt sends the customer the proof of a request.
func (l *Letters) Receipt(ctx context.Context, w tickets.Work) error {
	t, err := l.cfg.Desk.Ticket(ctx, w.Ticket)
	if err != nil || !l.cfg.Readers.Mail || t.State == tickets.NotRequest {
		return err
	}
	lines, err := l.cfg.Desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	reader := l.cfg.Desk.Reader(t, lines)
	if reader == "" {
		return nil
	}
	if l.cfg.May != nil && t.Channel == tickets.Email {
		if may, err := l.cfg.May(ctx, reader, t.Number, time.Now()); err != nil || !may {
			return err
		}
	}
	words := written.In(prompts.Language(t.Language))
	letter, err := l.linked(ctx, t, notify.Receipt(t, l.answerable(), words), words)
	if err != nil {
		return err
	}
	return l.deliver(ctx, w, l.threaded(letter, t, lines, reader), "receipt", []string{reader})
}

// linked adds to a letter to a customer the link that opens its ticket.
func (l *Letters) linked(ctx context.Context, t tickets.Ticket, m notify.Message, w written.Words) (notify.Message, error) {
	if l.cfg.Link == nil {
		return m, nil
	}
	address, err := l.cfg.Link(ctx, t.Number, m.ID)
	if err != nil {
		return notify.Message{}, fmt.Errorf("making a link to ticket %d for a letter: %w", t.Number, err)
	}
	return notify.Follow(m, address, w), nil
}

// Alarm tells staff or manager of an alarm: by mail where there is a server, and by the operator's log.
func (l *Letters) Alarm(ctx context.Context, w tickets.Work) error {
	t, err := l.cfg.Desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	if w.Facts["alarm"] != sla.AtBreach && !sla.Met(t.Clocks, sla.Kind(w.Facts["clock"])).IsZero() {
		return nil // the night held a warning back, and it was done meanwhile
	}
	text := fmt.Sprintf("%s: %s, due at %s, alarm %s", w.Facts["to"], w.Facts["clock"], w.Facts["due"], w.Facts["alarm"])
	readers := l.cfg.Readers.Staff
	if w.Facts["to"] == "manager" {
		readers = l.cfg.Readers.Manager
	}
	if !l.cfg.Readers.Mail || len(readers) == 0 {
		l.cfg.Alarm(alarm.Notify, fmt.Sprintf("ticket %d: %s", w.Ticket, text))
		return l.noted(ctx, w, tickets.Notified, text, "", time.Now())
	}
	accounts, err := l.cfg.Desk.Explain(ctx, t)
	if err != nil {
		return err
	}
	t.Caller = l.cfg.Shown(t.Caller)
	for _, k := range accounts {
		if string(k.Clock.Kind) == w.Facts["clock"] {
			if w.Facts["alarm"] == sla.AtBreach && k.Clock.BrokenAt.IsZero() {
				return nil // what met it in time was entered before the letter went
			}
			return l.deliver(ctx, w, notify.Alarm(w.ID, t, w.Facts["alarm"], k, written.In(l.cfg.Language())), text, readers)
		}
	}
	return nil // other terms or another category: there is no such clock any more
}

// onceAnHour is how often those in charge are told in writing that nobody answers one ticket.
const onceAnHour = time.Hour

// Update tells staff of a new ticket, of an assignment, of a restore, of a close, and those in charge that nobody was
// reached. The letter tells of the line for which it goes out, and how the ticket stands now.
func (l *Letters) Update(ctx context.Context, w tickets.Work) error {
	u := tickets.Update(w.Facts[tickets.FactUpdate])
	readers := l.cfg.Readers.Of(u)
	t, err := l.cfg.Desk.Ticket(ctx, w.Ticket)
	if err != nil || len(readers) == 0 {
		return err
	}
	lines, err := l.cfg.Desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	line, err := lineOf(w, lines)
	if err != nil {
		return err
	}
	if u == tickets.UpdateUnreached && toldOf(lines, w.ID, line.At) {
		return nil
	}
	t.Caller = l.cfg.Shown(t.Caller)
	return l.deliver(ctx, w, notify.Update(t, line, written.In(l.cfg.Language())), "update "+string(u), readers)
}

// lineOf is the line of a history of which a letter tells.
func lineOf(w tickets.Work, lines []tickets.Event) (tickets.Event, error) {
	at := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.ID == w.Facts[tickets.FactLine] })
	if at < 0 {
		return tickets.Event{}, fmt.Errorf("ticket %d has no line %s", w.Ticket, w.Facts[tickets.FactLine])
	}
	return lines[at], nil
}

// toldOf tells whether a letter that nobody was reached went out for another line within the hour before it.
func toldOf(lines []tickets.Event, work string, at time.Time) bool {
	return slices.ContainsFunc(lines, func(e tickets.Event) bool {
		return e.Kind == tickets.Notified && e.Facts[tickets.FactUpdate] == string(tickets.UpdateUnreached) && e.Facts["work"] != work &&
			e.At.After(at.Add(-onceAnHour))
	})
}

// deliver sends a letter to each of its readers who does not have it yet, and writes each into the history. What the
// server does not take now is an error, so that the work comes again.
func (l *Letters) deliver(ctx context.Context, w tickets.Work, letter notify.Message, text string, readers []string) error {
	lines, err := l.cfg.Desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	var failed []error
	for _, reader := range readers {
		if slices.ContainsFunc(lines, func(e tickets.Event) bool { return e.Facts["work"] == w.ID && e.Facts["reader"] == reader }) {
			continue
		}
		letter.To = reader
		kind, told := tickets.Notified, fmt.Sprintf("%s, mailed to %s", text, reader)
		switch err := l.cfg.Mailer.Send(ctx, letter); {
		case err == nil:
			l.cfg.Count(Sent)
		case errors.Is(err, notify.ErrRefused) || time.Since(w.Due) > keepTrying:
			l.cfg.Count(GivenUp)
			kind, told = tickets.Undelivered, fmt.Sprintf("%s, not delivered to %s: %v", text, reader, err)
			l.cfg.Alarm(alarm.Mail, fmt.Sprintf("ticket %d: %s", w.Ticket, told))
		default:
			l.cfg.Count(Deferred)
			failed = append(failed, err)
			continue
		}
		failed = append(failed, l.noted(ctx, w, kind, told, reader, time.Now()))
	}
	return errors.Join(failed...)
}

// noted writes into the history that somebody was told, or could not be.
func (l *Letters) noted(ctx context.Context, w tickets.Work, kind tickets.EventKind, text, reader string, now time.Time) error {
	facts := map[string]string{"work": w.ID}
	for k, v := range w.Facts {
		facts[k] = v
	}
	if reader != "" {
		facts["reader"] = reader
	}
	_, err := l.cfg.Desk.Note(ctx, w.Ticket, tickets.Event{Kind: kind, Actor: "system", Text: text, Facts: facts}, now)
	return err
}
