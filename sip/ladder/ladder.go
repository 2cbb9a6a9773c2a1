// Package ladder remembers the messages of the latest calls, for a picture of who sent what when. It keeps of each message its method, or its
// code and reason, the instant and the direction: no address that is called, no header, no body, and so no key, no password and no description
// of sound. With them stand the reports of RTCP. [Write] and [Read] are the form in which a store keeps the ladder of a call (calls/ladders
// writes it). It starts no goroutine.
package ladder

import (
	"bytes"
	"container/list"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"hotline/sip/capture"
)

// The bounds of what is remembered: every call of a node until it is written, with the telephones that are rung for it; some 3 KB a dialog.
const (
	dialogsMost  = 5000
	reserved     = 100 // of them for each worth, so that the newest of each stay
	messagesMost = 60  // of one dialog; what comes later is left out
	textMost     = 60  // octets of a first line, and of an address
	idMost       = 255 // octets of a Call-ID, as in the records of calls: dialogs with a longer one are left out
)

// Message is one message of a dialog.
type Message struct {
	At        time.Time
	Forward   bool           // sent by whoever sent the first one
	Text      string         // the method of a request; of an answer its code, its reason and the method that it answers
	Elsewhere netip.AddrPort // where the other side was, where that is not the address of the first message
}

// Dialog is the messages of one Call-ID, the oldest first. It begins with an INVITE.
type Dialog struct {
	ID        string
	From, To  netip.AddrPort // of the first message
	Transport string
	Messages  []Message
	Left      int // of its messages were left out

	sent       bool   // the first message, by this program
	called     string // the To header of the first message, cut
	worth      worth
	place      *list.Element // among those of its worth
	came, went series        // reports of RTCP
}

// worth is how much a dialog is worth when there are too many: the oldest of the least worth goes.
type worth int

const (
	written   worth = iota // stands in the store
	refused                // a call that nobody has answered: what comes from the open internet, by the thousand
	answered               // answered
	belonging              // to a customer's call, or rung by this program
	worths
)

// Keeper remembers dialogs. Safe for concurrent use.
type Keeper struct {
	mu   sync.Mutex
	by   map[string]*Dialog
	held [worths]list.List // dialogs by their worth, the oldest first
}

// New makes a keeper that remembers nothing yet.
func New() *Keeper { return &Keeper{by: map[string]*Dialog{}} }

