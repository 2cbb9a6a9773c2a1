package inbox

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"hotline/attachments"
	"hotline/limits"
	"hotline/mail"
	"hotline/tickets"
)

// reason is why a file of a letter is not kept.
type reason struct {
	why error
	id  string // as the history has it
}

// reasons are all of them, in the order in which a history tells them.
func reasons() []reason {
	return []reason{{attachments.ErrLarge, "large"}, {attachments.ErrProgram, "program"}, {attachments.ErrFull, "full"}, {attachments.ErrEmpty, "empty"}, {errScanned, "scan"}}
}

// errScanned is a letter with which something is wrong, as the scanner says.
var errScanned = errors.New("the scanner has refused the mail")

// scan has the original checked. What is wrong with it is written on the ticket.
func (k *Inbox) scan(ctx context.Context, in *incoming, file string) {
	if k.cfg.Scan == nil {
		return
	}
	if err := k.cfg.Scan(ctx, file); err != nil {
		in.scan = limits.OneLine(err.Error(), limits.Line)
	}
}

// attach keeps the files of a letter as those of its ticket, each once however often it is done. What is not kept is named on the ticket; the
// original has it. The report of a letter that came back brings none.
func (k *Inbox) attach(ctx context.Context, in *incoming) error {
	if k.cfg.Files == nil || in.letter.Bounce.Recipient != "" {
		return nil
	}
	refused := map[string][]string{}
	for _, p := range in.letter.Parts {
		err := k.keep(ctx, in, p)
		at := slices.IndexFunc(reasons(), func(r reason) bool { return errors.Is(err, r.why) })
		switch {
		case err == nil:
		case at < 0:
			return err
		default:
			id := reasons()[at].id
			refused[id] = append(refused[id], cmp.Or(p.Name, "-"))
		}
	}
	for _, r := range reasons() {
		names := refused[r.id]
		if len(names) == 0 {
			continue
		}
		e := tickets.Event{
			ID: "mail-" + in.record.ID + "-refused-" + r.id, Kind: tickets.AttachmentRefused, Actor: "system",
			Facts: map[string]string{"file": limits.OneLine(strings.Join(names, ", "), limits.Line), tickets.FactRefused: r.id, tickets.FactMail: in.record.ID},
		}
		if err := k.once(ctx, in.record.Ticket, e); err != nil {
			return err
		}
	}
	return nil
}

// keep keeps one file.
func (k *Inbox) keep(ctx context.Context, in *incoming, p mail.Part) error {
	if in.scan != "" {
		return errScanned
	}
	_, err := k.cfg.Files.Attach(ctx, k.cfg.Desk, attachments.Incoming{Ticket: in.record.Ticket, Name: p.Name, Type: p.Type, Actor: "mail:" + in.letter.From}, bytes.NewReader(p.Data), time.Now())
	return err
}
