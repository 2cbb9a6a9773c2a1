package sip

import (
	"net/netip"
	"strings"
	"time"

	"hotline/sip/body"
)

// inviteKey is what makes two INVITEs one call (RFC 3261 8.2.2.2).
type inviteKey struct{ callID, fromTag string }

// dialogKey is what a dialog is known by, from our side (RFC 3261 12).
type dialogKey struct{ callID, local, remote string }

// entry is one INVITE from outside, from its first octet until 64*T1 after its end.
type entry struct {
	seq       uint32
	branch    string
	origin    origin
	invite    *Invite // nil until its handler runs
	cancelled bool
	over      bool
	half      bool // of an unproven source, and not acknowledged yet
	stranger  bool // of a source that nobody vouches for, while the call lives
	since     time.Time
	timer     *time.Timer
}

// admit is the stateful half of the guard: it answers what needs no transaction
// and lets pass what belongs to a call.
func (a *Agent) admit(e *envelope, o origin) verdict {
	switch {
	case !e.request:
		if !a.ours(e.branch()) {
			return silence("response to nothing of ours")
		}
		a.heard(e)
		return verdict{pass: true}
	case e.method == "CANCEL":
		return a.admitCancel(e, o)
	case e.toTag() != "":
		return a.admitInside(e, o)
	case e.method == "INVITE":
		return a.admitInvite(e, o)
	case e.method == "OPTIONS":
		return a.admitOptions()
	case e.method == "ACK":
		return silence("")
	}
	return refuse(481, "Call/Transaction Does Not Exist") // RFC 3261 15.1.2
}

func (a *Agent) admitOptions() verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.draining {
		return refuse(503, "Service Unavailable", "Retry-After: 30")
	}
	return verdict{answer: &refusal{code: 200, reason: "OK", headers: []string{"Allow: " + allow, "Accept: " + body.Acceptable,
		"Accept-Encoding: identity", "Accept-Language: it, en", "Supported: " + supported}}}
}

// admitInside matches a request with a To tag to its dialog: Call-ID, both tags
// and the peer's host, or another one of its trunk.
func (a *Agent) admitInside(e *envelope, o origin) verdict {
	a.mu.Lock()
	d := a.dialogs[dialogKey{e.callID, e.toTag(), e.fromTag()}]
	a.mu.Unlock()
	switch {
	case d != nil && (d.knows(o.from.Addr()) || d.trunk != nil && d.trunk.has(o.from.Addr())):
		// An ACK of a 2xx is handled here, in the order it arrived: sipgo gives each
		// request a goroutine, and a BYE or re-INVITE behind it might overtake it.
		if e.method == "ACK" && d.acknowledged(e) {
			if o.transport == "UDP" {
				a.guard.credit.proved(o.from.Addr())
			}
			if d.invite != nil {
				a.mu.Lock()
				a.shares.settle(d.invite.entry)
				a.mu.Unlock()
			}
			return silence("")
		}
		if e.method != "ACK" && !d.turns.Take(e.seq) {
			return refuse(503, "Too Many Requests In This Dialog", "Retry-After: 1")
		}
		return verdict{pass: true}
	case e.method == "ACK":
		return silence("")
	}
	return refuse(481, "Call/Transaction Does Not Exist") // RFC 3261 12.2.2
}

func (a *Agent) admitInvite(e *envelope, o origin) verdict {
	v, evicted := a.admitCall(e, o)
	if evicted != nil {
		a.guard.count("evicted")
		a.spawn("eviction", evicted.ID, evicted.leg.evict)
	}
	return v
}

// admitCall judges an INVITE; evicted is a call that must end for it, or nil.
func (a *Agent) admitCall(e *envelope, o origin) (v verdict, evicted *Invite) {
	key := inviteKey{e.callID, e.fromTag()}
	a.mu.Lock()
	defer a.mu.Unlock()
	if en := a.invites[key]; en != nil {
		switch {
		case en.branch == e.branch() && en.seq == e.seq && en.origin.from.Addr() == o.from.Addr():
			return verdict{pass: true}, nil // a repeat: sipgo's transaction absorbs it
		case !en.over, e.seq <= en.seq:
			return refuse(482, "Loop Detected"), nil // RFC 3261 8.2.2.2: merged
		}
		en.timer.Stop()
		delete(a.invites, key)
	}
	known := a.known(o.from.Addr())
	stranger := !known && a.cfg.AcceptAnyone
	if !known && !a.cfg.AcceptAnyone {
		if v := a.door.open(e, o.from.Addr(), time.Now()); !v.pass {
			return v, nil
		}
	}
	if v := a.room(o.from.Addr(), stranger); !v.pass {
		return v, nil
	}
	half := !known && o.transport == "UDP" && !a.guard.credit.proven(o.from.Addr())
	if half {
		ok, oldest := a.shares.roomForHalf(o.from.Addr(), time.Now())
		if !ok {
			return refuse(503, "Too Many Unanswered Calls", "Retry-After: 10"), nil
		}
		if oldest != nil {
			a.shares.settle(oldest)
			oldest.cancelled = true // ends it also where its handler has not begun
			evicted = oldest.invite
		}
	}
	// Copies: a piece of a message keeps the whole of it.
	key = inviteKey{strings.Clone(key.callID), strings.Clone(key.fromTag)}
	en := &entry{seq: e.seq, branch: strings.Clone(e.branch()), origin: o, half: half, stranger: stranger, since: time.Now()}
	a.shares.add(en)
	en.timer = time.AfterFunc(a.timers.giveUp(), func() { a.sweep(key, en) })
	a.invites[key] = en
	a.live++
	return verdict{pass: true}, evicted
}

