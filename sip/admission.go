package sip

import (
	"net/netip"
	"time"

	"hotline/sip/body"
	"hotline/sip/digest"
	"hotline/sip/guard"
	"hotline/sip/syntax"
	"hotline/sip/trunk"
)

// admission is the half of the guard that knows calls: it answers what needs no transaction and lets pass what belongs to a
// call or may begin one. The guard asks it for each message that is sound by itself. Safe for concurrent use.
type admission struct {
	cfg      *Config
	life     *lifetime
	guard    *guard.Guard
	calls    *calls
	early    *earlyAnswers
	ours     func(branch string) bool
	trunks   *trunk.Set
	accounts *digest.Server
}

// known tells whether an address is a trunk's, one of our own telephones' or the machine's own.
func (a *admission) known(from netip.Addr) bool {
	if from.IsLoopback() && !a.cfg.DistrustLoopback {
		return true
	}
	for _, p := range a.cfg.Phones {
		if p.Contains(from) {
			return true
		}
	}
	return a.trunks.Of(from) != nil
}

// admit judges one message.
func (a *admission) admit(m *syntax.Message, o guard.Origin) guard.Verdict {
	switch {
	case !m.Request:
		if !a.ours(m.Branch()) {
			return guard.Silence("response to nothing of ours")
		}
		a.early.heard(m)
		return guard.Admitted()
	case m.Method == "CANCEL":
		return a.cancel(m, o)
	case m.ToTag() != "":
		return a.inside(m, o)
	case m.Method == "INVITE":
		return a.invite(m, o)
	case m.Method == "OPTIONS":
		return a.options()
	case m.Method == "ACK":
		return guard.Silence("")
	}
	return guard.Refuse(481, "Call/Transaction Does Not Exist") // RFC 3261 15.1.2
}

func (a *admission) options() guard.Verdict {
	if a.calls.isDraining() {
		return guard.Refuse(503, "Service Unavailable", "Retry-After: 30")
	}
	return guard.Verdict{Answer: &guard.Refusal{Code: 200, Reason: "OK", Headers: []string{"Allow: " + guard.Allow, "Accept: " + body.Acceptable,
		"Accept-Encoding: identity", "Accept-Language: it, en", "Supported: " + guard.Supported}}}
}

// inside matches a request with a To tag to its dialog: Call-ID, both tags and the peer's host, or another one of its trunk.
func (a *admission) inside(m *syntax.Message, o guard.Origin) guard.Verdict {
	d := a.calls.dialog(dialogKey{m.CallID, m.ToTag(), m.FromTag()})
	switch {
	case d != nil && (d.knows(o.From.Addr()) || d.path.trunk != nil && d.path.trunk.Has(o.From.Addr())):
		// An ACK of a 2xx is handled here, in the order it arrived: sipgo gives each request a goroutine, and a BYE or
		// re-INVITE behind it might overtake it.
		if m.Method == "ACK" && d.answer.acknowledged(m) {
			if o.Transport == "UDP" {
				a.guard.Proved(o.From.Addr())
			}
			if d.invite != nil {
				a.calls.acknowledged(d.invite.entry)
			}
			return guard.Silence("")
		}
		if m.Method != "ACK" && !d.order.Take(m.CSeq.Number) {
			return guard.Refuse(503, "Too Many Requests In This Dialog", "Retry-After: 1")
		}
		return guard.Admitted()
	case m.Method == "ACK":
		return guard.Silence("")
	}
	return guard.Refuse(481, "Call/Transaction Does Not Exist") // RFC 3261 12.2.2
}

func (a *admission) invite(m *syntax.Message, o guard.Origin) guard.Verdict {
	v, evicted := a.call(m, o)
	if evicted != nil {
		a.guard.Count("evicted")
		a.life.spawn("eviction", evicted.ID, evicted.dialog.evict)
	}
	return v
}

