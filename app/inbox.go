package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"hotline/alarm"
	"hotline/backend"
	"hotline/certificate"
	"hotline/config"
	"hotline/heartbeat"
	"hotline/heartbeat/ping"
	"hotline/mail"
	"hotline/mail/authentic"
	"hotline/mail/inbox"
	"hotline/mail/mailbox"
	"hotline/mail/smtpd"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// threads are the addresses by which answers find their ticket; nil where no mail is taken in.
func (a *App) threads() *mail.Addresses {
	if !a.cfg.Config.Mail.Inbox.Takes() {
		return nil
	}
	return &mail.Addresses{Main: strings.ToLower(a.cfg.Config.Mail.Inbox.Address), Key: mail.KeyOf(a.disk.pinKey)}
}

// receiptSpan is how often one address gets a receipt: the last net under every loop.
const receiptSpan = time.Hour

// mayReceipt tells whether an address may get the receipt of a ticket.
func (a *App) mayReceipt(ctx context.Context, address string, n tickets.Number, now time.Time) (bool, error) {
	return a.db.Store.ClaimReceipt(ctx, strings.ToLower(address), n, now.Add(-receiptSpan), now)
}

// openMail takes mail in, where the configuration says so.
func (a *App) openMail(ctx context.Context) (err error) {
	c := a.cfg.Config.Mail
	addresses := a.threads()
	if addresses == nil {
		return nil
	}
	own := []string{mail.Domain(addresses.Main)}
	for _, d := range append(c.Inbox.Domains, mail.Domain(strings.TrimSuffix(c.From, ">"))) {
		if d != "" {
			own = append(own, strings.ToLower(d))
		}
	}
	var staff []string
	for _, reader := range append(append([]string{}, c.Staff...), c.Manager...) {
		staff = append(staff, strings.ToLower(reader))
	}
	k := inbox.Config{
		Dir: filepath.Join(string(a.disk.dir), "mail"), Store: a.db.Store, Desk: a.desk, Numbers: a.disk.numbers, Addresses: *addresses, Own: own, Staff: staff,
		Language: a.languageText, Forms: forms(), Count: a.metrics.MailsTaken, Log: a.log,
		Files: a.files(), Beat: a.mailedBeat,
	}
	relays := prefixes(c.Inbox.Relays)
	if c.Inbox.Verify && a.cfg.Virtual == nil {
		k.Check = checker(relays)
	} else if a.cfg.Virtual != nil {
		k.Check = a.cfg.Virtual.Check
	}
	if len(c.Inbox.Scanner) > 0 {
		k.Scan = a.scanner(c.Inbox.Scanner)
	}
	if a.machines.mails, err = inbox.New(k); err != nil {
		return err
	}
	if a.cfg.Virtual != nil {
		return nil
	}
	if c.Inbox.Listen.IsValid() {
		if err := a.listenForMail(ctx, relays, *addresses); err != nil {
			return err
		}
	}
	return a.readMailbox(*addresses)
}

// readMailbox makes the reader of the mailbox, where there is one. It runs in the background.
func (a *App) readMailbox(addresses mail.Addresses) error {
	c := a.cfg.Config.Mail.Inbox
	if c.IMAP.Server == "" {
		return nil
	}
	account, err := secret(c.IMAP.Account)
	if err != nil {
		return fmt.Errorf("mail.inbox.imap: %w", err)
	}
	var trust *tls.Config
	if c.IMAP.Roots != "" {
		roots, err := certificate.Roots(c.IMAP.Roots)
		if err != nil {
			return fmt.Errorf("mail.inbox.imap: the authorities of the server: %w", err)
		}
		trust = &tls.Config{RootCAs: roots}
	}
	a.machines.mailbox = mailbox.New(mailbox.Config{
		Server: c.IMAP.Server, Security: mailbox.IMAPEncryption(c.IMAP.Security), TLS: trust, User: account.User, Password: account.Password, Folder: c.IMAP.Folder, Done: c.IMAP.Done,
		Main: addresses.Main, MaxBytes: int64(c.Megabytes) << 20, Known: a.mailKnown(addresses),
		Keep: a.machines.mails.Keep, Count: a.metrics.MailsTaken, Now: time.Now, Log: a.log,
	})
	return nil
}

// listenForMail opens the listener.
func (a *App) listenForMail(ctx context.Context, relays []netip.Prefix, addresses mail.Addresses) error {
	c := a.cfg.Config.Mail.Inbox
	encryption, err := mailTLS(a.cfg.Config.SIP.TLS, a.log)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen.String())
	if err != nil {
		return fmt.Errorf("opening the mail listener at %s: %w; free the port, or write another one at mail.inbox.listen", c.Listen, err)
	}
	server := smtpd.New(smtpd.Config{
		Domain: cmp.Or(c.Name, mail.Domain(c.Address)), TLS: encryption, MaxBytes: int64(c.Megabytes) << 20, Relays: relays,
		Known: a.mailKnown(addresses),
		Keep:  a.machines.mails.Keep, Count: a.metrics.MailsTaken, Now: time.Now, Log: a.log, Check: envelopes(c.Verify, relays),
	})
	a.machines.smtp, a.machines.refused = l.Addr(), server.Refused
	server.Serve(l)
	a.undo.add("the mail listener", server.Close)
	return nil
}

