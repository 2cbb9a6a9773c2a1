package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// Children is how many problems of an installation were noted on the ticket of their parent.
type Children struct {
	Ticket tickets.Number
	Count  int
	Told   int // of them told in the history
	ToldAt time.Time
}

// undecidedLook is how soon a child looks again at a parent of which is not known yet whether it waits itself.
const undecidedLook = 2 * time.Second

// waits tells whether a problem that would open a ticket waits for a parent, and has it wait.
func (f *fold) waits(p *Problem, o *Outcome) bool {
	holder, over, child := f.parentOf(p)
	if !child {
		return false
	}
	if holder != nil {
		f.noteOn(p, holder.Ticket)
		o.Waiting++
		o.concerns(holder.Ticket)
		return true
	}
	due := f.waitsUntil(p, over)
	if !due.After(f.Now) {
		return false
	}
	p.Held, p.Due = HeldWaiting, due
	o.Waiting++
	return true
}

// waitsUntil is until when a problem waits whose parent is not open, and may be told of in a moment. A blocking one waits for no other
// reason.
func (f *fold) waitsUntil(p *Problem, over time.Time) time.Time {
	due := f.Now.Add(f.Policy.Depends.Wait.Span())
	if p.Category != sla.Blocking {
		due = later(due, f.settled(over))
	}
	return due
}

// settled is until when children wait after a parent's end; zero: it never ended.
func (f *fold) settled(over time.Time) time.Time {
	if over.IsZero() {
		return over
	}
	return over.Add(f.Policy.Depends.Settle.Span())
}

// parentOf finds the parent that a problem waits for: the first one that is open and has a ticket. Without one it tells when the
// last of its parents ended. child: a rule names a parent for it.
func (f *fold) parentOf(p *Problem) (holder *Problem, over time.Time, child bool) {
	for _, ref := range f.Policy.Depends.parents(p.ref(), p.Title) {
		child = true
		for _, q := range f.parents[ref] {
			switch {
			case f.holds(q):
				return q, time.Time{}, true
			case !q.Firing:
				over = later(over, q.Since)
			default:
				over = later(over, f.i.tickets[q.Ticket].ClosedAt)
			}
		}
	}
	return nil, over, child
}

// holds tells whether a problem has others wait: it fires, or its end is not believed yet, and its ticket was not closed.
func (f *fold) holds(q *Problem) bool {
	return (q.Firing || !q.Due.IsZero()) && q.Ticket != 0 && q.Held != HeldWaiting && !ended(f.i.tickets[q.Ticket].State)
}

// undecided tells whether a parent of a problem waits for a parent itself, and is about to be decided on.
func (f *fold) undecided(p *Problem) bool {
	for _, ref := range f.Policy.Depends.parents(p.ref(), p.Title) {
		for _, q := range f.parents[ref] {
			if q.Firing && (q.Held == HeldWaiting || q.Held == HeldParent) && !f.holds(q) {
				return true
			}
		}
	}
	return false
}

// ref is how rules name a problem.
func (p *Problem) ref() Ref { return Ref{p.Installation.Name, p.Key.Fingerprint} }

// knows notes a problem of this installation where a rule may name it as a parent.
func (f *fold) knows(p *Problem) {
	if ref := p.ref(); f.Policy.Depends.isParent(ref) {
		f.parents[ref] = append(f.parents[ref], p)
	}
}

// noteOn has a problem wait in its parent's ticket, which becomes as urgent as the problem.
func (f *fold) noteOn(p *Problem, n tickets.Number) {
	p.Held, p.Ticket, p.Due = HeldParent, n, f.Now.Add(f.Policy.Depends.Settle.Span())
	list := f.i.State.Children
	at := slices.IndexFunc(list, func(c Children) bool { return c.Ticket == n })
	if at < 0 {
		list, at = append(list, Children{Ticket: n}), len(list)
	}
	list[at].Count++
	f.i.State.Children = list
	if f.named[n] = append(f.named[n], p.Title); len(f.named[n]) > namedMost {
		f.named[n] = f.named[n][:namedMost]
	}
	f.press(p)
}

// press makes the ticket in which a problem waits as urgent as the problem. A ticket that is being opened is asked later.
func (f *fold) press(p *Problem) {
	seen, known := f.i.tickets[p.Ticket]
	if known && !urgent(p.Category, seen.Category) {
		return
	}
	f.i.tickets[p.Ticket] = Seen{State: seen.State, Category: p.Category, ClosedAt: seen.ClosedAt}
	f.last = append(f.last, Action{Kind: ActRaise, Ticket: p.Ticket, Category: p.Category, Text: p.Title + ", which waits for this, is more urgent"})
}

// stillWaits takes an alert that goes on and waits for its parent.
func (f *fold) stillWaits(p *Problem, category sla.Category, o *Outcome) {
	o.Repeated++
	noted := p.Held == HeldParent
	if noted {
		o.concerns(p.Ticket)
	}
	if !urgent(category, p.Category) {
		return
	}
	p.Category = category
	if noted {
		f.press(p)
	} else if soon := f.Now.Add(f.Policy.Depends.Wait.Span()); category == sla.Blocking && soon.Before(p.Due) {
		p.Due = soon
	}
}

