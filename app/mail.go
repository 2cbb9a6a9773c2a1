package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/admin/metrics"
	"hotline/alarm"
	"hotline/config"
	"hotline/notify"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
)

// Mailer sends letters; it is asked for only where there is a mail server. An error that wraps notify.ErrRefused is for ever.
type Mailer interface {
	Send(ctx context.Context, m notify.Message) error
}

// keepTrying is how long a letter that the server does not take is tried again (RFC 5321 section 4.5.4.1: four to five days).
const keepTrying = 4 * 24 * time.Hour

// openMail makes the mailer; without a server nothing is sent.
func (a *App) openMail(context.Context) error {
	if a.cfg.Virtual != nil {
		a.post = a.cfg.Virtual.Mailer
		return nil
	}
	m, err := mailer(a.cfg.Config.Mail)
	if err == nil && m != nil { // a nil mailer must not become an interface that is not nil
		a.post = m
	}
	return err
}

func mailer(c config.Mail) (*notify.Mailer, error) {
	if c.Server == "" {
		return nil, nil
	}
	account, err := secret(c.Account)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return notify.New(notify.Config{
		Server: c.Server, Security: notify.Security(c.Security), Roots: c.Roots, User: account.User, Password: account.Password, From: c.From,
	})
}

// TryMail sends a letter of no consequence, to show whether the configuration's mail server takes it.
func TryMail(ctx context.Context, c config.Mail, to string) error {
	m, err := mailer(c)
	if err != nil {
		return err
	}
	if m == nil {
		return errors.New("there is no mail.server in the configuration")
	}
	now := time.Now().UTC()
	return m.Send(ctx, notify.Message{
		ID: "try-" + newID(), Thread: "try", To: to, Subject: "hotline", Text: "hotline " + now.Format(time.RFC3339) + "\n",
	})
}

// receipt sends the customer the proof of a request.
func (a *App) receipt(ctx context.Context, w tickets.Work) error {
	t, err := a.desk.Ticket(ctx, w.Ticket)
	if err != nil || a.post == nil || t.State == tickets.NotRequest {
		return err
	}
	reader := a.desk.Book().Customers.At(t.Customer).Email
	if reader == "" {
		return nil
	}
	return a.deliver(ctx, w, notify.Receipt(t, written.In(prompts.Language(t.Language))), "receipt", []string{reader})
}

// notify tells staff or manager of an alarm: by mail where there is a server, and by the operator's log.
func (a *App) notify(ctx context.Context, w tickets.Work) error {
	t, err := a.desk.Ticket(ctx, w.Ticket)
	if err != nil {
		return err
	}
	if w.Facts["alarm"] != sla.AtBreach && !sla.Met(t.Clocks, sla.Kind(w.Facts["clock"])).IsZero() {
		return nil // the night held a warning back, and it was done meanwhile
	}
	text := fmt.Sprintf("%s: %s, due at %s, alarm %s", w.Facts["to"], w.Facts["clock"], w.Facts["due"], w.Facts["alarm"])
	readers := a.cfg.Config.Mail.Staff
	if w.Facts["to"] == "manager" {
		readers = a.cfg.Config.Mail.Manager
	}
	if a.post == nil || len(readers) == 0 {
		a.alarm(alarm.Notify, fmt.Sprintf("ticket %d: %s", w.Ticket, text))
		return a.noted(ctx, w, tickets.Notified, text, "", time.Now())
	}
	accounts, err := a.desk.Explain(ctx, t)
	if err != nil {
		return err
	}
	t.Caller = a.plan.Shown(t.Caller)
	for _, k := range accounts {
		if string(k.Clock.Kind) == w.Facts["clock"] {
			if w.Facts["alarm"] == sla.AtBreach && k.Clock.BrokenAt.IsZero() {
				return nil // what met it in time was entered before the letter went
			}
			return a.deliver(ctx, w, notify.Alarm(w.ID, t, w.Facts["alarm"], k, written.In(a.cfg.Config.Language)), text, readers)
		}
	}
	return nil // other terms or another category: there is no such clock any more
}

// readers are who is told of an update in writing; nobody without a mail server.
func (a *App) readers(u tickets.Update) []string {
	m := a.cfg.Config.Mail
	switch {
	case a.post == nil || !slices.Contains(m.Notify, u):
		return nil
	case u == tickets.UpdateUnreached && len(m.Manager) > 0:
		return m.Manager
	}
	return m.Staff
}

// onceAnHour is how often those in charge are told in writing that nobody answers one ticket.
const onceAnHour = time.Hour

// update tells staff of a new ticket, of an assignment, of a restore, of a close, and those in charge that nobody was
// reached. The letter tells of the line for which it goes out, and how the ticket stands now.
func (a *App) update(ctx context.Context, w tickets.Work) error {
	u := tickets.Update(w.Facts[tickets.FactUpdate])
	readers := a.readers(u)
	t, err := a.desk.Ticket(ctx, w.Ticket)
	if err != nil || len(readers) == 0 {
		return err
	}
	lines, err := a.desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.ID == w.Facts[tickets.FactLine] })
	if at < 0 {
		return fmt.Errorf("ticket %d has no line %s", w.Ticket, w.Facts[tickets.FactLine])
	}
	if u == tickets.UpdateUnreached && toldOf(lines, w.ID, lines[at].At) {
		return nil
	}
	t.Caller = a.plan.Shown(t.Caller)
	return a.deliver(ctx, w, notify.Update(t, lines[at], written.In(a.cfg.Config.Language)), "update "+string(u), readers)
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
func (a *App) deliver(ctx context.Context, w tickets.Work, letter notify.Message, text string, readers []string) error {
	lines, err := a.desk.History(ctx, w.Ticket)
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
		switch err := a.post.Send(ctx, letter); {
		case err == nil:
			a.metrics.Mailed(metrics.Sent)
		case errors.Is(err, notify.ErrRefused) || time.Since(w.Due) > keepTrying:
			a.metrics.Mailed(metrics.Undelivered)
			kind, told = tickets.Undelivered, fmt.Sprintf("%s, not delivered to %s: %v", text, reader, err)
			a.alarm(alarm.Mail, fmt.Sprintf("ticket %d: %s", w.Ticket, told))
		default:
			a.metrics.Mailed(metrics.Deferred)
			failed = append(failed, err)
			continue
		}
		failed = append(failed, a.noted(ctx, w, kind, told, reader, time.Now()))
	}
	return errors.Join(failed...)
}

// noted writes into the history that somebody was told, or could not be.
func (a *App) noted(ctx context.Context, w tickets.Work, kind tickets.EventKind, text, reader string, now time.Time) error {
	facts := map[string]string{"work": w.ID}
	for k, v := range w.Facts {
		facts[k] = v
	}
	if reader != "" {
		facts["reader"] = reader
	}
	_, err := a.desk.Note(ctx, w.Ticket, tickets.Event{Kind: kind, Actor: "system", Text: text, Facts: facts}, now)
	return err
}
