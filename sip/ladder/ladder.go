// Package ladder remembers the messages of the latest calls, for a picture of who sent what when. It keeps of each message its first line, the
// instant and the direction: no header, no body, and so no key and no description of sound. With them stand the reports of RTCP. It starts no
// goroutine.
package ladder

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/sip/capture"
)

// The bounds of what is remembered: about 15 MB at most.
const (
	dialogsMost  = 1000
	reserved     = 100 // of them for each worth, so that the newest of each stay
	messagesMost = 60  // of one dialog; what comes later is left out
	textMost     = 60  // octets of a first line, and of an address
	idMost       = 256 // octets of a Call-ID: dialogs with a longer one are left out
)

// Message is one message of a dialog.
type Message struct {
	At      time.Time
	Forward bool   // in the direction of the first one
	Text    string // the method of a request; of an answer its code, its reason and the method that it answers
}

// Dialog is the messages of one Call-ID, the oldest first. It begins with an INVITE.
type Dialog struct {
	ID        string
	From, To  netip.AddrPort // of the first message
	Called    string         // the To header of the first one, cut
	Transport string
	Messages  []Message
	More      bool // messages were left out

	worth      worth
	came, sent series // reports of RTCP
}

// worth is how much a dialog is worth when there are too many: the oldest of the least worth goes.
type worth int

const (
	refused   worth = iota // a call that nobody has answered: what comes from the open internet, by the thousand
	answered               // answered
	belonging              // to a customer's call, or rung by this program
	worths
)

// Keeper remembers dialogs. Safe for concurrent use.
type Keeper struct {
	mu    sync.Mutex
	by    map[string]*Dialog
	order []*Dialog   // the oldest first
	held  [worths]int // how many there are of each worth
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
		d = &Dialog{ID: id, From: m.From, To: m.To, Called: called, Transport: m.Transport}
		if m.Sent {
			d.worth = belonging
		}
		k.begin(d)
	}
	if method == "INVITE" && strings.HasPrefix(first, "2") {
		k.raise(d, answered)
	}
	if len(d.Messages) >= messagesMost {
		d.More = true
		return
	}
	if method != first {
		first += " (" + method + ")"
	}
	d.Messages = append(d.Messages, Message{At: m.At, Forward: m.From == d.From, Text: first})
}

// begin remembers one more dialog, in the place of another one where there are too many.
func (k *Keeper) begin(d *Dialog) {
	if len(k.order) >= dialogsMost {
		k.forget()
	}
	k.by[d.ID], k.order = d, append(k.order, d)
	k.held[d.worth]++
}

// forget forgets the oldest dialog of the least worth of which more than the reserved ones are there.
func (k *Keeper) forget() {
	for w, n := range k.held {
		if n <= reserved {
			continue
		}
		at := slices.IndexFunc(k.order, func(d *Dialog) bool { return d.worth == worth(w) })
		delete(k.by, k.order[at].ID)
		k.order = slices.Delete(k.order, at, at+1)
		k.held[w]--
		return
	}
}

// raise makes a dialog worth more. It is never worth less afterwards.
func (k *Keeper) raise(d *Dialog, w worth) {
	if w > d.worth {
		k.held[d.worth]--
		k.held[w]++
		d.worth = w
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

// Rung is the dialog by which an address was rung at an instant.
func (k *Keeper) Rung(address string, at time.Time) (Dialog, bool) {
	bare := strings.TrimPrefix(address, "sip:")
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range k.order {
		if since := d.Messages[0].At.Sub(at); bare != "" && since > -near && since < near && strings.Contains(d.Called, cut(bare)) {
			return d.copy(), true
		}
	}
	return Dialog{}, false
}

func (d *Dialog) copy() Dialog {
	c := *d
	c.Messages = slices.Clone(d.Messages)
	c.came.list, c.sent.list = slices.Clone(d.came.list), slices.Clone(d.sent.list)
	return c
}

func cut(text string) string { return text[:min(len(text), textMost)] }

// read gives the first line of a message as people read it, its Call-ID, the method that its CSeq names, and whom it calls.
func read(message []byte) (first, id, method, called string) {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	for n, line := range strings.Split(string(head), "\r\n") {
		if n == 0 {
			if status, ok := strings.CutPrefix(line, "SIP/2.0 "); ok {
				first = cut(status)
			} else {
				first, _, _ = strings.Cut(line, " ")
				first = cut(first)
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
			method = cut(strings.TrimSpace(method))
		case "to", "t":
			called = value[:min(len(value), 4*textMost)]
		}
	}
	if len(id) <= idMost {
		id = strings.Clone(id)
	}
	return shown(first), id, shown(method), shown(called)
}

// shown is a text that can be drawn, as a copy: a part of a string keeps the whole message in memory.
func shown(text string) string { return strings.Clone(strings.ToValidUTF8(text, "?")) }
