package intake

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// Delivery is what one message says about one installation.
type Delivery struct {
	Source string
	Batch  Batch
}

// Outcome is what became of a message's alerts; each is counted once.
type Outcome struct {
	Opened    int              // a ticket of its own
	Joined    int              // a ticket that many alerts of the installation share
	Repeated  int              // known already
	Reopened  int              // its ticket was closed a moment ago
	Resolved  int              // it is over
	Unmatched int              // it is over, and was never known to fire
	Ignored   int              // no ticket, by the policy or because it is no alert
	Held      int              // no ticket while maintenance goes on
	Waiting   int              // they depend on another problem, and wait for it
	Tickets   []tickets.Number // those concerned, each once
}

// concerns notes a ticket.
func (o *Outcome) concerns(n tickets.Number) {
	if n != 0 && !slices.Contains(o.Tickets, n) {
		o.Tickets = append(o.Tickets, n)
	}
}

// Facts is what the fold is told beside the installation and the messages.
type Facts struct {
	Now         time.Time
	Policy      Policy
	Night       bool      // it is outside the contract's hours
	Maintenance time.Time // when the maintenance ends that goes on; zero: none does
	Parents     []Problem // of other installations, for which problems may wait
	Number      func() (tickets.Number, error)
	NewID       func() string
}

// fold is one turn at an installation.
type fold struct {
	Facts
	i       *Installation
	known   map[Key]*Problem
	changed []*Problem
	noted   map[*Problem]bool // those in changed
	fresh   int               // problems that nobody knew
	acts    []Action
	err     error

	parents  map[Ref][]*Problem // which rules name
	released []*Problem         // that need not wait any more
	named    map[tickets.Number][]string
	last     []Action // decided for the tickets of parents
}

// Take is the whole rule of alerts: how an installation stands after messages came in or time passed, and what each message came to.
// What is to be done about it is at the end of State.Pending. It is pure but for the numbers that it takes. tickets is how those
// tickets stand that the installation and its problems name; one that is not among them is being opened.
func (i Installation) Take(list []Delivery, stand map[tickets.Number]Seen, facts Facts) (next Installation, became []Outcome, acts []Action, err error) {
	next = i.clone(stand)
	f := &fold{Facts: facts, i: &next, known: map[Key]*Problem{}, noted: map[*Problem]bool{}, parents: map[Ref][]*Problem{}, named: map[tickets.Number][]string{}}
	for n := range next.Problems {
		f.known[next.Problems[n].Key] = &next.Problems[n]
		f.knows(&next.Problems[n])
	}
	for n := range facts.Parents {
		f.knows(&facts.Parents[n])
	}
	f.endStorm()
	for n := range next.Problems {
		if p := &next.Problems[n]; !p.Due.IsZero() && !p.Due.After(f.Now) {
			f.look(p)
		}
	}
	f.openReleased()
	f.gather(list)
	for _, d := range list {
		became = append(became, f.message(d))
	}
	f.tellStorm()
	f.tellChildren()
	next.State.Pending = append(next.State.Pending, f.acts...)
	next.Due = next.State.due(f.Now)
	next.Problems = nil
	for _, p := range f.changed {
		next.Problems = append(next.Problems, *p)
	}
	return next, became, f.acts, f.err
}

// clone copies what the fold writes to.
func (i Installation) clone(stand map[tickets.Number]Seen) Installation {
	i = i.Clone()
	i.Moves, i.tickets = nil, maps.Clone(stand)
	if i.tickets == nil {
		i.tickets = map[tickets.Number]Seen{}
	}
	if i.State.Firing == nil {
		i.State.Firing = map[tickets.Number]int{}
	}
	return i
}

// Clone shares nothing with the installation.
func (i Installation) Clone() Installation {
	s := &i.State
	s.Opened, s.Pending, s.Firing, s.Children = slices.Clone(s.Opened), slices.Clone(s.Pending), maps.Clone(s.Firing), slices.Clone(s.Children)
	i.Moves, i.Problems = slices.Clone(i.Moves), slices.Clone(i.Problems)
	for n := range i.Problems {
		i.Problems[n].Changes = slices.Clone(i.Problems[n].Changes)
	}
	return i
}

