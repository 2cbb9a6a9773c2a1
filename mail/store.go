package mail

import (
	"context"
	"time"

	"hotline/tickets"
)

// Store keeps what is remembered of letters and addresses. storagetest.Mails holds each store to it. All methods are safe for concurrent
// use and fail with the errors of package storage.
type Store interface {
	// KeepMail writes a record unless one with its ID stands, and gives the one that stands.
	KeepMail(ctx context.Context, r Record) (Record, error)
	// MailDone notes that a letter stands in its ticket.
	MailDone(ctx context.Context, id string) error
	// Mail finds a letter by its ID: storage.ErrNotFound.
	Mail(ctx context.Context, id string) (Record, error)
	// MailsWith finds letters by their Message-IDs, the newest first.
	MailsWith(ctx context.Context, messageIDs []string) ([]Record, error)
	// MailsFrom are the letters of an address since an instant, the newest first.
	MailsFrom(ctx context.Context, address string, since time.Time, limit int) ([]Record, error)
	// Mails are the letters that came last, the newest first.
	Mails(ctx context.Context, limit int) ([]Record, error)
	// FiledMails are the letters that staff may say something of, the newest first.
	FiledMails(ctx context.Context, limit int) ([]Record, error)
	// SettleMail writes what staff say of a filed letter: outcome, ticket, who says so, and whether it is done. Of another one it is ErrSettled. The record of the
	// audit is written with it.
	SettleMail(ctx context.Context, r Record, at time.Time) error
	// ClaimReceipt tells whether an address may get the receipt of a ticket: it got none for another ticket since an instant.
	ClaimReceipt(ctx context.Context, address string, n tickets.Number, since, now time.Time) (bool, error)
	// MarkAddress notes that letters to an address come back, or with an empty reason that one was heard from it again.
	MarkAddress(ctx context.Context, address, why string, at time.Time) error
	// BadAddresses are those of which letters come back, by address.
	BadAddresses(ctx context.Context) ([]BadAddress, error)
}

// BadAddress is one of which letters come back.
type BadAddress struct {
	Address string
	Why     string
	At      time.Time
}