// decide looks at a problem that waits for a parent, or for the end of maintenance. Its own parents come first, so that what one turn
// decides of a parent holds for its children.
func (f *fold) decide(p *Problem) {
	for _, ref := range f.Policy.Depends.parents(p.ref(), p.Title) {
		for _, q := range f.parents[ref] {
			if q.Installation == f.i.ID && q.Firing && !q.Due.IsZero() && !q.Due.After(f.Now) {
				f.look(q)
			}
		}
	}
	if p.Held == HeldMaintenance {
		if p.Held = ""; !f.waits(p, &Outcome{}) {
			f.release(p)
		}
		return
	}
	holder, over, _ := f.parentOf(p)
	noted := p.Held == HeldParent
	settled := f.settled(over)
	switch {
	case holder != nil && noted && holder.Ticket == p.Ticket:
		p.Due = f.Now.Add(f.Policy.Depends.Settle.Span())
	case holder != nil:
		f.noteOn(p, holder.Ticket)
	case !noted && p.Category == sla.Blocking:
		f.release(p)
	case f.undecided(p):
		p.Due = f.Now.Add(undecidedLook)
	case settled.After(f.Now):
		p.Due = settled
	default:
		f.release(p)
	}
}

// release lets a problem open its ticket that need not wait any more. When all are looked at, openReleased does.
func (f *fold) release(p *Problem) {
	if p.Held == HeldParent {
		p.Ticket = 0 // that was its parent's
	}
	p.Held = ""
	if !f.Maintenance.IsZero() {
		p.Held, p.Due = HeldMaintenance, f.Maintenance
		return
	}
	if f.Policy.Depends.isParent(p.ref()) { // others are about to ask for its ticket
		f.openAfterWait(p)
		return
	}
	f.released = append(f.released, p)
}

// openAfterWait finds the ticket of a problem that has waited.
func (f *fold) openAfterWait(p *Problem) {
	f.ticket(p, Alert{Title: p.Title, Text: "it began at " + p.Since.UTC().Format(time.RFC3339) + ", and waited for maintenance or for what it depends on"}, p.endedBefore(), &Outcome{})
}

// openReleased opens the tickets of those that wait no more, and one for all where they are many.
func (f *fold) openReleased() {
	if f.i.State.Storm.Ticket == 0 && len(f.released) > 0 && len(f.released)+len(f.i.State.Opened) >= f.Policy.Storm.Alerts {
		category, titles := NoTicket, []string(nil)
		for _, p := range f.released {
			if titles = append(titles, p.Title); urgent(p.Category, category) {
				category = p.Category
			}
		}
		f.beginStorm(category, f.stormOpening(titles))
	}
	for _, p := range f.released {
		f.openAfterWait(p)
	}
	f.released = nil
}

// endedBefore is when a problem that fires had ended before; zero: it never did.
func (p *Problem) endedBefore() time.Time {
	if len(p.Changes) < 2 {
		return time.Time{}
	}
	return p.Changes[len(p.Changes)-2]
}

// tellChildren writes on the tickets of parents how many wait there: the first ones at once and by name, others once in a while.
func (f *fold) tellChildren() {
	list := f.i.State.Children[:0]
	for _, c := range f.i.State.Children {
		if ended(f.i.tickets[c.Ticket].State) {
			continue
		}
		if c.Count > c.Told && (c.Told == 0 || f.Now.Sub(c.ToldAt) >= stormLines) {
			text := fmt.Sprintf("alerts of installation %s that wait for this and open no ticket of their own: %d", f.i.ID.Name, c.Count)
			if titles := f.named[c.Ticket]; c.Told == 0 && len(titles) > 0 {
				text += ", such as\n" + strings.Join(titles, "\n")
			}
			f.last = append(f.last, Action{Kind: ActNote, Ticket: c.Ticket, Text: text})
			c.Told, c.ToldAt = c.Count, f.Now
		}
		list = append(list, c)
	}
	f.i.State.Children = list
	for _, a := range f.last { // behind all else: the ticket of another installation may still be about to be opened
		f.act(a)
	}
}

// childrenMove has those that wait in one ticket wait in another one, whose history tells of them anew.
func (f *fold) childrenMove(from, into tickets.Number) {
	list := f.i.State.Children
	at := slices.IndexFunc(list, func(c Children) bool { return c.Ticket == from })
	if at < 0 {
		return
	}
	count := list[at].Count
	list = slices.Delete(list, at, at+1)
	if to := slices.IndexFunc(list, func(c Children) bool { return c.Ticket == into }); to >= 0 {
		list[to].Count += count
	} else {
		list = append(list, Children{Ticket: into, Count: count})
	}
	f.i.State.Children = list
}