// call judges an INVITE without a To tag; evicted is a call that must end for it, or nil.
func (a *admission) call(m *syntax.Message, o guard.Origin) (v guard.Verdict, evicted *Invite) {
	key, from := inviteKey{m.CallID, m.FromTag()}, o.From.Addr()
	a.calls.mu.Lock()
	defer a.calls.mu.Unlock()
	if en := a.calls.invites[key]; en != nil {
		switch {
		case en.branch == m.Branch() && en.seq == m.CSeq.Number && en.origin.From.Addr() == from:
			return guard.Admitted(), nil // a retransmission: sipgo's transaction absorbs it
		case !en.over, m.CSeq.Number <= en.seq:
			return guard.Refuse(482, "Loop Detected"), nil // RFC 3261 8.2.2.2: merged
		}
		en.timer.Stop()
		delete(a.calls.invites, key)
	}
	known := a.known(from)
	stranger := !known && a.cfg.AcceptAnyone
	if !known && !a.cfg.AcceptAnyone {
		if v := a.authenticate(m, from); !v.Pass {
			return v, nil
		}
	}
	if v := a.room(from, stranger); !v.Pass {
		return v, nil
	}
	open := !known && o.Transport == "UDP" && !a.guard.Proven(from)
	if open {
		ok, oldest := a.calls.shares.RoomForOpen(from, time.Now())
		if !ok {
			return guard.Refuse(503, "Too Many Unanswered Calls", "Retry-After: 10"), nil
		}
		if oldest != nil {
			a.calls.shares.Acknowledged(oldest) // its place is free
			oldest.cancelled = true             // ends it also where its handler has not begun
			evicted = oldest.invite
		}
	}
	a.calls.add(key, &entry{seq: m.CSeq.Number, branch: m.Branch(), origin: o, Call: guard.Call{From: from, Stranger: stranger, Open: open, Since: time.Now()}})
	return guard.Admitted(), evicted
}

// authenticate lets a stranger's INVITE pass with the credentials of an account.
func (a *admission) authenticate(m *syntax.Message, from netip.Addr) guard.Verdict {
	if len(a.cfg.Accounts.List) == 0 {
		v := guard.Refuse(403, "Forbidden")
		v.Why = "INVITE from a stranger"
		return v
	}
	d := a.accounts.Check(digest.Request{Method: m.Method, URI: m.URI, Authorization: m.Authorization}, from, time.Now())
	switch {
	case d.Pass:
		return guard.Admitted()
	case d.Challenge == nil:
		return guard.Silence(d.Why)
	}
	v := guard.Refuse(401, "Unauthorized", d.Challenge...)
	v.Why = d.Why
	return v
}

// room tells whether the line can take one more call of a source; calls.mu is held. Of everything that calls need, strangers
// leave a part to those who are known.
func (a *admission) room(from netip.Addr, stranger bool) guard.Verdict {
	switch {
	case a.calls.draining:
		return guard.Refuse(503, "Service Unavailable", "Retry-After: 30")
	case a.cfg.MaxCalls > 0 && a.calls.live >= a.cfg.MaxCalls:
		return a.tooMany("Too Many Calls", "Retry-After: 10")
	}
	if stranger {
		if v := a.calls.shares.Room(from, a.cfg.MaxCalls); !v.Pass {
			return v
		}
	}
	if a.cfg.Overloaded != nil && a.cfg.Overloaded(stranger) {
		return a.tooMany("Overloaded", "Retry-After: 5")
	}
	return guard.Admitted()
}

// tooMany refuses a call beyond what the line holds: the carrier may try again later, or send it on.
func (a *admission) tooMany(reason, later string) guard.Verdict {
	v := guard.Refuse(503, reason, later)
	if a.cfg.Overflow != "" {
		v = guard.Refuse(302, "Moved Temporarily", "Contact: <"+a.cfg.Overflow+">")
	}
	v.Why = "overload"
	return v
}

// cancel answers a CANCEL at once. It ends a call only when Call-ID, From tag, CSeq number, branch and source all are those of
// the INVITE (RFC 3261 9.1, 9.2).
func (a *admission) cancel(m *syntax.Message, o guard.Origin) guard.Verdict {
	a.calls.mu.Lock()
	en := a.calls.invites[inviteKey{m.CallID, m.FromTag()}]
	if en == nil || en.branch != m.Branch() || en.seq != m.CSeq.Number || en.origin.From.Addr() != o.From.Addr() {
		a.calls.mu.Unlock()
		return guard.Refuse(481, "Call/Transaction Does Not Exist")
	}
	en.cancelled = true
	in := en.invite
	a.calls.mu.Unlock()
	ok := &guard.Refusal{Code: 200, Reason: "OK"}
	if in != nil {
		ok.Tag = in.dialog.key.local // the tag of the INVITE's own answer (RFC 3261 9.2)
		a.life.spawn("CANCEL", m.CallID, in.cancelled)
	}
	return guard.Verdict{Answer: ok}
}
