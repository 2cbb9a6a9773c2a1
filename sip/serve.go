package sip

import (
	"net/netip"
	"strings"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/body"
	"hotline/sip/guard"
	"hotline/sip/header"
)

// Requests of the other side. sipgo calls serve for each; what belongs to a dialog goes on to it in the order of the wire.

// serve takes each new request that the guard let pass. sipgo calls it in a goroutine of its own.
func (a *Agent) serve(req *gosip.Request, tx *gosip.ServerTx) {
	if !a.life.enter() {
		tx.Terminate()
		return
	}
	defer a.life.done()
	callID := req.CallID().Value()
	defer a.life.caught(string(req.Method), callID, func() {
		if req.IsAck() {
			tx.Terminate()
			return
		}
		_ = tx.Respond(a.response(req, 500, "Server Internal Error", "", nil))
	})
	if header.Tag(req.To().Params) == "" {
		if req.IsInvite() {
			a.invited(req, tx)
			return
		}
		a.unknown(req, tx)
		return
	}
	d := a.calls.dialog(dialogKey{callID, header.Tag(req.To().Params), header.Tag(req.From().Params)})
	if d == nil {
		a.unknown(req, tx)
		return
	}
	d.inside(req, tx)
}

// unknown answers a request of no call of ours.
func (a *Agent) unknown(req *gosip.Request, tx *gosip.ServerTx) {
	if req.IsAck() {
		tx.Terminate()
		return
	}
	_ = tx.Respond(a.response(req, 481, "Call/Transaction Does Not Exist", "", nil))
}

// inside handles a request of the other side within the dialog.
func (d *Dialog) inside(req *gosip.Request, tx *gosip.ServerTx) {
	if req.IsAck() {
		tx.Terminate() // a retransmitted ACK: admission took the first
		return
	}
	if t := d.order.Of(req.CSeq().SeqNo); t != nil {
		d.order.Wait(t, d.agent.timers.T1, d.agent.life.ctx.Done())
		defer d.order.Done(t)
	}
	d.mu.Lock()
	inOrder := d.seq.accept(req.CSeq().SeqNo)
	d.mu.Unlock()
	if !inOrder {
		_ = tx.Respond(d.agent.response(req, 500, "CSeq Out Of Order", "", nil)) // RFC 3261 12.2.2
		return
	}
	d.note(req)
	switch req.Method {
	case gosip.BYE:
		d.byeCame(req, tx)
	case gosip.INVITE:
		d.offers.reinvited(req, tx)
	case gosip.UPDATE:
		d.offers.updated(req, tx)
	case gosip.PRACK:
		d.pracked(req, tx)
	case gosip.INFO:
		d.informed(req, tx)
	case gosip.OPTIONS:
		res := d.agent.response(req, 200, "OK", "", nil)
		res.AppendHeader(header.New("Allow", guard.Allow))
		res.AppendHeader(header.New("Accept", body.Acceptable))
		_ = tx.Respond(res)
	default:
		_ = tx.Respond(d.agent.response(req, 501, "Not Implemented", "", nil))
	}
}

// accept takes the CSeq number of a request of the other side; false when it is out of order (RFC 3261 12.2.2).
func (s *sequence) accept(seq uint32) bool {
	if s.remoteSeen && seq <= s.remote {
		return false
	}
	s.remote, s.remoteSeen = seq, true
	return true
}

// note tells the owner that the other side is alive, and learns a new target (RFC 3261 12.2.2: target refresh).
func (d *Dialog) note(req *gosip.Request) {
	if c := req.Contact(); c != nil && (req.IsInvite() || req.Method == gosip.UPDATE) {
		d.mu.Lock()
		d.route.target = *c.Address.Clone()
		if src, err := netip.ParseAddrPort(req.Source()); err == nil && src.Addr().Unmap() == d.route.peer.Addr() {
			d.route.peer = netip.AddrPortFrom(src.Addr().Unmap(), src.Port())
		}
		d.mu.Unlock()
	}
	d.owner.alive()
}

func (d *Dialog) byeCame(req *gosip.Request, tx *gosip.ServerTx) {
	d.mu.Lock()
	rings := d.state == ringing && d.invite == nil
	d.mu.Unlock()
	if rings { // RFC 3261 15: who was called does not send BYE before his 2xx
		d.agent.unknown(req, tx)
		return
	}
	early, ok := d.step(byeReceived)
	if !ok { // ended before: RFC 3261 15.1.2
		d.agent.unknown(req, tx)
		return
	}
	_ = tx.Respond(d.agent.response(req, 200, "OK", "", nil))
	if early.from == ringing && d.invite != nil {
		d.invite.final(487, "Request Terminated")
	}
}

// informed takes keys by INFO. A body that nobody understands is refused: a key that is lost with a 200 is lost for good
// (RFC 6086 section 4.2.2).
func (d *Dialog) informed(req *gosip.Request, tx *gosip.ServerTx) {
	kind := ""
	if c := req.ContentType(); c != nil {
		kind, _, _ = strings.Cut(strings.ToLower(c.Value()), ";")
		kind = strings.TrimSpace(kind)
	}
	if len(req.Body()) == 0 || d.owner.understands(kind, req.Body()) {
		_ = tx.Respond(d.agent.response(req, 200, "OK", "", nil))
		return
	}
	res := d.agent.response(req, 415, "Unsupported Media Type", "", nil)
	res.AppendHeader(header.New("Accept", "application/dtmf-relay, application/dtmf, audio/telephone-event"))
	_ = tx.Respond(res)
}
