package intake

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// stormLines is how often a ticket's history tells how many alerts have joined a storm.
const stormLines = time.Minute

// namedMost is how many alerts or tickets a text names.
const namedMost = 10

// endStorm lets a storm end that had no new problem for a while, or whose ticket was ended by staff.
func (f *fold) endStorm() {
	s := &f.i.State
	for len(s.Opened) > 0 && f.Now.Sub(s.Opened[0].At) >= f.Policy.Storm.Within.Span() {
		s.Opened = s.Opened[1:]
	}
	seen, known := f.i.tickets[s.Storm.Ticket]
	if s.Storm.Ticket != 0 && (f.Now.Sub(s.Storm.Last) >= f.Policy.Storm.Quiet.Span() || known && !seen.State.Live()) {
		f.tell()
		s.Storm = Gathering{}
	}
}

// gather begins a storm when there are too many new problems, those of the last moments included, for a ticket each.
func (f *fold) gather(list []Delivery) {
	if f.i.State.Storm.Ticket != 0 {
		return
	}
	coming := f.coming(list)
	if len(coming) == 0 || len(coming)+len(f.i.State.Opened) < f.Policy.Storm.Alerts {
		return
	}
	var titles []string
	category := NoTicket
	for _, a := range coming {
		if titles = append(titles, a.Title); urgent(f.Policy.Category(a.Severity, f.Night), category) {
			category = f.Policy.Category(a.Severity, f.Night)
		}
	}
	f.beginStorm(category, f.stormOpening(titles))
}

// stormOpening is the text of a storm's ticket.
func (f *fold) stormOpening(titles []string) string {
	return fmt.Sprintf("many alerts of installation %s within a short time are one ticket: %d so far, such as\n%s",
		f.i.ID.Name, len(titles), strings.Join(titles[:min(len(titles), namedMost)], "\n"))
}

// beginStorm makes one ticket of those that were opened a moment ago, or opens one; new problems join it from here on.
func (f *fold) beginStorm(c sla.Category, text string) {
	n, joined := f.merge()
	if n == 0 {
		n = f.open(c, text)
	} else {
		f.act(Action{Kind: ActNote, Ticket: n, Text: fmt.Sprintf("storm: from here on, new alerts of installation %s join this ticket", f.i.ID.Name)})
	}
	f.i.State.Storm = Gathering{Ticket: n, Category: f.i.tickets[n].Category, Last: f.Now, Count: joined, Told: joined, ToldAt: f.Now}
}

// coming are the alerts that would open tickets, each problem once.
func (f *fold) coming(list []Delivery) (fresh []Alert) {
	if !f.Maintenance.IsZero() {
		return nil
	}
	counted := map[Key]bool{}
	for _, d := range list {
		for _, a := range d.Batch.Alerts {
			k := Key{d.Source, a.Fingerprint}
			p, known := f.known[k]
			if a.Skip != "" || a.Resolved || counted[k] || known && (p.Firing || f.reopens(p.Ticket, p.Since)) || f.Policy.Category(a.Severity, f.Night) == NoTicket {
				continue
			}
			counted[k] = true
			p = &Problem{Installation: f.i.ID, Key: k, Title: a.Title, Category: f.Policy.Category(a.Severity, f.Night)}
			if holder, over, child := f.parentOf(p); child && (holder != nil || f.waitsUntil(p, over).After(f.Now)) {
				continue
			}
			fresh = append(fresh, a)
		}
	}
	return fresh
}

// merge makes one of the tickets that were opened a moment ago: the most urgent one. Those that somebody has in hand stay. It
// gives the ticket, 0 for none, and how many problems it has.
func (f *fold) merge() (into tickets.Number, problems int) {
	var list []Opening
	for _, o := range f.i.State.Opened {
		if seen, known := f.i.tickets[o.Ticket]; !known || seen.State == tickets.Open {
			list = append(list, o)
		}
	}
	if len(list) == 0 {
		return 0, 0
	}
	slices.SortStableFunc(list, func(a, b Opening) int { return rank(a.Category) - rank(b.Category) })
	into = list[0].Ticket
	firing := f.i.State.Firing
	for _, o := range list[1:] {
		f.act(Action{Kind: ActMerge, Ticket: o.Ticket, Into: into, Text: fmt.Sprintf("part of a storm of alerts: ticket %d is the one for all of them", into)})
		f.i.Moves = append(f.i.Moves, Move{o.Ticket, into})
		for _, p := range f.known {
			if p.Ticket == o.Ticket {
				p.Ticket = into
				f.write(p)
			}
		}
		f.childrenMove(o.Ticket, into)
		firing[into] += firing[o.Ticket]
		delete(firing, o.Ticket)
	}
	if _, known := f.i.tickets[into]; !known {
		f.i.tickets[into] = Seen{State: tickets.Open, Category: list[0].Category}
	}
	return into, firing[into]
}

// join takes a new problem into the storm's ticket.
func (f *fold) join(p *Problem) {
	f.i.State.Firing[p.Ticket]++
	f.count(p.Category, p.Severity, p.Title)
}

// count counts a new problem in the storm's ticket.
func (f *fold) count(c sla.Category, severity, title string) {
	s := &f.i.State.Storm
	s.Count++
	s.Last = f.Now
	if urgent(c, s.Category) {
		s.Category = c
		f.raise(s.Ticket, c, fmt.Sprintf("an alert of the storm is %s: %s", severity, title))
	}
}

// full tells whether no further problem of the installation is remembered.
func (f *fold) full() bool { return f.i.Known+f.fresh >= KnownMost }

// overflow takes a new problem of an installation that has too many already. It is only counted, in the ticket of a storm; nobody
// will know of its end.
func (f *fold) overflow(a Alert, o *Outcome) {
	category := f.Policy.Category(a.Severity, f.Night)
	switch {
	case category == NoTicket:
		o.Ignored++
		return
	case !f.Maintenance.IsZero():
		o.Held++
		return
	case f.i.State.Storm.Ticket == 0:
		f.beginStorm(category, fmt.Sprintf("installation %s reports more problems than are remembered, such as\n%s", f.i.ID.Name, a.Title))
	}
	f.count(category, a.Severity, a.Title)
	o.Joined++
	o.concerns(f.i.State.Storm.Ticket)
}

// tellStorm writes how many alerts have joined, at most once in a while.
func (f *fold) tellStorm() {
	if s := f.i.State.Storm; s.Ticket != 0 && f.Now.Sub(s.ToldAt) >= stormLines {
		f.tell()
	}
}

func (f *fold) tell() {
	s := &f.i.State.Storm
	if s.Count > s.Told {
		text := fmt.Sprintf("storm: %d alerts in all", s.Count)
		if f.full() {
			text += fmt.Sprintf("; %d problems of the installation are remembered, and new ones are counted only: see whether their fingerprints hold something that changes, such as a time", KnownMost)
		}
		f.act(Action{Kind: ActNote, Ticket: s.Ticket, Text: text})
	}
	s.Told, s.ToldAt = s.Count, f.Now
}
