package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/phone"
	"hotline/tickets"
)

// pressing is an engineer who accepts and presses keys, one after the other, each so long after the one before; then the line, or the
// engineer after half a minute, hangs up.
func pressing(ended chan<- time.Time, every time.Duration, keys string) func(context.Context, *phone.Incoming) {
	return func(ctx context.Context, in *phone.Incoming) {
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		defer call.Hangup()
		for _, k := range keys {
			_ = call.Wait(ctx, every)
			_ = call.Press(ctx, string(k))
		}
		_ = call.Wait(ctx, 30*time.Second)
		ended <- time.Now()
	}
}

// loud tells whether sound came in each second of a stretch.
func loud(samples []int16) bool {
	for len(samples) >= 8000 {
		most := int16(0)
		for _, s := range samples[:8000] {
			most = max(most, s)
		}
		if most < 200 {
			return false
		}
		samples = samples[8000:]
	}
	return true
}

// Over the wire: in the middle of a talk the engineer presses *, has the menu alone while the customer hears music, marks the ticket
// restored, and goes back.
func TestAnEngineerHasTheMenuInTheMiddleOfATalk(t *testing.T) {
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		ended := make(chan time.Time, 4)
		p.Engineers(pressing(ended, 8*time.Second, "1*6#"), (&apptest.Rings{}).Busy)
		caller := p.Dial("127.0.0.1:6000", "0612345")
		p.Message(caller, apptest.Blocking)
		anna := "sip:anna@" + apptest.Anna
		p.Await(anna + ": Il cliente sente la musica.")
		from := len(caller.Heard())
		p.Passes(10 * time.Second) // the menu, and the answer to 6
		if !loud(caller.Heard()[from+8000:]) {
			t.Error("the customer is left in silence while the engineer has the menu")
		}
		<-ended
		p.Passes(5 * time.Second)
		p.Heard(anna, "Il cliente sente la musica.", "La richiesta risulta ripristinata.")
		for _, said := range p.Said() {
			if strings.HasPrefix(said, "caller: ") && strings.Contains(said, "risulta ripristinata") {
				t.Errorf("the customer hears what is the engineer's: %s", said)
			}
		}
		now, err := p.Desk.Ticket(t.Context(), 417)
		if err != nil || now.State != tickets.Restored {
			t.Errorf("the ticket is %s, %v\n%s", now.State, err, p.History())
		}
		if h := p.History(); !strings.Contains(h, "restored by telephone") || !strings.Contains(h, "talk_ended Anna hung up") {
			t.Errorf("the history is\n%s", h)
		}
	})
}

// An engineer hands over: Anna stays until Marco has accepted, then the customer talks to Marco and Anna is let go.
func TestAnEngineerHandsOver(t *testing.T) {
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		anna, marco := make(chan time.Time, 4), make(chan time.Time, 4)
		p.Engineers(pressing(anna, 8*time.Second, "1*0"), pressing(marco, 5*time.Second, "1"))
		caller := p.Dial("127.0.0.1:6000", "0612345")
		p.Message(caller, apptest.Blocking)
		left, last := <-anna, <-marco
		if last.Sub(left) < 15*time.Second {
			t.Errorf("Anna is let go %s before Marco hangs up", last.Sub(left))
		}
		p.Passes(5 * time.Second)
		p.Heard("sip:anna@"+apptest.Anna, "Squilla il telefono di un collega.", "Un collega subentra.")
		p.Heard("sip:marco@"+apptest.Marco, "le passa un cliente.")
		now, err := p.Desk.Ticket(t.Context(), 417)
		if err != nil || now.Assignee != "marco" {
			t.Errorf("the ticket is with %q, %v\n%s", now.Assignee, err, p.History())
		}
		if h := p.History(); !strings.Contains(h, "Anna handed over to Marco") || strings.Count(h, "joined ") != 2 {
			t.Errorf("the history is\n%s", h)
		}
	})
}
