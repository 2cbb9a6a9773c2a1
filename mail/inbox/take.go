package inbox

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hotline/limits"
	"hotline/mail"
	"hotline/mail/parse"
	"hotline/mail/smtpd"
	"hotline/storage"
	"hotline/tickets"
)

// takeTime bounds one mail.
const takeTime = 30 * time.Second

// workerOf is who works at a mail: the same one for all mails of a sender, whose mark ends the name.
func workerOf(name string) int {
	h := fnv.New32a()
	mark := name
	if at := strings.LastIndexByte(name, '-'); at >= 0 {
		mark = name[at+1:]
	}
	h.Write([]byte(mark[:min(len(mark), senderMark)]))
	return int(h.Sum32() % atOnce)
}

const senderMark = 8 // characters

// idOf tells mails that came at the same instant apart; it begins with the sender's mark.
func idOf(e smtpd.Envelope, raw []byte) string {
	from, whole := sha256.Sum256([]byte(strings.ToLower(e.From))), sha256.Sum256(raw)
	return hex.EncodeToString(from[:senderMark/2]) + hex.EncodeToString(whole[:6])
}

// incoming is one mail on its way.
type incoming struct {
	name     string
	envelope smtpd.Envelope
	raw      []byte
	letter   mail.Letter
	unread   string
	scan     string // what the scanner found
	auth     mail.Authentication
	identity identity
	original original
	record   mail.Record
}

// take brings one mail to its ticket. Taken again after a crash it does what is not done yet.
func (k *Inbox) take(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, takeTime)
	defer cancel()
	e, raw, err := k.read(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading a mail: %w", err)
	}
	in := &incoming{name: name, envelope: e, raw: raw}
	in.letter, in.unread = parse.Read(e.From, e.Recipients, raw)
	id := in.letter.ID()
	known, err := k.cfg.Store.Mail(ctx, id)
	switch {
	case err == nil && known.Done:
		k.cfg.Count("again")
		return k.forget(name)
	case err == nil:
		in.record = known
	case !errors.Is(err, storage.ErrNotFound):
		return err
	}
	if k.cfg.Check != nil {
		in.auth = k.cfg.Check(ctx, e, in.letter.From, raw)
	}
	in.original = k.forward(in)
	in.identity = k.identify(in)
	if in.record.ID == "" {
		beats, err := k.beat(ctx, id, in)
		if err == nil && !beats {
			err = k.decide(ctx, id, in)
		}
		if err != nil {
			return err
		}
	}
	k.scan(ctx, in, filepath.Join(k.folder(), name+suffix))
	if err := k.carryOut(ctx, in); err != nil {
		return fmt.Errorf("mail %s: %w", id, err)
	}
	if err := k.cfg.Store.MailDone(ctx, id); err != nil {
		return err
	}
	k.cfg.Count(string(in.record.Outcome))
	return k.put(name, in.record.File)
}

// forget removes a mail that came a second time.
func (k *Inbox) forget(name string) error {
	return os.Remove(filepath.Join(k.folder(), name+suffix))
}

// decide asks the table, and writes down what it says before anything is done.
func (k *Inbox) decide(ctx context.Context, id string, in *incoming) error {
	now := in.envelope.At
	f, err := k.facts(ctx, in)
	if err != nil {
		return err
	}
	d := mail.Decide(f)
	in.record = mail.Record{
		ID: id, MessageID: in.letter.MessageID, From: in.letter.From, Subject: in.letter.Subject, At: now.UTC().Truncate(time.Microsecond), Outcome: d.Outcome,
		Ticket: d.Ticket, Machine: f.Machine, Rule: d.Rule, File: now.UTC().Format("2006-01") + "/" + id + suffix,
	}
	if k.cfg.Check != nil {
		in.record.Auth = in.auth.String()
	}
	if d.Outcome == mail.Opened {
		if in.record.Ticket, err = k.cfg.Numbers.Next(ctx); err != nil {
			return fmt.Errorf("a number for a mail's ticket: %w", err)
		}
	}
	in.record, err = k.cfg.Store.KeepMail(ctx, in.record)
	return err
}

// facts are what the table looks at.
func (k *Inbox) facts(ctx context.Context, in *incoming) (f mail.Facts, err error) {
	l := in.letter
	f = mail.Facts{
		Machine: k.machine(in), Bounce: l.Bounce.Recipient != "", Known: in.identity.known(), Staff: k.staff(l.From) && !in.auth.Forged(), Forged: in.auth.Forged(), Forward: in.opensForward(),
	}
	if f.Thread, err = k.thread(ctx, in); err != nil {
		return f, err
	}
	now := in.envelope.At
	records, err := k.cfg.Store.MailsFrom(ctx, l.From, now.Add(-mail.RepeatSpan), recordsMost)
	if err != nil {
		return f, err
	}
	if f.Machine != "" {
		f.Repeated, err = k.live(ctx, mail.Repeated(records, l.Subject))
		return f, err
	}
	var hour []mail.Record
	for _, r := range records {
		if r.At.After(now.Add(-mail.ShareSpan)) {
			hour = append(hour, r)
		}
	}
	f.Lately, err = k.live(ctx, mail.Lately(hour))
	return f, err
}

