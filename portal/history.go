package portal

import (
	"strings"
	"time"

	"hotline/sla"
	"hotline/tickets"
)

// told are the lines of a history that a customer reads, and whether with the words that stand in them. Everything else is the
// house's own: who was rung, notes, alarms, letters. Words of staff are shown where they are marked for the customer alone
// (tickets.FactAudience).
func told() map[tickets.EventKind]bool {
	return map[tickets.EventKind]bool{
		tickets.Opened:        true, // the customer's own words; what staff or machines write down is the house's
		tickets.Categorised:   false,
		tickets.Assessed:      false,
		tickets.AssignedTo:    false,
		tickets.Accepted:      false,
		tickets.WaitingFor:    false,
		tickets.Resumed:       false,
		tickets.Contacted:     false,
		tickets.Joined:        false,
		tickets.Intervened:    false,
		tickets.RestoredAt:    false,
		tickets.NotRestored:   false,
		tickets.ClosedAtKind:  false,
		tickets.Reopened:      false,
		tickets.Recorded:      false,
		tickets.Attached:      false,
		tickets.CalledAgain:   false,
		tickets.CallBackAsked: false,
		tickets.TermsChanged:  false,
	}
}

// line is one line of a history as customers read it.
type line struct {
	At    time.Time
	Title string
	Who   string // empty: it does not matter
	Text  string
}

// history is what a customer reads of a ticket.
func (r *request) history(lines []tickets.Event) []line {
	var list []line
	for _, e := range lines {
		text, public := told()[e.Kind]
		own := e.Actor == tickets.ActorCustomer || e.Actor == "caller"
		if !public && !e.ForCustomer() {
			continue
		}
		if (e.Kind == tickets.Recorded || e.Kind == tickets.Attached) && !own { // what an engineer dictates or files is a note
			continue
		}
		l := line{At: e.At, Title: r.T("portal-event-" + string(e.Kind))}
		if text && own || e.ForCustomer() {
			l.Text = e.Text
		}
		if e.Kind == tickets.Attached {
			l.Text = e.Facts["file"]
		}
		if e.Kind == tickets.Assessed {
			l.Text = r.Words.Category(e.Facts["to"])
		}
		switch {
		case e.Actor == tickets.ActorCustomer:
			l.Who = r.T("portal-you")
		case strings.HasPrefix(e.Actor, "staff:") && e.ForCustomer():
			l.Who = r.T("portal-us")
		}
		list = append(list, l)
	}
	return list
}

// clock is one promise as a customer reads it.
type clock struct {
	sla.Clock
	Name    string
	How     string // kept, late, broken, paused, projected or running: a class of the style sheet
	Words   string
	Account string // where every minute went, in one sentence
}

// standing tells how a clock stands: by the account that staff read too.
func (r *request) standing(a sla.Account) clock {
	k := clock{Clock: a.Clock, Name: r.Words.Clock(string(a.Clock.Kind)), Account: a.In(r.Words)}
	switch {
	case !k.MetAt.IsZero() && !k.BrokenAt.IsZero():
		k.How, k.Words = "late", r.T("portal-clock-late", r.Clock(k.MetAt), r.Clock(k.Due))
	case !k.MetAt.IsZero():
		k.How, k.Words = "kept", r.T("portal-clock-kept", r.Clock(k.MetAt))
	case !k.BrokenAt.IsZero() || !k.Projected && !k.Paused && r.Now.After(k.Due):
		k.How, k.Words = "broken", r.T("portal-clock-broken", r.Clock(k.Due))
	case k.Projected:
		k.How, k.Words = "projected", r.T("portal-clock-projected", r.Clock(k.Due))
	case k.Paused:
		k.How, k.Words = "paused", r.T("portal-clock-paused")
	default:
		k.How, k.Words = "running", r.T("portal-clock-running", r.Clock(k.Due))
	}
	return k
}
