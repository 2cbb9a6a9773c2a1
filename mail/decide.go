package mail

import (
	"slices"
	"time"

	"hotline/tickets"
)

// Thread is a ticket that a letter may belong to, and how it was found.
type Thread struct {
	Ticket tickets.Ticket
	By     Evidence
}

// Evidence is how a letter names a ticket, the strongest first.
type Evidence string

// The evidence. A subject counts for a sender of the ticket's contract alone, because anybody can write a number.
const (
	ByAddress Evidence = "the address"
	ByHeaders Evidence = "In-Reply-To or References"
	BySubject Evidence = "the subject"
	ByNothing Evidence = ""
)

// Facts are what the table looks at.
type Facts struct {
	Machine  string // why it is a machine's; empty: a person's
	Bounce   bool
	Known    bool // a customer's sender, or the address of a contract
	Staff    bool // the sender is one of the house's own readers
	Forged   bool // the sender's domain says that it is not his
	Forward  bool // staff, who are proven, forward the letter of somebody else
	Thread   Thread
	Lately   tickets.Number // the newest ticket of an unknown sender who has had his share of the hour; 0: he has not
	Repeated tickets.Number // the live ticket that the same machine has opened by the same subject; 0: none
}

// Effect is what a letter does to its ticket beside standing in the history.
type Effect string

// The effects.
const (
	NoEffect Effect = ""
	Resumes  Effect = "resume"  // the answer for which the ticket waits
	Follows  Effect = "follows" // a new ticket, which names the former one
)

// Decision is what becomes of a letter.
type Decision struct {
	Rule    string
	Outcome Outcome
	Ticket  tickets.Number // to which it is added, or which the new one follows
	Effect  Effect
	Receipt bool // the sender is answered
}

// rule is a row of the table; the first that fits counts.
type rule struct {
	name    string
	when    func(f Facts) bool
	outcome Outcome
	effect  Effect
	receipt bool
	into    func(f Facts) tickets.Number // nil: the thread's
}

func rules() []rule {
	thread := func(f Facts) bool { return f.Thread.By != ByNothing }
	machine := func(f Facts) bool { return f.Machine != "" }
	in := func(s ...tickets.State) func(Facts) bool {
		return func(f Facts) bool { return thread(f) && slices.Contains(s, f.Thread.Ticket.State) }
	}
	all := func(list ...func(Facts) bool) func(Facts) bool {
		return func(f Facts) bool {
			return !slices.ContainsFunc(list, func(is func(Facts) bool) bool { return !is(f) })
		}
	}
	lately, repeated := func(f Facts) tickets.Number { return f.Lately }, func(f Facts) tickets.Number { return f.Repeated }
	return []rule{
		{"a letter that came back stands on its ticket", all(thread, func(f Facts) bool { return f.Bounce }), Commented, NoEffect, false, nil},
		{"a letter that came back, of no ticket, is filed", func(f Facts) bool { return f.Bounce }, Filed, NoEffect, false, nil},
		{"a machine's answer stands on its ticket and moves nothing", all(machine, thread), Commented, NoEffect, false, nil},
		{"a machine that repeats itself is one ticket", all(machine, func(f Facts) bool { return f.Repeated != 0 }), Commented, NoEffect, false, repeated},
		{"a customer's machine opens a ticket and is not answered", all(machine, func(f Facts) bool { return f.Known }), Opened, NoEffect, false, nil},
		{"a stranger's machine is filed", machine, Filed, NoEffect, false, nil},
		{"staff write on a ticket and move nothing", all(thread, func(f Facts) bool { return f.Staff }), Commented, NoEffect, false, nil},
		{"the answer came for which the ticket waits", in(tickets.Waiting), Commented, Resumes, false, nil},
		{"what is added to a ticket stands on it", in(tickets.Open, tickets.Assigned, tickets.InProgress), Commented, NoEffect, false, nil},
		{"who writes on a restored ticket is read by staff, who alone say that it broke again", in(tickets.Restored), Commented, NoEffect, false, nil},
		{forwardRule, func(f Facts) bool { return f.Staff && f.Forward }, Opened, NoEffect, true, nil},
		{"a closed ticket stays closed: a new one follows it", in(tickets.Closed, tickets.NotRequest), Opened, Follows, true, nil},
		{"a stranger who has had his share of the hour is one ticket", func(f Facts) bool { return !f.Known && !f.Staff && f.Lately != 0 }, Commented, NoEffect, false, lately},
		{"whoever seems forged is not answered", func(f Facts) bool { return f.Forged }, Opened, NoEffect, false, nil},
		{"a new matter is a ticket", func(Facts) bool { return true }, Opened, NoEffect, true, nil},
	}
}

// Decide finds what becomes of a letter, by the first row of the table that fits.
func Decide(f Facts) Decision {
	for _, r := range rules() {
		if !r.when(f) {
			continue
		}
		d := Decision{Rule: r.name, Outcome: r.outcome, Effect: r.effect, Receipt: r.receipt, Ticket: f.Thread.Ticket.Number}
		if r.into != nil {
			d.Ticket = r.into(f)
		}
		return d
	}
	return Decision{Rule: "nothing fits", Outcome: Opened} // the last row always does
}

// The share of a stranger.
const (
	ShareSpan    = time.Hour
	ShareTickets = 3 // as by telephone
	RepeatSpan   = 24 * time.Hour
)

// Lately is the newest ticket that an address has opened, once it has had its share; records are of the last hour, newest first.
func Lately(records []Record) tickets.Number {
	opened := 0
	var newest tickets.Number
	for _, r := range records {
		if r.Outcome == Opened {
			opened++
			newest = max(newest, r.Ticket)
		}
	}
	if opened < ShareTickets {
		return 0
	}
	return newest
}

// Repeated is the newest ticket that an address has opened as a machine by the same subject.
func Repeated(records []Record, subject string) tickets.Number {
	for _, r := range records {
		if r.Machine != "" && r.Outcome == Opened && Bare(r.Subject) == Bare(subject) {
			return r.Ticket
		}
	}
	return 0
}

// EffectOf is what letters of a rule do to their ticket beside standing in the history.
func EffectOf(name string) Effect {
	for _, r := range rules() {
		if r.name == name {
			return r.effect
		}
	}
	return NoEffect
}
