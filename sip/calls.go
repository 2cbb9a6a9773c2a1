package sip

import (
	"strings"
	"sync"
	"time"

	"hotline/sip/guard"
)

// inviteKey is what makes two INVITEs one call (RFC 3261 8.2.2.2).
type inviteKey struct{ callID, fromTag string }

// dialogKey is what a dialog is known by, from our side (RFC 3261 12).
type dialogKey struct{ callID, local, remote string }

// entry is one INVITE from outside, from its first octet until 64*T1 after its end. calls.mu guards it.
type entry struct {
	guard.Call
	seq       uint32
	branch    string
	origin    guard.Origin
	invite    *Invite // nil until its handler runs
	cancelled bool
	over      bool
	timer     *time.Timer
}

// Counted is the entry as the guard counts it.
func (en *entry) Counted() *guard.Call { return &en.Call }

// calls are the INVITEs and dialogs of one agent, those that ended a moment ago too. Admission, the dialogs and Dial share it.
// Safe for concurrent use.
type calls struct {
	keep time.Duration // how long what has ended stays known: 64*T1, for retransmissions

	mu       sync.Mutex
	draining bool
	live     int           // calls alive, both directions
	empty    chan struct{} // closed when the last call has ended; nil: nobody waits for that
	shares   guard.Shares[*entry]
	invites  map[inviteKey]*entry
	dialogs  map[dialogKey]*Dialog
}

func newCalls(keep time.Duration) *calls {
	return &calls{keep: keep, shares: guard.NewShares[*entry](), invites: map[inviteKey]*entry{}, dialogs: map[dialogKey]*Dialog{}}
}

// alive is how many calls are alive.
func (c *calls) alive() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live
}

// begin counts a call of ours in.
func (c *calls) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live++
}

// end counts a call of ours out.
func (c *calls) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave()
}

// leave counts one call less; mu is held.
func (c *calls) leave() {
	if c.live--; c.live == 0 && c.empty != nil {
		close(c.empty)
		c.empty = nil
	}
}

// drain lets no new calls in; what it returns is closed when the last one has ended.
func (c *calls) drain() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	if c.empty == nil {
		c.empty = make(chan struct{})
	}
	empty := c.empty
	if c.live == 0 {
		close(empty)
		c.empty = nil
	}
	return empty
}

// isDraining tells whether no new calls are let in.
func (c *calls) isDraining() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.draining
}

// entryOf is the record of an INVITE; nil when it is not known.
func (c *calls) entryOf(callID, fromTag string) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.invites[inviteKey{callID, fromTag}]
}

// ring notes the call of an entry, whose handler is about to run; cancelled tells that its CANCEL came first.
func (c *calls) ring(en *entry, in *Invite) (cancelled bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	en.invite = in
	return en.cancelled
}

// add counts a call in that came in; mu is held.
func (c *calls) add(key inviteKey, en *entry) {
	// Copies: a piece of a message keeps the whole of it.
	key = inviteKey{strings.Clone(key.callID), strings.Clone(key.fromTag)}
	en.branch = strings.Clone(en.branch)
	c.shares.Add(en)
	en.timer = time.AfterFunc(c.keep, func() { c.sweep(key, en) })
	c.invites[key] = en
	c.live++
}

// sweep forgets an INVITE: one that is over, or one whose handler never ran.
func (c *calls) sweep(key inviteKey, en *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !en.over && en.invite != nil {
		return
	}
	if !en.over {
		c.finish(en)
	}
	if c.invites[key] == en {
		delete(c.invites, key)
	}
}

// close marks an INVITE's call as over; it stays known for retransmissions.
func (c *calls) close(en *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if en.over {
		return
	}
	c.finish(en)
	en.timer.Reset(c.keep)
}

// finish counts a call out that came in; mu is held.
func (c *calls) finish(en *entry) {
	en.over = true
	c.shares.Remove(en)
	c.leave()
}

// acknowledged notes that the answer to an INVITE has got its ACK.
func (c *calls) acknowledged(en *entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shares.Acknowledged(en)
}

// dialog finds a dialog; nil when it is not known.
func (c *calls) dialog(key dialogKey) *Dialog {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dialogs[key]
}

// known are all dialogs.
func (c *calls) known() (all []*Dialog) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.dialogs {
		all = append(all, d)
	}
	return all
}

// remember makes a dialog known for requests inside it.
func (c *calls) remember(d *Dialog) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dialogs[d.key] = d
}

// forget removes a dialog.
func (c *calls) forget(d *Dialog) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dialogs[d.key] == d {
		delete(c.dialogs, d.key)
	}
}

// retire forgets an ended dialog after 64*T1, when no retransmission of the other side's last request can come any more.
func (c *calls) retire(d *Dialog) {
	time.AfterFunc(c.keep, func() { c.forget(d) })
}
