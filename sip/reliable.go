package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	gosip "github.com/emiago/sipgo/sip"
)

// reliable is a provisional answer of ours that waits for its PRACK (RFC 3262 section 3). Guarded by the dialog's mutex.
type reliable struct {
	number   uint32 // RSeq
	interval time.Duration
	deadline time.Time
	timer    *time.Timer
}

// wantsReliable tells whether an INVITE lets us answer provisionally only in a reliable way.
func wantsReliable(req *gosip.Request) bool { return lists(req, "100rel", "Require") }

// ringReliably sends 180 with an RSeq and repeats it until its PRACK; without one for 64*T1 the call is refused.
func (in *Invite) ringReliably(res *gosip.Response) error {
	d := in.leg
	d.mu.Lock()
	if d.reliable != nil {
		d.mu.Unlock()
		return nil // the one under way says it already
	}
	t := in.agent.timers
	r := &reliable{number: rand.Uint32N(1 << 30), interval: t.T1, deadline: time.Now().Add(t.giveUp())}
	d.reliable = r
	res.AppendHeader(header("Require", "100rel"))
	res.AppendHeader(header("RSeq", strconv.FormatUint(uint64(r.number), 10)))
	send := func() error { return in.tx.Respond(res) }
	r.timer = time.AfterFunc(r.interval, func() { in.repeatReliable(r, send) })
	d.mu.Unlock()
	if err := send(); err != nil {
		return fmt.Errorf("sip: ringing call %s: %w: %w", in.ID, ErrTransport, err)
	}
	return nil
}

func (in *Invite) repeatReliable(r *reliable, send func() error) {
	if !in.agent.enter() {
		return
	}
	defer in.agent.done()
	defer in.agent.caught("repeating a 180", in.ID, nil)
	d := in.leg
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
	_ = send() // a lost one is what the next repeat is for
}

// pracked takes the PRACK of a provisional answer of ours (RFC 3262 section 3).
func (d *Dialog) pracked(req *gosip.Request, tx *gosip.ServerTx) {
	number, _, _ := strings.Cut(strings.TrimSpace(headerOf(req, "RAck")), " ")
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
	if !lists(res, "100rel", "Require") || res.To() == nil || tagOf(res.To().Params) == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(headerOf(res, "RSeq")), 10, 32)
	return uint32(n), err == nil
}

// acknowledge sends the PRACK of a reliable provisional answer to a call of ours, once, in order (RFC 3262 section 4).
func (g *dialling) acknowledge(res *gosip.Response, early *Dialog) {
	number, ok := reliableNumber(res)
	if !ok || g.pracked[early.key.remote] >= number {
		return
	}
	if g.pracked == nil {
		g.pracked = map[string]uint32{}
	}
	g.pracked[early.key.remote] = number
	early.mu.Lock()
	target := early.target
	early.mu.Unlock()
	req := early.requestWith(gosip.PRACK, g.nextSeq(), target)
	req.AppendHeader(header("RAck", fmt.Sprintf("%d %d INVITE", number, g.invite.CSeq().SeqNo)))
	g.agent.spawn("PRACK", g.early.key.callID, func() {
		ctx, stop := context.WithTimeout(g.agent.ctx, g.agent.timers.giveUp())
		defer stop()
		if _, err := early.once(ctx, req, nil); err != nil {
			g.agent.log.Debug("sip: PRACK", "call", g.early.key.callID, "error", err.Error())
		}
	})
}

// fork is the early dialog of a response to our INVITE, by its To tag; nil without a tag, or when there are too many.
func (g *dialling) fork(res *gosip.Response) *Dialog {
	if res.To() == nil || tagOf(res.To().Params) == "" {
		return nil
	}
	tag := tagOf(res.To().Params)
	d := g.forks[tag]
	switch {
	case d != nil:
		d.refresh(res)
		return d
	case len(g.forks) >= maxForks:
		return nil
	}
	if d = g.newFork(res); g.forks == nil {
		g.forks = map[string]*Dialog{}
	}
	g.forks[tag] = d
	g.agent.remember(d)
	return d
}

// newFork is a dialog of its own with the tag of a response to our INVITE.
func (g *dialling) newFork(res *gosip.Response) *Dialog {
	d := g.agent.newDialog(dialogKey{callID: g.early.key.callID, local: g.early.key.local})
	d.self, d.other, d.user, d.target = g.early.self, g.early.other, g.early.user, g.early.target
	d.transport, d.local, d.at, d.hop, d.trunk = g.early.transport, g.early.local, g.early.at, g.early.hop, g.early.trunk
	d.routes, d.credentials, d.replies = g.early.routes, g.early.credentials, g.replies
	r := &g.request
	d.onReinvite, d.onInfo, d.onActivity, d.onAnswer = r.OnReinvite, r.OnInfo, r.OnActivity, r.OnAnswer
	d.confirm(res)
	return d
}

// forget drops the early dialogs of the call, but for the one that was answered.
func (g *dialling) forget(kept *Dialog) {
	for _, d := range g.forks {
		if d != kept {
			g.agent.mu.Lock()
			delete(g.agent.dialogs, d.key)
			g.agent.mu.Unlock()
			d.cancel(ErrRefused)
		}
	}
}

// nextSeq numbers the next request of the call's own: PRACKs and the INVITE with credentials count in one row.
func (g *dialling) nextSeq() uint32 {
	g.early.mu.Lock()
	defer g.early.mu.Unlock()
	g.early.localSeq++
	return g.early.localSeq
}