// pendingGrace is how long whoever decided something may take to carry it out before somebody else does.
const pendingGrace = 10 * time.Second

// due is when a state is to be looked at again by itself.
func (s State) due(now time.Time) time.Time {
	var due time.Time
	if s.Storm.Count > s.Storm.Told {
		due = s.Storm.ToldAt.Add(stormLines)
	}
	for _, c := range s.Children {
		if at := c.ToldAt.Add(stormLines); c.Count > c.Told && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	if at := now.Add(pendingGrace); len(s.Pending) > 0 && (due.IsZero() || at.Before(due)) {
		due = at
	}
	return due
}

// problem finds a problem, or begins one that nobody knows.
func (f *fold) problem(k Key) *Problem {
	p, ok := f.known[k]
	if !ok {
		p = &Problem{Installation: f.i.ID, Key: k}
		f.known[k] = p
		f.knows(p)
		f.fresh++
	}
	return p
}

// write notes that a problem is to be written.
func (f *fold) write(p *Problem) {
	if !f.noted[p] {
		f.noted[p] = true
		f.changed = append(f.changed, p)
	}
}

// message takes the alerts of one message in their order.
func (f *fold) message(d Delivery) (o Outcome) {
	opened := len(f.acts)
	for _, a := range d.Batch.Alerts {
		k := Key{d.Source, a.Fingerprint}
		switch p, known := f.known[k]; {
		case a.Skip != "":
			o.Ignored++
		case !a.Resolved && !known && f.full():
			f.overflow(a, &o)
		case !a.Resolved:
			f.fire(f.problem(k), a, &o)
		case !known || !p.Firing:
			o.Unmatched++
		default:
			f.resolve(p, a, &o)
		}
	}
	if d.Batch.Truncated > 0 {
		f.truncated(d, o, f.acts[opened:])
	}
	return o
}

// truncated writes on the tickets concerned that the source left alerts out: on new ones always, on others once a window.
func (f *fold) truncated(d Delivery, o Outcome, acts []Action) {
	list := o.Tickets
	if cut := f.i.State.CutAt; !cut.IsZero() && f.Now.Sub(cut) < f.Policy.Window.Span() {
		list = nil
		for _, a := range acts {
			if a.Kind == ActOpen {
				list = append(list, a.Ticket)
			}
		}
	}
	for _, n := range list[:min(len(list), namedMost)] {
		f.act(Action{Kind: ActNote, Ticket: n, Text: fmt.Sprintf("%s left %d more alerts out of this message: look there for the rest", d.Source, d.Batch.Truncated)})
		f.i.State.CutAt = f.Now
	}
}

// fire takes an alert that goes on or begins.
func (f *fold) fire(p *Problem, a Alert, o *Outcome) {
	was, quiet, settling := p.Firing, p.Since, !p.Firing && !p.Due.IsZero()
	category := f.Policy.Category(a.Severity, f.Night)
	p.Heard, p.Severity, p.Title = f.Now, a.Severity, cmp.Or(a.Title, p.Title)
	if !was {
		p.Firing, p.Since, p.Count, p.Due = true, f.Now, 0, time.Time{}
		if p.change(f.Now); !p.flaps(f.Policy.Flapping, f.Now) {
			p.Told = 0
		}
	}
	p.Count++
	f.write(p)
	switch {
	case was && p.depends():
		f.stillWaits(p, category, o)
	case was && p.Ticket != 0:
		f.again(p, a, category, o)
	case settling && p.Ticket != 0:
		o.Repeated++
		o.concerns(p.Ticket)
	case category == NoTicket:
		p.Held, p.Category, p.Ticket = HeldSeverity, category, 0
		o.Ignored++
	default:
		p.Held, p.Category = "", category
		f.begins(p, a, quiet, o)
	}
}

// begins finds the ticket of a problem that begins, unless maintenance or what it depends on keeps it.
func (f *fold) begins(p *Problem, a Alert, quiet time.Time, o *Outcome) {
	switch {
	case !f.Maintenance.IsZero():
		p.Held, p.Ticket, p.Due = HeldMaintenance, 0, f.Maintenance
		o.Held++
	case !f.waits(p, o):
		f.ticket(p, a, quiet, o)
	}
}

// again takes an alert that is known to fire and has a ticket.
func (f *fold) again(p *Problem, a Alert, category sla.Category, o *Outcome) {
	seen, known := f.i.tickets[p.Ticket]
	if known && ended(seen.State) && span(seen.ClosedAt, f.Now) >= f.Policy.Again.Span() && category != NoTicket {
		f.leave(p.Ticket)
		p.Ticket, p.Count, p.Told, p.Since, p.Category, p.Due = 0, 1, 0, f.Now, category, time.Time{}
		f.begins(p, a, time.Time{}, o)
		return
	}
	o.Repeated++
	o.concerns(p.Ticket)
	if urgent(category, p.Category) {
		p.Category = category
		f.raise(p.Ticket, category, fmt.Sprintf("%s is %s now", p.Title, p.Severity))
	}
	if p.Due.IsZero() && p.Ticket != f.i.State.Storm.Ticket {
		p.Due = f.Now.Add(f.Policy.Window.Span())
	}
}

// ticket finds the ticket of a problem that begins: the ticket that the problem had a moment ago, that of the storm, or a new
// one.
func (f *fold) ticket(p *Problem, a Alert, quiet time.Time, o *Outcome) {
	had := p.Ticket
	if f.i.State.Storm.Ticket == 0 && len(f.i.State.Opened)+1 >= f.Policy.Storm.Alerts && !f.reopens(had, quiet) {
		f.beginStorm(p.Category, "")
	}
	switch {
	case f.reopens(had, quiet):
		seen := f.i.tickets[had]
		f.i.State.Firing[had]++
		if o.Reopened++; f.i.State.Firing[had] == 1 {
			f.act(Action{Kind: ActReopen, Ticket: had, Text: fmt.Sprintf("it fires again: %s", p.Title)})
			f.i.tickets[had] = Seen{State: tickets.Open, Category: seen.Category}
		}
		f.raise(had, p.Category, p.Title)
	case f.i.State.Storm.Ticket != 0:
		p.Ticket = f.i.State.Storm.Ticket
		f.join(p)
		o.Joined++
	default:
		p.Ticket = f.open(p.Category, f.opening(p, a))
		f.i.State.Firing[p.Ticket]++
		o.Opened++
	}
	o.concerns(p.Ticket)
}

// reopens tells whether a problem that is quiet since an instant begins again so soon that it is the same matter.
func (f *fold) reopens(had tickets.Number, quiet time.Time) bool {
	seen, known := f.i.tickets[had]
	return had != 0 && span(quiet, f.Now) < f.Policy.Flapping.Quiet.Span() && (!known || seen.State != tickets.NotRequest)
}

// open opens a ticket.
func (f *fold) open(c sla.Category, text string) tickets.Number {
	n, err := f.Number()
	if err != nil {
		f.err = cmp.Or(f.err, fmt.Errorf("a ticket's number: %w", err))
		return 0
	}
	f.act(Action{Kind: ActOpen, Ticket: n, Category: c, Text: text})
	f.i.State.Opened = append(f.i.State.Opened, Opening{f.Now, n, c})
	f.i.tickets[n] = Seen{State: tickets.Open, Category: c}
	return n
}

// resolve takes the end of a problem.
func (f *fold) resolve(p *Problem, a Alert, o *Outcome) {
	waited, held := p.depends(), p.Held
	p.Firing, p.Since, p.Heard, p.Held, p.Due = false, f.Now, f.Now, "", time.Time{}
	p.change(f.Now)
	f.write(p)
	o.Resolved++
	o.concerns(p.Ticket)
	switch {
	case waited: // nothing is to be done, for nothing was opened
		if held == HeldParent {
			p.Ticket = 0
		}
	case p.Ticket == 0:
	case p.flaps(f.Policy.Flapping, f.Now):
		p.Due = f.Now.Add(f.Policy.Flapping.Quiet.Span())
		if p.Told != flapTold {
			p.Told = flapTold
			f.act(Action{Kind: ActNote, Ticket: p.Ticket, Text: fmt.Sprintf("%s comes and goes: its end counts when it has lasted for %s", p.Title, f.Policy.Flapping.Quiet.Span())})
		}
	default:
		f.settle(p, a.End)
	}
}

// flapTold marks a problem of which the ticket says already that it comes and goes.
const flapTold = -1

// settle ends a problem's part in its ticket, and the ticket with the last one. end is what its source says of the end.
func (f *fold) settle(p *Problem, end string) {
	if p.Due = (time.Time{}); f.leave(p.Ticket) > 0 {
		return
	}
	text := "resolved: " + p.Title
	if p.Count > 1 {
		text += fmt.Sprintf(", x %d", p.Count)
	}
	if end != "" {
		text += ", " + end
	}
	if storm := f.i.State.Storm; storm.Ticket == p.Ticket {
		text = fmt.Sprintf("all alerts of the storm are resolved, %d in all", storm.Count)
		f.i.State.Storm = Gathering{}
	}
	f.act(Action{Kind: ActEnd, Ticket: p.Ticket, Text: text})
	if seen, ok := f.i.tickets[p.Ticket]; ok && seen.State.Live() {
		f.i.tickets[p.Ticket] = Seen{State: tickets.Closed, Category: seen.Category, ClosedAt: f.Now}
	}
}

// leave takes a problem off a ticket and tells how many are left.
func (f *fold) leave(n tickets.Number) (left int) {
	firing := f.i.State.Firing
	if left = firing[n] - 1; left <= 0 {
		delete(firing, n)
		return 0
	}
	firing[n] = left
	return left
}

// look does what is due at a problem.
func (f *fold) look(p *Problem) {
	f.write(p)
	p.Due = time.Time{}
	switch {
	case !p.Firing:
		if p.Ticket != 0 {
			f.settle(p, "")
		}
	case p.Held == HeldMaintenance && !f.Maintenance.IsZero():
		p.Due = f.Maintenance
	case p.Held == HeldMaintenance, p.depends():
		f.decide(p)
	case p.Ticket != 0 && p.Told >= 0 && p.Count > max(p.Told, 1):
		f.act(Action{Kind: ActNote, Ticket: p.Ticket, Text: fmt.Sprintf("%s x %d since %s", p.Title, p.Count, p.Since.UTC().Format(time.RFC3339))})
		p.Told = p.Count
	}
}

// change notes a beginning or an end.
func (p *Problem) change(now time.Time) {
	p.Changes = append(p.Changes, now)
	p.Changes = p.Changes[max(0, len(p.Changes)-changesKept):]
}

// flaps tells whether it began and ended so often lately that its end is not believed at once.
func (p *Problem) flaps(by Flapping, now time.Time) bool {
	recent := 0
	for _, at := range p.Changes {
		if now.Sub(at) < by.Within.Span() {
			recent++
		}
	}
	return recent >= by.Changes
}

// opening is the text of a new ticket.
func (f *fold) opening(p *Problem, a Alert) string {
	text := cmp.Or(p.Title, p.Key.Fingerprint)
	if a.Text != "" {
		text += "\n" + a.Text
	}
	return text + fmt.Sprintf("\n%s of installation %s, severity %s, fingerprint %s", p.Key.Source, f.i.ID.Name, cmp.Or(p.Severity, "not said"), p.Key.Fingerprint)
}

func (f *fold) act(a Action) {
	a.ID = f.NewID()
	f.acts = append(f.acts, a)
}

// raise makes a ticket as urgent as its worst alert.
func (f *fold) raise(n tickets.Number, c sla.Category, why string) {
	if seen, ok := f.i.tickets[n]; ok && urgent(c, seen.Category) {
		f.act(Action{Kind: ActRaise, Ticket: n, Category: c, Text: why})
		f.i.tickets[n] = Seen{State: seen.State, Category: c}
	}
}

// ended tells whether nobody owes anything to a ticket, and its service is not only back.
func ended(s tickets.State) bool { return s == tickets.Closed || s == tickets.NotRequest }

// urgent tells whether a category is more urgent than another one.
func urgent(c, than sla.Category) bool { return rank(c) < rank(than) }

func rank(c sla.Category) int {
	if n := slices.Index(sla.Categories(), c); n >= 0 {
		return n
	}
	return len(sla.Categories())
}