// room tells whether the line can take one more call of a source; a.mu is held. Of everything that calls need, strangers
// leave a part to those who are known.
func (a *Agent) room(from netip.Addr, stranger bool) verdict {
	switch {
	case a.draining || a.stopped:
		return refuse(503, "Service Unavailable", "Retry-After: 30")
	case a.cfg.MaxCalls > 0 && a.live >= a.cfg.MaxCalls:
		return a.tooMany("Too Many Calls", "Retry-After: 10")
	case stranger && a.shares.by[network(from)] >= callsPerStranger:
		return refuse(503, "Too Many Calls From This Address", "Retry-After: 10")
	case stranger && a.cfg.MaxCalls > 0 && a.shares.calls >= (a.cfg.MaxCalls+1)/2: // half is kept for those who are known
		return refuse(503, "Too Many Calls", "Retry-After: 10")
	case a.cfg.Overloaded != nil && a.cfg.Overloaded(stranger):
		return a.tooMany("Overloaded", "Retry-After: 5")
	}
	return verdict{pass: true}
}

// tooMany refuses a call beyond what the line holds: the carrier may try again later, or send it on.
func (a *Agent) tooMany(reason, later string) verdict {
	v := refuse(503, reason, later)
	if a.cfg.Overflow != "" {
		v = refuse(302, "Moved Temporarily", "Contact: <"+a.cfg.Overflow+">")
	}
	v.why = "overload"
	return v
}

// sweep forgets an INVITE: one that is over, or one whose handler never ran.
func (a *Agent) sweep(key inviteKey, en *entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !en.over && en.invite != nil {
		return
	}
	if !en.over {
		a.finish(en)
	}
	if a.invites[key] == en {
		delete(a.invites, key)
	}
}

// leave counts one call less; a.mu is held.
func (a *Agent) leave() {
	if a.live--; a.live == 0 && a.empty != nil {
		close(a.empty)
		a.empty = nil
	}
}

// closeEntry marks an INVITE's call as over; it stays known for repeats.
func (a *Agent) closeEntry(en *entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if en.over {
		return
	}
	a.finish(en)
	en.timer.Reset(a.timers.giveUp())
}

// finish counts a call out that came in; a.mu is held.
func (a *Agent) finish(en *entry) {
	en.over = true
	a.shares.remove(en)
	a.leave()
}

// admitCancel answers a CANCEL here and now. It ends a call only when Call-ID,
// From tag, CSeq number, branch and source all are those of the INVITE
// (RFC 3261 9.1, 9.2).
func (a *Agent) admitCancel(e *envelope, o origin) verdict {
	a.mu.Lock()
	en := a.invites[inviteKey{e.callID, e.fromTag()}]
	if en == nil || en.branch != e.branch() || en.seq != e.seq || en.origin.from.Addr() != o.from.Addr() {
		a.mu.Unlock()
		return refuse(481, "Call/Transaction Does Not Exist")
	}
	en.cancelled = true
	in := en.invite
	a.mu.Unlock()
	ok := &refusal{code: 200, reason: "OK"}
	if in != nil {
		ok.tag = in.leg.key.local // the tag of the INVITE's own answer (RFC 3261 9.2)
		a.spawn("CANCEL", e.callID, in.cancelled)
	}
	return verdict{answer: ok}
}

// remember makes a dialog known for requests inside it.
func (a *Agent) remember(d *Dialog) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dialogs[d.key] = d
}

// retire forgets an ended dialog after 64*T1, when no repeat of the other side's
// last request can come any more.
func (a *Agent) retire(d *Dialog) {
	time.AfterFunc(a.timers.giveUp(), func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.dialogs[d.key] == d {
			delete(a.dialogs, d.key)
		}
	})
}