// mailTLS shows the house's certificate, which is read again when it changes; nil where there is none.
func mailTLS(c config.TLS, log *slog.Logger) (*tls.Config, error) {
	if c.Certificate == "" {
		return nil, nil
	}
	r, err := certificate.New(certificate.Config{Files: certificate.Files{Certificate: c.Certificate, Key: c.Key}, Now: time.Now, Log: log})
	if err != nil {
		return nil, fmt.Errorf("the certificate of the mail listener (sip.tls): %w", err)
	}
	return r.Server(), nil
}

// checker asks the system's name server who sent a mail.
func checker(relays []netip.Prefix) func(context.Context, smtpd.Envelope, string, []byte) mail.Authentication {
	return func(ctx context.Context, e smtpd.Envelope, from string, raw []byte) mail.Authentication {
		return authentic.Check(ctx, net.DefaultResolver, authentic.Sender{Peer: outside(e.Peer, relays), Hello: e.Hello, ReturnPath: e.From, From: from}, raw)
	}
}

// envelopes asks the system's name server who sent a mail that is refused; nil where nobody is to be asked.
func envelopes(verify bool, relays []netip.Prefix) func(context.Context, smtpd.Envelope) string {
	if !verify {
		return nil
	}
	return func(ctx context.Context, e smtpd.Envelope) string {
		return authentic.Envelope(ctx, net.DefaultResolver, authentic.Sender{Peer: outside(e.Peer, relays), Hello: e.Hello, ReturnPath: e.From})
	}
}

// outside is the address of a sending server; that of a server of the house tells nothing.
func outside(peer netip.Addr, relays []netip.Prefix) netip.Addr {
	for _, r := range relays {
		if r.Contains(peer) {
			return netip.Addr{}
		}
	}
	return peer
}

// What a scanner may cost: its time, what it says, and what it may write into a file of its own, in octets.
const (
	scanTime    = time.Minute // it has the lowest priority
	scanAnswer  = 64 << 10
	scanScratch = 256 << 20
)

// scanner runs a program over the original of a mail; another exit status than 0 says that something is wrong with it. If it
// cannot be run, or does not end in time, the operator must repair it; until then no file of a mail is kept.
func (a *App) scanner(command []string) func(context.Context, string) error {
	scan := backend.Program{Argv: command, Timeout: scanTime}
	return func(ctx context.Context, file string) error {
		_, err := scan.Output(ctx, backend.Run{Fill: strings.NewReplacer("{file}", file), Most: scanAnswer, File: scanScratch})
		var exited *exec.ExitError
		if err != nil && !errors.As(err, &exited) {
			a.alarm(alarm.Mail, fmt.Sprintf("the scanner of mails does not work, and attachments are not kept; see mail.inbox.scanner: %v", err))
		}
		return err
	}
}

// forms are the words of the form in every language that it is written in.
func forms() (list []mail.Form) {
	for _, lang := range prompts.Written() {
		w := written.In(lang)
		f := mail.Form{Field: w.Text("letter-category"), Categories: map[sla.Category]string{}}
		for _, c := range sla.Categories() {
			f.Categories[c] = w.Category(string(c))
		}
		list = append(list, f)
	}
	return list
}

// Threads are the addresses by which answers find their ticket, for those who embed the program and for tests; only after Start. Nil where
// no mail is taken in.
func (a *App) Threads() *mail.Addresses { return a.threads() }

// knownTime bounds the look for a key while a mail server waits.
const knownTime = 5 * time.Second

// mailKnown tells which addresses letters are taken for. A heartbeat's key is looked for; where the database does not answer the letter is taken,
// and looked at once it does.
func (a *App) mailKnown(addresses mail.Addresses) func(address string) bool {
	return func(address string) bool {
		m, ok := addresses.Of(address)
		if !ok || m.Beat == "" {
			return ok
		}
		ctx, cancel := context.WithTimeout(context.Background(), knownTime)
		defer cancel()
		_, err := a.db.Store.BeatOf(ctx, sha256.Sum256([]byte(m.Beat)))
		return !errors.Is(err, storage.ErrNotFound)
	}
}

// mailedBeat takes what a job says by mail. A subject that says nothing of how it ran is a beat.
func (a *App) mailedBeat(ctx context.Context, key, word, text string, at time.Time) error {
	kind, code, ok := ping.KindOf(word)
	if !ok {
		kind, code = heartbeat.Success, 0
	}
	return a.machines.heartbeats.Signal(ctx, key, heartbeat.Signal{At: at.Truncate(time.Millisecond), Kind: kind, Code: code, Text: text})
}
