package tickets

import (
	"fmt"
	"slices"

	"hotline/sla"
)

// alarmed is the work that the next warning or breach asks for. Its id follows from ticket and instant, so that it is
// done once however often it is enqueued. Exactness is the sweep's; this work carries what the sweep might have missed.
func alarmed(t Ticket) []Work {
	at, ok := sla.NextAlarm(t.Clocks)
	if !ok {
		return nil
	}
	return []Work{{ID: fmt.Sprintf("clocks-%d-%d", t.Number, at.Unix()), Kind: WorkClocks, Ticket: t.Number, Due: at}}
}

// actions is what the policy sets off for warnings and breaches that were raised. Outside the ticket's hours they wait
// for the next opening, unless the policy's night rule says otherwise.
func (d *Desk) actions(t Ticket, events []Event) []Work {
	if t.Promise == nil || !slices.ContainsFunc(events, func(e Event) bool { return e.raised() != "" }) {
		return nil
	}
	a, err := d.ready(*t.Promise)
	if err != nil {
		return nil
	}
	return actions(t, events, a)
}

func actions(t Ticket, events []Event, a *sla.Agreement) []Work {
	var work []Work
	for _, e := range events {
		if e.raised() == "" {
			continue
		}
		line, ok := a.Alarm(sla.Kind(e.Facts["clock"]), e.Facts["alarm"])
		if !ok {
			continue
		}
		at := e.At
		if line.Night != sla.NightAct {
			if open, err := a.Hours().NextOpen(at); err == nil {
				at = open
			}
		}
		for _, do := range line.Do {
			w := Work{Kind: WorkNotify, Ticket: t.Number, Due: at, Facts: map[string]string{
				"clock": e.Facts["clock"], "alarm": e.Facts["alarm"], "due": e.Facts["due"], "to": "staff",
			}}
			switch do {
			case sla.Raise: // done already, with the alarm itself
				continue
			case sla.Ring:
				w.Kind = WorkRing
				delete(w.Facts, "to")
			case sla.Manager:
				w.Facts["to"] = "manager"
			}
			w.ID = fmt.Sprintf("%s-%d-%s-%s-%s", do, t.Number, e.Facts["clock"], e.Facts["alarm"], e.Facts["due"])
			work = append(work, w)
		}
	}
	return work
}
