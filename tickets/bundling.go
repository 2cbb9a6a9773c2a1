package tickets

import (
	"context"
	"strings"
	"time"

	"hotline/sla"
)

// ticketsPerNumber is how many tickets an unknown number opens within an hour. Further calls are bundled into the latest of
// them (PRODUCT, PINs and abuse).
const ticketsPerNumber = 3

// openings are the tickets that unknown callers opened within the last hour, by number, oldest first. One goroutine at a
// time.
type openings map[string][]opening

// opening is a ticket of an unknown caller.
type opening struct {
	at     time.Time
	ticket Number
}

// note counts a ticket of an unknown caller.
func (o openings) note(number string, t Number, now time.Time) {
	o[number] = append(o[number], opening{now, t})
}

// bundle gives the tickets that an unknown caller opened within the hour, newest first, once there are so many that further calls
// are bundled. It gives none while each call still gets a ticket of its own.
func (o openings) bundle(number string, now time.Time) (into []Number) {
	o.forget(now.Add(-time.Hour))
	if len(o[number]) < ticketsPerNumber {
		return nil
	}
	for _, opened := range o[number] {
		into = append([]Number{opened.ticket}, into...)
	}
	return into
}

func (o openings) forget(before time.Time) {
	for number, list := range o {
		for len(list) > 0 && !list[0].at.After(before) {
			list = list[1:]
		}
		o[number] = list
		if len(list) == 0 {
			delete(o, number)
		}
	}
}

func (d *Desk) noteOpened(caller string, n Number, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.opened.note(caller, n, now)
}

// bundles tells whether a call may be added to a ticket that exists already. Three kinds of call never are: one from a customer's
// number, since anybody can show that number; one with a PIN; and one that reports a blocking anomaly.
func (d *Desk) bundles(draft Draft) bool {
	_, known := d.Owner(draft.number())
	return draft.Channel == Phone && !known && !draft.Identity.Known() && draft.Claim != sla.Blocking
}

// bundle folds a call into the newest live ticket of an unknown caller who has had his share of the hour.
func (d *Desk) bundle(ctx context.Context, draft Draft, now time.Time) (Ticket, bool) {
	d.mu.Lock()
	into := d.opened.bundle(draft.number(), now)
	d.mu.Unlock()
	for _, n := range into {
		folded := false
		t, err := d.change(ctx, n, now, func(t *Ticket) ([]Event, error) {
			if folded = t.State.Live(); !folded {
				return nil, nil
			}
			t.Bundled++
			return []Event{draft.bundled()}, nil
		})
		if folded && err == nil {
			return t, true
		}
	}
	return Ticket{}, false
}

// bundled is the line that a bundled call leaves in the history. It has all that staff need to ring the caller, who may be
// another person than the one who opened the ticket, with another number.
func (d Draft) bundled() Event {
	e := Event{Kind: BundledCall, Actor: system, Facts: map[string]string{"call": string(d.Call)}}
	var said []string
	for _, f := range []struct{ fact, value, text string }{
		{"caller", d.Caller, "call back "}, {"from", d.From, "called from "}, {"claim", string(d.Claim), "claims "},
		{"language", d.Language, "speaks "}, {"", d.Text, ""},
	} {
		if f.value == "" {
			continue
		}
		if f.fact != "" {
			e.Facts[f.fact] = f.value
		}
		said = append(said, f.text+f.value)
	}
	e.Text = strings.Join(said, "; ")
	return e
}