// machine tells why a letter is a machine's. Staff write from this house too.
func (k *Inbox) machine(in *incoming) string {
	if k.staff(in.letter.From) {
		return in.letter.Machine()
	}
	return in.letter.Machine(k.cfg.Own...)
}

const recordsMost = 200 // of a sender's, that are looked at

// live gives a ticket back if somebody still works on it.
func (k *Inbox) live(ctx context.Context, n tickets.Number) (tickets.Number, error) {
	if n == 0 {
		return 0, nil
	}
	t, err := k.cfg.Desk.Ticket(ctx, n)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !t.State.Live() {
		return 0, nil
	}
	return n, err
}

// thread finds the ticket that a letter belongs to, by the strongest evidence.
func (k *Inbox) thread(ctx context.Context, in *incoming) (mail.Thread, error) {
	for _, m := range in.identity.meant {
		if m.Ticket != 0 {
			if t, ok, err := k.ticket(ctx, m.Ticket); ok || err != nil {
				return mail.Thread{Ticket: t, By: mail.ByAddress}, err
			}
		}
	}
	if t, ok, err := k.referred(ctx, in); ok || err != nil {
		return mail.Thread{Ticket: t, By: mail.ByHeaders}, err
	}
	for _, n := range mail.Numbers(in.letter.Subject) {
		t, ok, err := k.ticket(ctx, n)
		if err != nil {
			return mail.Thread{}, err
		}
		if ok && in.identity.owns(t) {
			return mail.Thread{Ticket: t, By: mail.BySubject}, nil
		}
	}
	return mail.Thread{}, nil
}

func (k *Inbox) ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, bool, error) {
	t, err := k.cfg.Desk.Ticket(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return tickets.Ticket{}, false, nil
	}
	return t, err == nil, err
}

// referred finds the ticket of a letter that this one answers. An answer under another subject is a new matter; a report of a letter of
// ours has a subject of its own.
func (k *Inbox) referred(ctx context.Context, in *incoming) (tickets.Ticket, bool, error) {
	l := in.letter
	ids := append(append([]string{}, l.InReplyTo...), l.References...)
	for _, id := range ids {
		if n, ours := k.cfg.Addresses.OfMessage(id); ours {
			if slices.Contains(mail.Numbers(l.Subject), n) || k.machine(in) != "" {
				if t, ok, err := k.ticket(ctx, n); ok || err != nil {
					return t, ok, err
				}
			}
		}
	}
	if len(ids) == 0 {
		return tickets.Ticket{}, false, nil
	}
	records, err := k.cfg.Store.MailsWith(ctx, ids)
	if err != nil {
		return tickets.Ticket{}, false, err
	}
	for _, r := range records {
		if r.Ticket != 0 && mail.Bare(r.Subject) == mail.Bare(l.Subject) {
			if t, ok, err := k.ticket(ctx, r.Ticket); ok || err != nil {
				return t, ok, err
			}
		}
	}
	return tickets.Ticket{}, false, nil
}

// carryOut does what was decided.
func (k *Inbox) carryOut(ctx context.Context, in *incoming) error {
	l, now := in.letter, in.envelope.At
	if l.Bounce.Lasting() && in.record.Outcome != "" {
		if err := k.cfg.Store.MarkAddress(ctx, l.Bounce.Recipient, cmp.Or(l.Bounce.Text, l.Bounce.Status), now); err != nil {
			return err
		}
	} else if in.record.Machine == "" && l.From != "" {
		if err := k.cfg.Store.MarkAddress(ctx, l.From, "", now); err != nil { // who writes has an address that works
			return err
		}
	}
	var err error
	switch in.record.Outcome {
	case mail.Opened:
		err = k.open(ctx, in)
	case mail.Commented:
		err = k.comment(ctx, in)
	default:
		return nil
	}
	if err != nil {
		return err
	}
	return k.attach(ctx, in)
}

// text is what stands in the history: the subject and what the letter says itself.
func (in *incoming) text() string {
	text := mail.New(in.letter.Text)
	if in.original.forwarded {
		text = in.forwardedText()
	}
	if text == "" {
		text = "-"
	}
	if len(in.letter.Parts) > 0 {
		var names []string
		for _, p := range in.letter.Parts {
			names = append(names, fmt.Sprintf("%s (%s, %d B)", cmp.Or(p.Name, "-"), p.Type, len(p.Data)))
		}
		text += "\n\n[" + strings.Join(names, "; ") + "]"
	}
	return limits.Plain(cmp.Or(in.letter.Subject, "-")+"\n\n"+text, limits.Text)
}

// about are the facts of a line that a letter leaves.
func (in *incoming) about() map[string]string {
	l := in.letter
	facts := map[string]string{
		tickets.FactMail: in.record.ID, tickets.FactMailFrom: l.From, tickets.FactMailSubject: l.Subject, "mail_auth": in.auth.String(), "mail_rule": in.record.Rule,
		tickets.FactMessageID: l.MessageID,
	}
	for name, value := range map[string]string{"mail_name": l.Name, tickets.FactMailMachine: in.record.Machine, "mail_unread": in.unread, "mail_scan": in.scan, "mail_by": in.record.By, "mail_first": in.original.from, "mail_first_name": in.original.name} {
		if value != "" {
			facts[name] = value
		}
	}
	return facts
}