// Capture takes one message; it is one of the Captures of a SIP agent's configuration.
func (k *Keeper) Capture(m capture.Message) {
	first, id, method, called := read(m.Octets)
	if id == "" || len(id) > idMost || first == "" {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	d := k.by[id]
	if d == nil {
		if first != "INVITE" {
			return // signs of life, registrations, and what comes after a dialog was forgotten
		}
		d = &Dialog{ID: id, From: m.From, To: m.To, Transport: m.Transport, sent: m.Sent, called: called, worth: refused}
		if m.Sent {
			d.worth = belonging
		}
		k.begin(d)
	}
	if method == "INVITE" && strings.HasPrefix(first, "2") {
		k.raise(d, answered)
	}
	if len(d.Messages) >= messagesMost {
		d.Left++
		return
	}
	if method != first {
		first += " (" + method + ")"
	}
	d.Messages = append(d.Messages, d.message(m, first))
}

// message is a message as it is remembered.
func (d *Dialog) message(m capture.Message, text string) Message {
	one := Message{At: m.At, Forward: m.Sent == d.sent, Text: text}
	there, first := m.From, d.From
	if m.Sent {
		there = m.To
	}
	if d.sent {
		first = d.To
	}
	if there != first {
		one.Elsewhere = there
	}
	return one
}

// begin remembers one more dialog, in the place of another one where there are too many.
func (k *Keeper) begin(d *Dialog) {
	if len(k.by) >= dialogsMost {
		k.forget()
	}
	k.by[d.ID], d.place = d, k.held[d.worth].PushBack(d)
}

// forget forgets the oldest dialog of the least worth of which more than the reserved ones are there. Of those that are written none is reserved.
func (k *Keeper) forget() {
	for w := range k.held {
		if n := k.held[w].Len(); n == 0 || worth(w) != written && n <= reserved {
			continue
		}
		d := k.held[w].Remove(k.held[w].Front()).(*Dialog)
		delete(k.by, d.ID)
		return
	}
}

// value changes what a dialog is worth.
func (k *Keeper) value(d *Dialog, w worth) {
	k.held[d.worth].Remove(d.place)
	d.worth, d.place = w, k.held[w].PushBack(d)
}

// raise makes a dialog worth more. It is never worth less afterwards, until it is written.
func (k *Keeper) raise(d *Dialog, w worth) {
	if w > d.worth && d.worth != written {
		k.value(d, w)
	}
}

// Belongs tells that a dialog is a customer's call. Strangers' calls are forgotten before it.
func (k *Keeper) Belongs(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if d := k.by[id]; d != nil {
		k.raise(d, belonging)
	}
}

// Written tells that dialogs stand in the store, or need not: they are the first to be forgotten.
func (k *Keeper) Written(ids ...string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, id := range ids {
		if d := k.by[id]; d != nil && d.worth != written {
			k.value(d, written)
		}
	}
}

// Of is the dialog of a Call-ID; false where it was forgotten, or came over another node.
func (k *Keeper) Of(id string) (Dialog, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.by[id]
	if !ok {
		return Dialog{}, false
	}
	return d.copy(), true
}

// near is how long after a telephone was to be rung its INVITE is looked for.
const near = 2 * time.Second

// Rung is the dialog by which an address was rung at an instant; of several, the first one.
func (k *Keeper) Rung(address string, at time.Time) (found Dialog, ok bool) {
	bare := strings.TrimPrefix(address, "sip:")
	k.mu.Lock()
	defer k.mu.Unlock()
	var first *Dialog
	for _, d := range k.by {
		if since := d.Messages[0].At.Sub(at); bare != "" && since > -near && since < near && strings.Contains(d.called, cut(bare)) && (first == nil || d.Messages[0].At.Before(first.Messages[0].At)) {
			first = d
		}
	}
	if first == nil {
		return Dialog{}, false
	}
	return first.copy(), true
}

func (d *Dialog) copy() Dialog {
	c := *d
	c.place, c.Messages = nil, slices.Clone(d.Messages)
	c.came.list, c.went.list = slices.Clone(d.came.list), slices.Clone(d.went.list)
	return c
}

func cut(text string) string { return text[:min(len(text), textMost)] }

// read gives the first line of a message as people read it, its Call-ID, the method that its CSeq names, and whom it calls.
func read(message []byte) (first, id, method, called string) {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	for n, line := range strings.Split(string(head), "\r\n") {
		if n == 0 {
			if status, ok := strings.CutPrefix(line, "SIP/2.0 "); ok {
				first = withoutDigits(cut(status))
			} else {
				first, _, _ = strings.Cut(line, " ")
				first = known(first)
			}
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) { // compact forms: RFC 3261, section 7.3.3
		case "call-id", "i":
			id = value
		case "cseq":
			_, method, _ = strings.Cut(value, " ")
			method = known(strings.TrimSpace(method))
		case "to", "t":
			called = value[:min(len(value), 4*textMost)]
		}
	}
	if len(id) <= idMost {
		id = strings.Clone(id)
	}
	return shown(first), id, method, shown(called)
}

// known is a method that is registered, as a text of our own. Of another one, which is whatever a stranger writes, nothing is kept.
func known(method string) string {
	if method == "" {
		return ""
	}
	for _, one := range [...]string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "PRACK", "UPDATE", "REFER", "NOTIFY", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REGISTER"} {
		if one == method {
			return one
		}
	}
	return "?"
}

// withoutDigits crosses out the digits of a reason: it is whatever the other side writes, and digits may be those that were keyed.
func withoutDigits(status string) string {
	if len(status) < 4 {
		return status
	}
	return status[:4] + strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return 'x'
		}
		return r
	}, status[4:])
}

// shown is a text that can be drawn, as a copy: a part of a string keeps the whole message in memory.
func shown(text string) string { return strings.Clone(strings.ToValidUTF8(text, "?")) }
