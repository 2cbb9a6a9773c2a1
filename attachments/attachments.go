// Package attachments keeps the files of a ticket: what staff upload, and what customers send. Its contents are sealed before a store
// gets them. Package web shows them, and whoever takes letters in puts them here by Keeper.Put.
//
// It starts no goroutine.
package attachments

import (
	"context"
	"errors"
	"time"

	"hotline/tickets"
)

// Document is what records of changes call an attachment.
const Document = "attachment"

// The bounds of attachments.
const (
	Most          = 10 << 20 // octets of one
	TicketMost    = 50       // of one ticket
	TicketOctets  = 100 << 20
	nameMost      = 120 // characters
	nameless      = "attachment"
	unknownOctets = "application/octet-stream"
)

// Why an attachment is not kept. Callers test for them with errors.Is.
var (
	ErrLarge   = errors.New("the file is larger than 10 MiB")
	ErrEmpty   = errors.New("the file is empty")
	ErrProgram = errors.New("the file is a program")
	ErrFull    = errors.New("the ticket has 50 files or 100 MiB of them already")
)

// Attachment is one file of a ticket. It is never changed; it may be removed.
type Attachment struct {
	ID     string
	Ticket tickets.Number
	Name   string // a plain name, without a folder, control characters and what turns the direction of writing
	Type   string // media type by what the file holds
	Size   int64  // octets of the file
	SHA256 string // of the file, hexadecimal
	Actor  string // who put it there, as histories have it
	At     time.Time
}

// Store keeps attachments. Safe for concurrent use. Its contents are sealed: they mean nothing to it.
type Store interface {
	// PutAttachment keeps one within the bounds of its ticket (ErrFull). The same file under the same name is kept once: stands is
	// the one that is there, also where it was there before.
	PutAttachment(ctx context.Context, a Attachment, content []byte) (stands Attachment, err error)
	Attachments(ctx context.Context, n tickets.Number) ([]Attachment, error)       // in the order kept
	Attachment(ctx context.Context, id string) (a Attachment, c []byte, err error) // storage.ErrNotFound
	// DeleteAttachment removes one, and gives what it was; storage.ErrNotFound.
	DeleteAttachment(ctx context.Context, id string) (Attachment, error)
}
