package duty

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hotline/alarm"
	"hotline/tickets"
)

// Watch alarms the operator of what keeps a blocking ticket from reaching an engineer: nobody is on duty, or the line may not
// dial an engineer's telephone. Used by one goroutine.
type Watch struct {
	Roster  *Roster
	Allowed func(telephone string) error // tells why the line may not dial a telephone; it is asked again after an edit only
	Alarm   alarm.Func

	gap    bool   // nobody is on duty, and it was said
	barred string // the telephones that were told of
	looked int    // the edit of the roster whose telephones were looked at
}

// Round looks once, and keeps the copy of the rota fresh.
func (w *Watch) Round(ctx context.Context, now time.Time) {
	w.lookForGap(ctx, now)
	w.lookForBarred()
}

// lookForGap alarms once when a gap in the rota begins.
func (w *Watch) lookForGap(ctx context.Context, now time.Time) {
	if w.Roster.Refresh(ctx) != nil {
		return
	}
	plan, err := w.Roster.plan(w.Roster.lastGood(), now, tickets.Ticket{})
	if err != nil {
		return
	}
	gap := plan.Gap || !plan.Rings()
	if gap && !w.gap {
		w.Alarm(alarm.RotaGap, "nobody is on duty from now on")
	}
	w.gap = gap
}

// lookForBarred alarms once of telephones that the line may not dial. They were saved before the configuration was changed, or by
// a node with another configuration.
func (w *Watch) lookForBarred() {
	telephones, edit := w.Roster.telephones()
	if edit == w.looked {
		return
	}
	w.looked = edit
	var list []string
	for _, t := range telephones {
		if err := w.Allowed(t.phone); err != nil {
			list = append(list, fmt.Sprintf("%s: %v", t.whose, err))
		}
	}
	barred := strings.Join(list, "; ")
	if barred != "" && barred != w.barred {
		w.Alarm(alarm.Telephone, "telephones are never rung: "+barred)
	}
	w.barred = barred
}
