package inbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotline/limits"
	"hotline/mail"
	"hotline/storage"
	"hotline/tickets"
)

// open opens the ticket of a letter, under the number that was decided on.
func (k *Inbox) open(ctx context.Context, in *incoming) error {
	now := in.envelope.At
	_, err := k.cfg.Desk.Ticket(ctx, in.record.Ticket)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err != nil {
		draft := tickets.Draft{
			Number: in.record.Ticket, Channel: tickets.Email, Actor: "mail:" + in.letter.From, Language: cmp.Or(in.identity.contract.Language, k.cfg.Language()),
			Identity: tickets.Identity{Contract: in.identity.contract, Customer: in.identity.customer}, Text: in.text(), Facts: in.about(),
		}
		if !in.identity.known() {
			draft.Caller = limits.OneLine(in.sender(), limits.Number)
		}
		if in.record.Machine == "" {
			draft.Claim = mail.Claim(in.letter.Text, k.cfg.Forms...)
		}
		if in.identity.why != "" {
			draft.Facts["mail_request"] = in.identity.why
		}
		if in.record.Machine == "" && !in.auth.Forged() && k.answerable(in) {
			draft.Facts[tickets.FactAnswer] = in.sender()
		}
		if _, err := k.cfg.Desk.Open(ctx, draft, now); err != nil && !k.opened(ctx, in.record.Ticket, err) {
			return err
		}
	}
	return k.follow(ctx, in)
}

// opened tells whether another node has opened the ticket.
func (k *Inbox) opened(ctx context.Context, n tickets.Number, err error) bool {
	if !errors.Is(err, storage.ErrConflict) {
		return false
	}
	_, err = k.cfg.Desk.Ticket(ctx, n)
	return err == nil
}

// follow writes on a closed ticket that another one follows it.
func (k *Inbox) follow(ctx context.Context, in *incoming) error {
	if mail.EffectOf(in.record.Rule) != mail.Follows {
		return nil
	}
	t, err := k.thread(ctx, in)
	if err != nil || t.By == mail.ByNothing || t.Ticket.Number == in.record.Ticket {
		return err
	}
	e := tickets.Event{
		ID: "mail-" + in.record.ID + "-followed", Kind: tickets.MailReceived, Actor: "mail:" + in.letter.From,
		Text: fmt.Sprintf("%s\n\n-> %d", in.letter.Subject, in.record.Ticket), Facts: map[string]string{tickets.FactMail: in.record.ID, tickets.FactMailFrom: in.letter.From, "mail_rule": in.record.Rule},
	}
	return k.once(ctx, t.Ticket.Number, e)
}

// comment writes a letter into the history of its ticket, and takes the ticket up again where it waits for this answer.
func (k *Inbox) comment(ctx context.Context, in *incoming) error {
	e := tickets.Event{ID: "mail-" + in.record.ID, Kind: tickets.MailReceived, Actor: "mail:" + in.letter.From, Text: in.text(), Facts: in.about()}
	if err := k.once(ctx, in.record.Ticket, e); err != nil {
		return err
	}
	if mail.EffectOf(in.record.Rule) != mail.Resumes {
		return nil
	}
	_, err := k.cfg.Desk.Resume(ctx, in.record.Ticket, "mail:"+in.letter.From, in.letter.Subject, time.Now())
	var refused *tickets.MoveError
	if errors.As(err, &refused) {
		return nil // staff were faster
	}
	return err
}

// once writes a line unless it stands there. Of two who write it at once, on two nodes too, the second finds it written.
func (k *Inbox) once(ctx context.Context, n tickets.Number, e tickets.Event) error {
	stands, err := k.stands(ctx, n, e.ID)
	if err != nil || stands {
		return err
	}
	if _, err = k.cfg.Desk.Note(ctx, n, e, time.Now()); err != nil {
		if stands, again := k.stands(ctx, n, e.ID); again == nil && stands {
			return nil
		}
	}
	return err
}

// stands tells whether a line is written.
func (k *Inbox) stands(ctx context.Context, n tickets.Number, line string) (bool, error) {
	lines, err := k.cfg.Desk.History(ctx, n)
	return slices.ContainsFunc(lines, func(l tickets.Event) bool { return l.ID == line }), err
}
