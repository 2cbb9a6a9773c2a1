package sip

import (
	"fmt"
	"math/rand/v2"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/header"
)

// negotiation is where offer and answer of a dialog stand (RFC 3264). The dialog's mutex guards the fields; the methods lock it,
// except standing and described.
type negotiation struct {
	dialog   *Dialog
	turn     chan struct{} // one re-INVITE of ours at a time
	inviting bool          // a re-INVITE of ours is under way
	expected *earlyAnswer  // of a call of ours that rings
	early    []byte        // the offer of the other side that was answered while it rang
}

// standing is where the exchange of offers and answers of a dialog stands when a request of the other side comes
// (RFC 3264 section 4, RFC 6337 section 2).
type standing uint8

const (
	ringsHere  standing = iota // their INVITE waits for our answer
	ringsThere                 // our INVITE waits, and nothing has described the other side yet
	early                      // our INVITE waits, and a provisional answer has described the other side
	unproven                   // our answer is in a 2xx that waits for its ACK
	offering                   // our offer is in a 2xx that waits for its ACK, which brings the answer
	inviting                   // a re-INVITE of ours is under way
	agreed                     // nothing is open
)

// turnDown is an offer that cannot be taken now: code is its refusal, rule where it is written.
type turnDown struct {
	method gosip.RequestMethod
	offer  bool // it matters only with an offer
	at     standing
	code   int
	rule   string
}

// turnDowns are the requests of the other side that come at a wrong time. All other requests are taken. A re-INVITE and an UPDATE
// get 200 with our answer, or 488 when the owner does not want the offer. After a 488 the session stays as it was (RFC 3261 14.2,
// RFC 3311 5.2). A PRACK always gets 200 (RFC 3262 section 3).
var turnDowns = [...]turnDown{
	{gosip.INVITE, false, ringsHere, 500, "RFC 3261 14.2: a second INVITE before the final answer to the first"},
	{gosip.INVITE, false, ringsThere, 491, "RFC 3261 14.2: an INVITE of ours is under way"},
	{gosip.INVITE, false, early, 491, "RFC 3261 14.2: an INVITE of ours is under way"},
	{gosip.INVITE, false, unproven, 500, "RFC 3261 14.2: the first INVITE waits for its ACK"},
	{gosip.INVITE, false, offering, 500, "RFC 3261 14.2: the first INVITE waits for its ACK, and our offer for its answer"},
	{gosip.INVITE, false, inviting, 491, "RFC 3261 14.2: an INVITE of ours is under way"},
	{gosip.UPDATE, true, ringsHere, 500, "RFC 3311 5.2: the offer of the INVITE is not answered yet"},
	{gosip.UPDATE, true, ringsThere, 491, "RFC 3311 5.2: our offer is not answered yet"},
	{gosip.UPDATE, true, offering, 491, "RFC 3311 5.2: our offer is not answered yet"},
	{gosip.UPDATE, true, inviting, 491, "RFC 3311 5.2: our offer is not answered yet"},
}

// timely refuses a request that comes at a wrong time; true when it comes at a right one.
func (n *negotiation) timely(req *gosip.Request, tx *gosip.ServerTx, offer bool) bool {
	d := n.dialog
	d.mu.Lock()
	at := n.standing()
	d.mu.Unlock()
	for _, t := range turnDowns {
		if t.method != req.Method || t.at != at || t.offer && !offer {
			continue
		}
		res := d.agent.response(req, t.code, "Request Pending", "", nil)
		if t.code == 500 {
			res = d.agent.response(req, t.code, "Earlier Offer Pending", "", nil)
			res.AppendHeader(header.New("Retry-After", fmt.Sprint(rand.IntN(10))))
		}
		_ = tx.Respond(res)
		return false
	}
	return true
}

// standing is where the exchange stands now; the dialog's mutex is held.
func (n *negotiation) standing() standing {
	d := n.dialog
	switch {
	case d.state == ringing && d.invite != nil:
		return ringsHere
	case d.state == ringing && !n.described():
		return ringsThere
	case d.state == ringing:
		return early
	case n.inviting:
		return inviting
	case d.answer.wait != nil && d.answer.wait.offer:
		return offering
	case d.answer.wait != nil:
		return unproven
	}
	return agreed
}

// described tells whether a fork that still rings has said where its sound is; the dialog's mutex is held.
func (n *negotiation) described() bool {
	return n.early != nil || n.expected != nil && n.expected.has(n.dialog.key.remote)
}

// refuse answers an offer with 488: the session stays as it was. A reason that names itself in a Warning header is told there
// (RFC 3261 20.43).
func (n *negotiation) refuse(req *gosip.Request, tx *gosip.ServerTx, err error) {
	d := n.dialog
	d.agent.log.Info("sip: new offer refused", "call", d.key.callID, "method", string(req.Method), "error", err.Error())
	res := d.agent.response(req, 488, "Not Acceptable Here", "", nil)
	if w := warningOf(err); w != "" {
		res.AppendHeader(header.New("Warning", w))
	}
	_ = tx.Respond(res)
}
