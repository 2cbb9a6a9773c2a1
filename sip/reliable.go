package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
)

// Reliable provisional responses (RFC 3262): ours to a caller that requires them, and the PRACKs for those of the other side.
// Each fork of a call of ours is an early dialog of its own.

// reliable is a provisional answer of ours that waits for its PRACK (RFC 3262 section 3). Guarded by the dialog's mutex.
type reliable struct {
	number   uint32 // RSeq
	interval time.Duration
	deadline time.Time
	timer    *time.Timer
}

// wantsReliable tells whether an INVITE lets us answer provisionally only in a reliable way.
func wantsReliable(req *gosip.Request) bool { return header.Lists(req, "100rel", "Require") }

// ringReliably sends 180 with an RSeq and retransmits it until its PRACK. Without one for 64*T1 the call is refused.
func (in *Invite) ringReliably(res *gosip.Response) error {
	d := in.dialog
	d.mu.Lock()
	if d.reliable != nil {
		d.mu.Unlock()
		return nil // the one under way is enough
	}
	t := in.agent.timers
	r := &reliable{number: rand.Uint32N(1 << 30), interval: t.T1, deadline: time.Now().Add(t.giveUp())}
	d.reliable = r
	res.AppendHeader(header.New("Require", "100rel"))
	res.AppendHeader(header.New("RSeq", strconv.FormatUint(uint64(r.number), 10)))
	send := func() error { return in.tx.Respond(res) }
	r.timer = time.AfterFunc(r.interval, func() { in.retransmitReliable(r, send) })
	d.mu.Unlock()
	if err := send(); err != nil {
		return fmt.Errorf("sip: ringing call %s: %w: %w", in.ID, ErrTransport, err)
	}
	return nil
}

func (in *Invite) retransmitReliable(r *reliable, send func() error) {
	if !in.agent.life.enter() {
		return
	}
	defer in.agent.life.done()
	defer in.agent.life.caught("repeating a 180", in.ID, nil)
	d := in.dialog
	d.mu.Lock()
	if d.reliable != r || d.state != ringing {
		d.mu.Unlock()
		return
	}
	if time.Until(r.deadline) <= 0 {
		d.reliable = nil
		d.mu.Unlock()
		_ = in.final(500, "No PRACK") // RFC 3262 section 3: SHOULD reject with 5xx
		return
	}
	r.interval *= 2
	r.timer.Reset(r.interval)
	d.mu.Unlock()
	_ = send() // for a lost one there is the next retransmission
}

// pracked takes the PRACK of a provisional answer of ours (RFC 3262 section 3).
func (d *Dialog) pracked(req *gosip.Request, tx *gosip.ServerTx) {
	number, _, _ := strings.Cut(strings.TrimSpace(header.Value(req, "RAck")), " ")
	n, err := strconv.ParseUint(number, 10, 32)
	d.mu.Lock()
	r := d.reliable
	ok := err == nil && r != nil && r.number == uint32(n)
	if ok {
		r.timer.Stop()
		d.reliable = nil
	}
	d.mu.Unlock()
	if !ok {
		_ = tx.Respond(d.agent.response(req, 481, "Call/Transaction Does Not Exist", "", nil))
		return
	}
	_ = tx.Respond(d.agent.response(req, 200, "OK", "", nil))
}

// reliableNumber is the RSeq of a provisional answer that wants a PRACK; ok is false for another one.
func reliableNumber(res *gosip.Response) (number uint32, ok bool) {
	if !header.Lists(res, "100rel", "Require") || res.To() == nil || header.Tag(res.To().Params) == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(header.Value(res, "RSeq")), 10, 32)
	return uint32(n), err == nil
}

// acknowledge sends the PRACK of a reliable provisional answer to a call of ours, once, in order (RFC 3262 section 4).
func (c *clientInvite) acknowledge(res *gosip.Response, early *Dialog) {
	number, ok := reliableNumber(res)
	if !ok || c.pracked[early.key.remote] >= number {
		return
	}
	if c.pracked == nil {
		c.pracked = map[string]uint32{}
	}
	c.pracked[early.key.remote] = number
	early.mu.Lock()
	target := early.route.target
	early.mu.Unlock()
	req := early.requestWith(gosip.PRACK, c.nextSeq(), target)
	req.AppendHeader(header.New("RAck", fmt.Sprintf("%d %d INVITE", number, c.invite.CSeq().SeqNo)))
	c.agent.life.spawn("PRACK", c.early.key.callID, func() {
		ctx, stop := context.WithTimeout(c.agent.life.ctx, c.agent.timers.giveUp())
		defer stop()
		if _, err := early.once(ctx, req, nil); err != nil {
			c.agent.log.Debug("sip: PRACK", "call", c.early.key.callID, "error", err.Error())
		}
	})
}

// fork is the early dialog of a response to our INVITE, by its To tag; nil without a tag, or when there are too many.
func (c *clientInvite) fork(res *gosip.Response) *Dialog {
	if res.To() == nil || header.Tag(res.To().Params) == "" {
		return nil
	}
	tag := header.Tag(res.To().Params)
	d := c.forks[tag]
	switch {
	case d != nil:
		d.refresh(res)
		return d
	case len(c.forks) >= maxForks:
		return nil
	}
	if d = c.newFork(res); c.forks == nil {
		c.forks = map[string]*Dialog{}
	}
	c.forks[tag] = d
	c.agent.calls.remember(d)
	return d
}

// newFork is a dialog of its own with the tag of a response to our INVITE.
func (c *clientInvite) newFork(res *gosip.Response) *Dialog {
	d := c.agent.newDialog(dialogKey{callID: c.early.key.callID, local: c.early.key.local})
	d.ends, d.path = c.early.ends, c.early.path
	d.route = route{set: c.early.route.set, target: c.early.route.target}
	d.credentials, d.offers.expected = c.early.credentials, c.expected
	r := &c.request
	d.owner.onReinvite, d.owner.onInfo, d.owner.onActivity, d.owner.onAnswer = r.OnReinvite, r.OnInfo, r.OnActivity, r.OnAnswer
	d.confirm(res)
	return d
}

// forget drops the early dialogs of the call, but for the one that was answered.
func (c *clientInvite) forget(kept *Dialog) {
	for _, d := range c.forks {
		if d != kept {
			c.agent.calls.forget(d)
			d.cancel(ErrRefused)
		}
	}
}

// nextSeq numbers the next request of the call's own: PRACKs and the INVITE with credentials count in one row.
func (c *clientInvite) nextSeq() uint32 {
	c.early.mu.Lock()
	defer c.early.mu.Unlock()
	c.early.seq.local++
	return c.early.seq.local
}
