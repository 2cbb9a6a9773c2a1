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
	defer in.agent.wg.Done()
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

// provisional is a reliable provisional answer to a call of ours: it is acknowledged once, in order (RFC 3262 section 4).
func (g *dialling) acknowledge(res *gosip.Response) {
	if !lists(res, "100rel", "Require") || res.To() == nil || tagOf(res.To().Params) == "" {
		return
	}
	number, err := strconv.ParseUint(strings.TrimSpace(headerOf(res, "RSeq")), 10, 32)
	tag := tagOf(res.To().Params)
	if err != nil || g.pracked[tag] >= uint32(number) {
		return
	}
	if g.pracked == nil {
		g.pracked = map[string]uint32{}
	}
	g.pracked[tag] = uint32(number)
	early := g.fork(res)
	early.localSeq = g.nextSeq()
	rack := fmt.Sprintf("%d %d INVITE", number, g.invite.CSeq().SeqNo)
	g.agent.spawn("PRACK", g.early.key.callID, func() {
		ctx, stop := context.WithTimeout(g.agent.ctx, g.agent.timers.giveUp())
		defer stop()
		defer early.cancel(nil)
		req := early.requestWith(gosip.PRACK, early.localSeq, early.target)
		req.AppendHeader(header("RAck", rack))
		if _, err := early.once(ctx, req, nil); err != nil {
			g.agent.log.Debug("sip: PRACK", "call", g.early.key.callID, "error", err.Error())
		}
	})
}

// fork is a dialog of its own with the tag of a response to our INVITE; nothing is remembered of it.
func (g *dialling) fork(res *gosip.Response) *Dialog {
	d := g.agent.newDialog(dialogKey{callID: g.early.key.callID, local: g.early.key.local})
	d.self, d.other, d.user, d.target = g.early.self, g.early.other, g.early.user, g.early.target
	d.transport, d.local, d.at, d.hop, d.trunk = g.early.transport, g.early.local, g.early.at, g.early.hop, g.early.trunk
	d.routes = g.early.routes
	d.confirm(res)
	return d
}

// nextSeq numbers the next request of the call's own: PRACKs and the INVITE with credentials count in one row.
func (g *dialling) nextSeq() uint32 {
	g.early.mu.Lock()
	defer g.early.mu.Unlock()
	g.early.localSeq++
	return g.early.localSeq
}
