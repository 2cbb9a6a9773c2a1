package inbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"hotline/mail"
	"hotline/mail/parse"
	"hotline/tickets"
)

// Read reads a letter that came in: what is remembered of it, and the letter itself. mail.ErrElsewhere: the original is not here.
func (k *Inbox) Read(ctx context.Context, id string) (mail.Record, mail.Letter, error) {
	in, err := k.kept(ctx, id)
	if err != nil {
		return mail.Record{}, mail.Letter{}, err
	}
	return in.record, in.letter, nil
}

// kept reads a letter that is done, as it would be taken.
func (k *Inbox) kept(ctx context.Context, id string) (*incoming, error) {
	r, err := k.cfg.Store.Mail(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("reading mail %s: %w", id, err)
	}
	whole, err := os.ReadFile(filepath.Join(k.cfg.Dir, r.File))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("mail %s: %w", id, mail.ErrElsewhere)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the original of mail %s: %w", id, err)
	}
	in := &incoming{record: r}
	in.envelope, in.raw = parted(whole)
	in.letter, in.unread = parse.Read(in.envelope.From, in.envelope.Recipients, in.raw)
	return in, nil
}

// Open opens a ticket of a letter that was filed, by the word of staff. A machine stays one: it is not answered.
func (k *Inbox) Open(ctx context.Context, id, actor string, now time.Time) (tickets.Number, error) {
	return k.settle(ctx, id, mail.Record{ID: id, Outcome: mail.Opened, By: actor}, now)
}

// AttachTo adds a letter that was filed to a ticket, by the word of staff.
func (k *Inbox) AttachTo(ctx context.Context, id string, n tickets.Number, actor string, now time.Time) (tickets.Number, error) {
	if _, err := k.cfg.Desk.Ticket(ctx, n); err != nil {
		return 0, fmt.Errorf("ticket %d: %w", n, err)
	}
	return k.settle(ctx, id, mail.Record{ID: id, Outcome: mail.Commented, Ticket: n, By: actor}, now)
}

// settle writes what staff say, and does it. Where the process died between the two, whoever says anything again has that done.
func (k *Inbox) settle(ctx context.Context, id string, said mail.Record, now time.Time) (tickets.Number, error) {
	in, err := k.kept(ctx, id)
	if err != nil {
		return 0, err
	}
	switch {
	case in.record.Open():
		if said.Outcome == mail.Opened {
			if said.Ticket, err = k.cfg.Numbers.Next(ctx); err != nil {
				return 0, fmt.Errorf("a number for a mail's ticket: %w", err)
			}
		}
		if err := k.cfg.Store.SettleMail(ctx, said, now); err != nil {
			return 0, err
		}
		in.record.Outcome, in.record.Ticket, in.record.By = said.Outcome, said.Ticket, said.By
	case in.record.By == "" || in.record.Done || in.record.Outcome == mail.Discarded:
		return 0, fmt.Errorf("mail %s: %w", id, mail.ErrSettled)
	}
	if k.cfg.Check != nil {
		in.auth = k.cfg.Check(ctx, in.envelope, in.letter.From, in.raw)
	}
	in.original = k.forward(in)
	in.identity = k.identify(in)
	k.scan(ctx, in, filepath.Join(k.cfg.Dir, in.record.File))
	if err := k.carryOut(ctx, in); err != nil {
		return 0, fmt.Errorf("mail %s: %w", id, err)
	}
	if err := k.cfg.Store.MailDone(ctx, id); err != nil {
		return 0, err
	}
	k.cfg.Count(string(in.record.Outcome))
	return in.record.Ticket, nil
}

// ThrowAway removes the original of a letter that was filed; what is remembered of it stays. Where the process died behind the word, whoever
// says it again has the original removed.
func (k *Inbox) ThrowAway(ctx context.Context, id, actor string, now time.Time) error {
	in, err := k.kept(ctx, id)
	if err != nil && !errors.Is(err, mail.ErrElsewhere) {
		return err
	}
	if in == nil || in.record.Outcome != mail.Discarded {
		err := k.cfg.Store.SettleMail(ctx, mail.Record{ID: id, Outcome: mail.Discarded, By: actor, Done: true}, now)
		if errors.Is(err, mail.ErrSettled) {
			if r, again := k.cfg.Store.Mail(ctx, id); again == nil && r.Outcome == mail.Discarded {
				return nil // somebody else has thrown it away at the same time
			}
		}
		if err != nil {
			return err
		}
		k.cfg.Count(string(mail.Discarded))
	}
	if in == nil {
		return nil
	}
	if err := os.Remove(filepath.Join(k.cfg.Dir, in.record.File)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the original of mail %s: %w", id, err)
	}
	return nil
}
