// Package audit is the record of who changed what. There is one record for each change that a user, a token of the API, the set-up or a
// command of the program makes, written in the transaction of the change. Who listened to a recording, exported or erased it stands in
// the log of accesses (package tickets); a list of records has both, in one order. Records are added and never changed. None holds a PIN,
// a password or a token.
package audit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"hotline/paging"
)

// Who acts without a name of their own.
const (
	Setup   = "setup"   // the first steps of an empty house, before there is a user
	Command = "command" // somebody at the machine itself
)

// Origin is who makes changes, from where and by which route. The context of a request carries it to the store. The zero value is
// somebody whom the record itself must name.
type Origin struct {
	Who   string    // "staff:NAME" for a user and for a token of the API, as in histories; Setup or Command; empty: nobody is logged in yet
	From  string    // the client's address, or the number of the telephone that was used; empty: not known
	Route string    // as the router knows it, such as "PUT /api/v1/contracts/{id}"
	At    time.Time // of the request
}

// Staff names a user or a token, as histories do. The route tells which of the two it is.
func Staff(name string) string { return "staff:" + name }

// What was done. What is done to a ticket has the names of the lines of its history, such as "assigned", and what is done to a recording
// those of its accesses, such as "listened".
const (
	Created   = "created"
	Changed   = "changed"
	Removed   = "removed"
	GivenPIN  = "given_pin" // another PIN; the former one has ended
	GivenKey  = "given_key" // another key or secret
	Published = "published" // another version of what callers hear
	LoggedIn  = "logged_in"
	LoggedOut = "logged_out"
	SentAgain = "sent_again"
	Held      = "hold_set"
	Lifted    = "hold_lifted"
	Asked     = "asked" // something was asked for that changes nothing here, such as a test call; it is noted before it is done
)

// Document is what a record is about.
type Document struct {
	Kind string // such as "contract", "ticket" or "recording"
	ID   string
}

// Recording is the kind of documents whose records are the log of accesses.
const Recording = "recording"

// Record is one change, or one access to a recording.
type Record struct {
	At            time.Time
	Who           string
	From          string // empty: not known
	Route         string // empty: not known
	What          string
	Document      Document
	Before, After int     // versions of the document; 0: there is none
	Fields        []Field // what differs, by name
}

// Field is a part of a document that has changed.
type Field struct {
	Name          string
	Before, After string // both empty: the values are long, or secret
}

// originKey is under which a context holds its origin.
type originKey struct{}

// With gives the context in which changes are made by an origin.
func With(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// Of is the origin of a context. It is false for what the program does by itself, which leaves no record.
func Of(ctx context.Context) (Origin, bool) {
	o, ok := ctx.Value(originKey{}).(Origin)
	return o, ok
}

// By is a record with its origin. One that names somebody keeps the name where the origin has none.
func (r Record) By(o Origin) Record {
	if o.Who != "" {
		r.Who = o.Who
	}
	r.From, r.Route = o.From, o.Route
	if r.At.IsZero() {
		r.At = o.At
	}
	return r
}

// Filter selects records. Zero values select everything.
type Filter struct {
	Who          string
	Document     Document // without an ID: all of the kind; without a kind: everything
	Since, Until time.Time
	After        string // cursor: what comes behind it
	Limit        int    // paging.Size
}

// Store keeps records. Safe for concurrent use.
type Store interface {
	// Audit lists records and accesses, the newest first; paging.ErrCursor. Of a ticket it lists the accesses to its recordings too. How
	// many there are is not counted.
	Audit(ctx context.Context, f Filter) (paging.Page[Record], error)
	// NoteAudit writes a record of what changes nothing in the store. Every change writes its own.
	NoteAudit(ctx context.Context, r Record) error
	// ForgetAudit forgets the records from before an instant. The log of accesses stays.
	ForgetAudit(ctx context.Context, before time.Time) error
}

// Sort is the order of the list: the newest first.
const Sort = "-audit"

// The places in which a list is kept. Of two records of one instant those of accesses come first.
const (
	OfRecords = iota
	OfAccesses
)

// Position is a place in the list: an instant, which of the two places it is kept in, and the number there.
func Position(at time.Time, source int, number int64) paging.Position {
	return paging.Position{Sort: Sort, At: at, Rank: source, Number: number}
}

// Matches tells whether a record of a change passes the filter; MatchesAccess tells it of accesses.
func (f Filter) Matches(r Record) bool {
	return f.spans(r.At) && (f.Who == "" || f.Who == r.Who) &&
		(f.Document.Kind == "" || f.Document.Kind == r.Document.Kind && (f.Document.ID == "" || f.Document.ID == r.Document.ID))
}

func (f Filter) spans(at time.Time) bool {
	return !at.Before(f.Since) && (f.Until.IsZero() || at.Before(f.Until))
}

// ticket is the kind of documents that recordings belong to.
const ticket = "ticket"

// MatchesAccess tells whether an access passes the filter.
func (f Filter) MatchesAccess(r Record, of int64) bool {
	if !f.spans(r.At) || f.Who != "" && f.Who != r.Who {
		return false
	}
	switch f.Document.Kind {
	case "":
		return true
	case Recording:
		return f.Document.ID == "" || f.Document.ID == r.Document.ID
	case ticket:
		return f.Document.ID == "" || f.Document.ID == fmt.Sprint(of)
	}
	return false
}

// OfAccesses tells whether the filter leaves anything of the log of accesses: it is about recordings, and a ticket is named by a number.
func (f Filter) OfAccesses() bool {
	switch d := f.Document; d.Kind {
	case "", Recording:
		return true
	case ticket:
		n, err := strconv.ParseInt(d.ID, 10, 64)
		return d.ID == "" || err == nil && fmt.Sprint(n) == d.ID
	}
	return false
}

// Access is the record of an access to a recording of a ticket; 0: the ticket is not known.
func Access(at time.Time, who string, o Origin, what, recording string, of int64) Record {
	r := Record{At: at, Who: who, From: o.From, Route: o.Route, What: what, Document: Document{Recording, recording}}
	if of != 0 {
		r.Fields = []Field{{Name: ticket, After: fmt.Sprint(of)}}
	}
	return r
}

// OfDocument is the record of a document that was written, by its versions: 0 before stands for a new one, 0 after for one that was
// removed.
func OfDocument(kind, id string, before, after int, fields []Field) Record {
	r := Record{What: Changed, Document: Document{kind, id}, Before: before, After: after, Fields: fields}
	switch {
	case after == 0:
		r.What = Removed
	case kind == "engineer_pin":
		r = Record{What: GivenPIN, Document: Document{"engineer", id}}
	case before == 0:
		r.What, r.Fields = Created, nil
	}
	return r
}
