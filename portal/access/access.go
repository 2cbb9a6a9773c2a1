// Package access is what is kept of who may see what on the customer portal: codes that are on their way by mail, sessions, and links
// that open one ticket. Secrets are in browsers and letters alone; what is kept is their hashes.
package access

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hotline/audit"
	"hotline/directory"
	"hotline/tickets"
)

// Tries is how often a code may be keyed. With the last wrong one it is gone.
const Tries = 5

// How long what opens the portal holds.
const (
	CodeTime    = 10 * time.Minute
	SessionTime = 8 * time.Hour // after the login
	LinkTime    = 30 * 24 * time.Hour
)

// Store keeps who may see what. PostgreSQL and the memory twin implement it. Safe for concurrent use.
type Store interface {
	// PutCode keeps a code. Those that ended before now are forgotten.
	PutCode(ctx context.Context, c Code, now time.Time) error
	// TryCode counts a try of the code that a browser waits for, and tells whether it was the right one. A right one is gone, and
	// so is one that was keyed wrong Tries times. storage.ErrNotFound where there is none, or it has ended.
	TryCode(ctx context.Context, browser, code [32]byte, now time.Time) (c Code, right bool, err error)
	// PutCustomerSession begins a session. Those that ended before now are forgotten.
	PutCustomerSession(ctx context.Context, s Session, now time.Time) error
	CustomerSession(ctx context.Context, hash [32]byte) (Session, error) // storage.ErrNotFound; whether it has ended is the caller's to compare
	EndCustomerSession(ctx context.Context, hash [32]byte) error         // one that is not there is no error
	// PutLink keeps a link; one that stands, revoked or not, stays as it is. Those that ended before now are forgotten.
	PutLink(ctx context.Context, l Link, now time.Time) error
	TicketLink(ctx context.Context, hash [32]byte) (Link, error) // storage.ErrNotFound, also of one that was revoked
	// RevokeLinks ends every link of a ticket, and tells how many there were.
	RevokeLinks(ctx context.Context, n tickets.Number) (int, error)
}

// Code is a code that was sent by mail. A code without a contract was asked for with a wrong PIN. It is kept like the others, so
// that nobody can tell them apart, and no input matches it.
type Code struct {
	Browser  [32]byte // SHA-256 of the secret of the browser that waits for it
	Hash     [32]byte // CodeHash
	Contract directory.ContractID
	PINAt    time.Time // when the contract got the PIN that was keyed
	Expires  time.Time
	Tries    int // wrong ones so far
}

// Is tells, in a time that does not depend on what was keyed, whether a hash is the code's. One that stands for no contract is none.
func (c Code) Is(hash [32]byte) bool { return hmac.Equal(c.Hash[:], hash[:]) && c.Contract != "" }

// Session is one login of a contract.
type Session struct {
	Hash     [32]byte // SHA-256 of the cookie's secret
	Contract directory.ContractID
	PINAt    time.Time // of the contract's PIN; with another PIN the session is over
	Created  time.Time
	Expires  time.Time
}

// Holds tells whether a session still opens its contract as that stands.
func (s Session) Holds(c directory.Contract, now time.Time) bool {
	return c.ID == s.Contract && s.Contract != "" && now.Before(s.Expires) && c.Valid(now) && c.PINAt.Equal(s.PINAt)
}

// Link opens one ticket, to be read and commented on.
type Link struct {
	Hash    [32]byte // SHA-256 of its token
	Ticket  tickets.Number
	Created time.Time
	Expires time.Time
	By      string // who made it, as histories name people
}

// CodeHash is what is kept of a code. A million codes are tried in no time, so it is bound to the secret of the browser, which is
// not kept.
func CodeHash(browser, code string) [32]byte {
	mac := hmac.New(sha256.New, []byte(browser))
	mac.Write([]byte("hotline portal code\x00" + code))
	return [32]byte(mac.Sum(nil))
}

// LinkHash is what is kept of a link's token.
func LinkHash(token string) [32]byte { return sha256.Sum256([]byte("hotline ticket link\x00" + token)) }

// NewLink makes a link to a ticket, and its token, which stands in the address alone: "/portal/t/TOKEN".
func NewLink(n tickets.Number, by string, now time.Time) (l Link, token string) {
	token = rand.Text() // 128 bits at least
	return linkOf(token, n, by, now), token
}

// LetterLink is NewLink for a letter: the same letter has the same token. key is secret.
func LetterLink(key []byte, n tickets.Number, letter string, now time.Time) (l Link, token string) {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "hotline letter link\x00%d\x00%s", n, letter)
	token = base32.StdEncoding.EncodeToString(mac.Sum(nil)[:tokenOctets])
	return linkOf(token, n, "letter:"+letter, now), token
}

// tokenOctets are 128 bits or more, without padding.
const tokenOctets = 20

func linkOf(token string, n tickets.Number, by string, now time.Time) Link {
	now = now.Truncate(time.Second)
	return Link{Hash: LinkHash(token), Ticket: n, Created: now, Expires: now.Add(LinkTime), By: by}
}

// Address is where a link's token opens its ticket; site is the portal's public address.
func Address(site, token string) string { return strings.TrimSuffix(site, "/") + "/portal/t/" + token }

// AuditedLinks is the record of links to a ticket that are made or revoked.
func AuditedLinks(n tickets.Number, what string) audit.Record {
	return audit.Record{What: what, Document: audit.Document{Kind: "link", ID: strconv.FormatInt(int64(n), 10)}}
}
