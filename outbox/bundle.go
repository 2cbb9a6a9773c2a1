package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/limits"
	"hotline/sla"
	"hotline/storage"
)

// LongestWindow is how long an endpoint may have messages of one ticket collected.
const LongestWindow = time.Hour

// What one bundle holds at most: what is more follows in the next one.
const (
	bundleMost   = 20       // messages
	bundleOctets = 64 << 10 // of the bodies of all of them
)

// BundledLine is one of several messages that went out as one.
type BundledLine struct {
	ID        string    `json:"id"` // of the message: what stands alone has it as webhook-id
	Type      Kind      `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Summary   string    `json:"summary"`
	Event     Line      `json:"event"`
}

// urgent tells whether a payload waits for no other one: a blocking ticket's news, and what must not come late.
func urgent(p Payload) bool {
	return p.Data.Ticket.Category == string(sla.Blocking) || urgentKind(p.Type)
}

// urgentKind tells whether lines of a kind must not come late, whatever the ticket.
func urgentKind(k Kind) bool { return k == Breach || k == Unreached }

// due is when a payload is sent first: after the window, in which others of its ticket may come, or when quiet hours end. What would come
// into quiet hours by waiting does not wait.
func (e Endpoint) due(p Payload) time.Time {
	at := p.Timestamp
	if end := e.Quiet.End(p.Type, at); end.After(at) || e.Window <= 0 || urgent(p) {
		return end
	}
	after := at.Add(e.Window)
	if e.Quiet.End(p.Type, after).After(after) {
		return at
	}
	return after
}

// bundled takes along what waits behind a message that was claimed: from then on they are one message, with one body at every try. What was
// tried before stays as it is, because its receiver may know it. An error: nothing was changed.
func (o *Outbox) bundled(ctx context.Context, e Endpoint, m Message, now time.Time) (Message, error) {
	if e.Window <= 0 || m.Tries != 1 {
		return m, nil
	}
	behind, err := o.cfg.Store.Following(ctx, m, bundleMost-1)
	if err != nil {
		return m, err
	}
	along := e.along(m, behind, now)
	if len(along) == 0 {
		return m, nil
	}
	whole, err := e.bundle(m, along)
	if err != nil { // a body that cannot be read is sent as it is
		o.cfg.Log.Warn("messages of a ticket are sent one by one", "endpoint", e.ID, "ticket", m.Ticket, "error", err)
		return m, nil
	}
	var ids []string
	for _, one := range along {
		ids = append(ids, one.ID)
	}
	if err := o.cfg.Store.Bundle(ctx, whole, ids, now); err != nil {
		return m, err
	}
	return whole, nil
}

// unbundled puts a message back whose bundle was not written for sure. It was not sent. The try counts all the same: a bundle that did get written,
// while the answer was lost, stays as it is.
func (o *Outbox) unbundled(ctx context.Context, m Message, why error) {
	if errors.Is(why, storage.ErrConflict) { // somebody else has it
		return
	}
	o.cfg.Log.Warn("messages of a ticket wait until the database answers", "endpoint", m.Endpoint, "ticket", m.Ticket, "error", why)
	m.Due = time.Now().Add(look)
	m.Since = m.Due
	o.put(ctx, m, m.Tries)
}

// along are those of the messages behind one that go with it: the next ones, but for those that quiet hours keep.
func (e Endpoint) along(m Message, behind []Message, now time.Time) (list []Message) {
	octets := len(m.Body)
	for _, b := range behind {
		if b.Held && b.Due.After(now) || e.Quiet.End(b.Kind, now).After(now) {
			continue
		}
		octets += len(b.Body)
		if b.Tries > 0 || octets > bundleOctets {
			break
		}
		list = append(list, b)
	}
	return list
}

// bundle is a message that tells what several do. It is of the kind, and shows the event, of the one that matters most: one that quiet hours
// let pass, a breach, or the last. The ticket is that of the last.
func (e Endpoint) bundle(m Message, along []Message) (Message, error) {
	all := append([]Message{m}, along...)
	var read []Payload
	for _, one := range all {
		var p Payload
		if err := json.Unmarshal([]byte(one.Body), &p); err != nil {
			return m, fmt.Errorf("reading message %s: %w", one.ID, err)
		}
		read = append(read, p)
	}
	weight := func(p Payload) int {
		switch {
		case slices.Contains(e.Quiet.Except, p.Type):
			return 2
		case urgentKind(p.Type):
			return 1
		}
		return 0
	}
	whole := read[0]
	for _, p := range read {
		if weight(p) >= weight(whole) {
			whole = p
		}
	}
	whole.Data.Ticket = read[len(read)-1].Data.Ticket
	whole.Data.Summary = limits.OneLine(fmt.Sprintf("%s (+%d)", limits.OneLine(whole.Data.Summary, limits.Line-8), len(along)), limits.Line)
	whole.Data.Lines = nil
	var texts []string
	for i, p := range read {
		whole.Data.Lines = append(whole.Data.Lines, BundledLine{all[i].ID, p.Type, p.Timestamp, p.Data.Summary, p.Data.Event})
		texts = append(texts, limits.Plain(strings.TrimSpace(p.Data.Summary+"\n"+p.Data.Event.Text), longestText/len(read)-1))
	}
	whole.Data.Text = limits.Plain(strings.Join(texts, "\n"), longestText)
	body, err := json.Marshal(whole)
	if err != nil {
		return m, fmt.Errorf("writing a bundle of ticket %d: %w", m.Ticket, err)
	}
	m.Kind, m.Body = whole.Type, string(body)
	return m, nil
}
