// Package mail is what becomes of a letter that comes in by e-mail: the rules, without a socket, a clock or a disk.
//
// [Decide] is the table. A letter opens a ticket, is added to one, or is filed. Text from outside is bounded by package parse before
// it comes here. Addresses are compared in lower case.
package mail

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/audit"
	"hotline/sla"
	"hotline/tickets"
)

// Letter is one mail as it was read. Its texts are bounded.
type Letter struct {
	ReturnPath string   // of the envelope; empty: a bounce, or another machine
	Recipients []string // of the envelope, those of this house
	From       string   // address
	Name       string   // of the sender, as he writes it
	To         []string // addresses of To and Cc
	Subject    string
	Date       string // as it stands in the header
	MessageID  string // without angle brackets; empty: it has none
	InReplyTo  []string
	References []string
	Text       string // whole, of text/plain, else of the HTML
	Marks      Marks
	Bounce     Bounce
	Parts      []Part
}

// Marks are the headers by which machines are known, as they stand.
type Marks struct {
	AutoSubmitted string // RFC 3834
	ContentType   string // of the whole, without parameters
	Precedence    string
	ListID        string // RFC 2919
	AutoReply     string // X-Autoreply, X-Autorespond
	AutoResponse  string // X-Auto-Response-Suppress; proves nothing alone
}

// Bounce is what a report says of a letter that did not arrive (RFC 3464).
type Bounce struct {
	Recipient string // address; empty: it names none
	Status    string // such as 5.1.1
	Text      string
}

// Lasting tells whether the address will not take letters later either.
func (b Bounce) Lasting() bool { return b.Recipient != "" && strings.HasPrefix(b.Status, "5") }

// Part is an attachment.
type Part struct {
	Name string
	Type string
	Data []byte
}

// ID names a letter: the same one that comes twice has the same ID. Some machines write one Message-ID on everything, so that sender
// and date count too.
func (l Letter) ID() string {
	h := sha256.New()
	for _, s := range []string{l.MessageID, l.From, l.Date} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	if l.MessageID == "" {
		h.Write([]byte(l.Subject + "\x00" + l.Text))
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Outcome is what became of a letter.
type Outcome string

// The outcomes.
const (
	Opened    Outcome = "opened"
	Commented Outcome = "commented"
	Filed     Outcome = "filed"     // a machine's, about nothing that we know: it is kept and listed
	Discarded Outcome = "discarded" // staff have thrown a filed one away
	Beat      Outcome = "beat"      // a job says by mail how it ran
)

// Record is what is remembered of a letter. It is written before anything is done, with the number of the ticket, so that whoever
// finds it again does the same.
type Record struct {
	ID        string
	MessageID string
	From      string
	Subject   string
	At        time.Time
	Outcome   Outcome
	Ticket    tickets.Number // 0: filed
	Machine   string         // why it is a machine's; empty: a person's
	Rule      string         // of the table
	Done      bool           // it stands in the ticket
	File      string         // name of the original below the mail folder
	Auth      string         // what is known of who really sent it, in one line; empty: nobody has looked
	By        string         // who of staff said what becomes of a filed one, as histories have it; empty: the table did
}

// Open tells whether staff may still say what becomes of a letter.
func (r Record) Open() bool { return r.Outcome == Filed }

// Audited is the record of what staff said of a filed letter, whose record says so by now.
func (r Record) Audited(at time.Time) audit.Record {
	return audit.Record{At: at, Who: r.By, What: string(r.Outcome), Document: audit.Document{Kind: "mail", ID: r.ID}}
}

// What staff are told of a filed letter.
var (
	ErrSettled   = errors.New("somebody has said already what becomes of this mail")
	ErrElsewhere = errors.New("the original of this mail lies on another node, or was removed")
)

// Refusal is a mail that the listener did not take, of which nothing is kept but this.
type Refusal struct {
	First, Last time.Time
	Count       int    // how often the same came
	From        string // as the sending server says
	To          string // empty: the mail as a whole
	Peer        string // address of the sending server
	Why         string // unknown, size or rate
	Auth        string // what is known of who really sent it: SPF alone, since the mail itself was not read; empty: nobody has looked
}

// Verdict is a result of DKIM, SPF or DMARC, in the words of RFC 8601: pass, fail, none, neutral, softfail, temperror, permerror.
type Verdict string

// The verdicts that rules look at.
const (
	Pass Verdict = "pass"
	Fail Verdict = "fail"
	None Verdict = "none"
)

// Authentication is what is known of who really sent a letter.
type Authentication struct {
	DKIM   Verdict
	Domain string // that signed
	SPF    Verdict
	DMARC  Verdict
	Policy string // that the sender's domain asks for: none, quarantine, reject; empty: it asks for nothing
	Proven bool   // a good signature, or a good envelope, is of the sender's own domain
}

// Forged tells whether the sender's own domain says that the letter is not his.
func (a Authentication) Forged() bool {
	return a.DMARC == Fail && (a.Policy == "quarantine" || a.Policy == "reject")
}

// String is one line for people who know mail.
func (a Authentication) String() string {
	line := "dkim=" + string(orNone(a.DKIM))
	if a.Domain != "" {
		line += " (" + a.Domain + ")"
	}
	line += ", spf=" + string(orNone(a.SPF)) + ", dmarc=" + string(orNone(a.DMARC))
	if a.Policy != "" {
		line += " (p=" + a.Policy + ")"
	}
	return line
}

func orNone(v Verdict) Verdict {
	if v == "" {
		return None
	}
	return v
}

// Claim is the category that a letter names by the words of the form: a line such as "Category: question" among its first lines, in
// any language that words are given of. Without one, and with words that are no category, there is none: staff assess.
func Claim(text string, words ...Form) sla.Category {
	lines := 0
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if lines++; lines > formLines {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.ToLower(strings.TrimSpace(value))
		for _, w := range words {
			if name != strings.ToLower(w.Field) {
				continue
			}
			for _, c := range slices.Sorted(maps.Keys(w.Categories)) {
				if value == strings.ToLower(w.Categories[c]) || value == strings.ToLower(string(c)) {
					return c
				}
			}
		}
	}
	return sla.Uncategorised
}

// formLines is how far down a form's line may stand.
const formLines = 10

// Form is the words of a form in one language.
type Form struct {
	Field      string // "Category"
	Categories map[sla.Category]string
}
