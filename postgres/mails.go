package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/mail"
	"hotline/tickets"
)

const (
	mailColumns = `id, message_id, sender, subject, at, outcome, ticket, machine, rule, done, file, auth, by_staff`
	selectMail  = `select ` + mailColumns + ` from mails where id = $1`
	insertMail  = `insert into mails (` + mailColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (id) do nothing`
	doneMail    = `update mails set done = true where id = $1`
	mailsWith   = `select ` + mailColumns + ` from mails where message_id = any($1) and message_id <> '' order by at desc, id limit 50`
	mailsFrom   = `select ` + mailColumns + ` from mails where sender = $1 and at >= $2 order by at desc, id limit $3`
	mailsFiled  = `select ` + mailColumns + ` from mails where outcome = 'filed' order by at desc, id limit $1`
	settleMail  = `update mails set outcome = $2, ticket = $3, by_staff = $4, done = $5 where id = $1 and outcome = 'filed'`
	mailsLast   = `select ` + mailColumns + ` from mails order by at desc, id limit $1`

	claimReceipt = `insert into mail_addresses (address, ticket, told) values ($1, $2, $3) on conflict (address) do update set ticket = $2, told = $3
		where mail_addresses.told is null or mail_addresses.told < $4 or mail_addresses.ticket = $2`
	markAddress  = `insert into mail_addresses (address, bad, bad_at) values ($1, $2, $3) on conflict (address) do update set bad = $2, bad_at = $3`
	clearAddress = `update mail_addresses set bad = '', bad_at = null where address = $1 and bad <> ''`
	badAddresses = `select address, bad, bad_at from mail_addresses where bad <> '' order by address collate "C"`
)

func scanMail(r pgx.CollectableRow) (m mail.Record, err error) {
	err = r.Scan(&m.ID, &m.MessageID, &m.From, &m.Subject, &m.At, &m.Outcome, &m.Ticket, &m.Machine, &m.Rule, &m.Done, &m.File, &m.Auth, &m.By)
	m.At = m.At.UTC()
	return m, err
}

// KeepMail writes what becomes of a letter, once.
func (s *Store) KeepMail(ctx context.Context, r mail.Record) (mail.Record, error) {
	err := s.with(ctx, "keeping a mail", func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, insertMail, r.ID, r.MessageID, r.From, r.Subject, r.At, r.Outcome, r.Ticket, r.Machine, r.Rule, r.Done, r.File, r.Auth, r.By)
		return err
	})
	if err != nil {
		return mail.Record{}, err
	}
	return s.Mail(ctx, r.ID)
}

// MailDone notes that a letter stands in its ticket.
func (s *Store) MailDone(ctx context.Context, id string) error {
	return s.with(ctx, "noting that a mail is done", func(ctx context.Context, c *pgxpool.Conn) error {
		_, err := c.Exec(ctx, doneMail, id)
		return err
	})
}

// Mail finds a letter.
func (s *Store) Mail(ctx context.Context, id string) (mail.Record, error) {
	return row(ctx, s, "reading a mail", scanMail, selectMail, id)
}

// MailsWith finds letters by their Message-IDs.
func (s *Store) MailsWith(ctx context.Context, messageIDs []string) ([]mail.Record, error) {
	return rows(ctx, s, "looking for mails", scanMail, mailsWith, messageIDs)
}

// MailsFrom are the letters of an address.
func (s *Store) MailsFrom(ctx context.Context, address string, since time.Time, limit int) ([]mail.Record, error) {
	return rows(ctx, s, "reading the mails of an address", scanMail, mailsFrom, address, since, limit)
}

// Mails are the last letters.
func (s *Store) Mails(ctx context.Context, limit int) ([]mail.Record, error) {
	return rows(ctx, s, "reading the last mails", scanMail, mailsLast, limit)
}

// FiledMails are the letters that staff may say something of.
func (s *Store) FiledMails(ctx context.Context, limit int) ([]mail.Record, error) {
	return rows(ctx, s, "reading filed mails", scanMail, mailsFiled, limit)
}

// SettleMail writes what staff say of a filed letter.
func (s *Store) SettleMail(ctx context.Context, r mail.Record, at time.Time) error {
	if _, err := s.Mail(ctx, r.ID); err != nil {
		return err
	}
	return s.within(ctx, "writing what becomes of a mail", func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, settleMail, r.ID, r.Outcome, r.Ticket, r.By, r.Done)
		if err == nil && done.RowsAffected() == 0 {
			err = mail.ErrSettled
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, r.Audited(at))
	})
}

// ClaimReceipt tells whether an address may get a receipt.
func (s *Store) ClaimReceipt(ctx context.Context, address string, n tickets.Number, since, now time.Time) (may bool, err error) {
	err = s.with(ctx, "claiming a receipt", func(ctx context.Context, c *pgxpool.Conn) error {
		done, err := c.Exec(ctx, claimReceipt, address, n, now, since)
		may = err == nil && done.RowsAffected() > 0
		return err
	})
	return may, err
}

// MarkAddress notes whether letters to an address come back.
func (s *Store) MarkAddress(ctx context.Context, address, why string, at time.Time) error {
	return s.with(ctx, "noting whether letters to an address come back", func(ctx context.Context, c *pgxpool.Conn) error {
		if why == "" {
			_, err := c.Exec(ctx, clearAddress, address)
			return err
		}
		_, err := c.Exec(ctx, markAddress, address, why, at)
		return err
	})
}

// BadAddresses are those of which letters come back.
func (s *Store) BadAddresses(ctx context.Context) ([]mail.BadAddress, error) {
	return rows(ctx, s, "reading addresses of which letters come back", func(r pgx.CollectableRow) (b mail.BadAddress, err error) {
		err = r.Scan(&b.Address, &b.Why, &b.At)
		b.At = b.At.UTC()
		return b, err
	}, badAddresses)
}

var _ mail.Store = (*Store)(nil)
