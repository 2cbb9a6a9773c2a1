package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/cdr"
	"hotline/config"
	"hotline/directory"
	"hotline/tickets"
)

// TestWhoRefusesBeforeThereIsATicketIsWrittenDown: a talk with the operator has no ticket before the two are joined, and none where it is not
// recorded. The record of the call says who has refused, and so does a ticket that the call gets later.
func TestWhoRefusesBeforeThereIsATicketIsWrittenDown(t *testing.T) {
	const recording, talk = "the caller refused the recording by key: nothing is recorded", " refused the recording of the talk, by key: nothing of it is recorded"
	for name, c := range map[string]struct {
		operator string // keys
		keys     string // of the caller
		onHold   string // of the caller, who waits for the operator
		want     string
		ticket   bool
	}{
		"the caller, in the menu":                  {operator: "1", keys: "314159#70", want: recording},
		"the caller, ahead of all":                 {operator: "1", keys: "7#314159#0", want: recording},
		"the caller, on hold":                      {operator: "1", keys: "314159#0", onHold: "7", want: "the caller" + talk},
		"the operator, over the brief":             {operator: "71", keys: "314159#0", want: "the operator" + talk},
		"the caller, and nobody comes":             {operator: "2", keys: "314159#0", onHold: "7", want: "the caller" + talk, ticket: true},
		"the caller, in the menu, and nobody does": {operator: "2", keys: "314159#70", want: recording, ticket: true},
		"the caller, without a PIN":                {keys: "7", want: recording},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, p *apptest.Program) {
				p.Desk.SetBook(p.Desk.Book().With(func(b *directory.Book) {
					rossi := b.Contracts.At("rossi")
					rossi.RecordTalks = true
					b.Contracts = b.Contracts.With("rossi", rossi)
				}))
				desk := p.Phone(deskAt, "desk", pressing(make(chan time.Time, 4), 8*time.Second, c.operator))
				defer func() { _ = desk.Stop(context.Background()) }()
				caller := p.Dial(callerAt, "0612345")
				press(t, caller, c.keys)
				if c.onHold != "" {
					p.Await("caller: Chiamo il centralino.")
					press(t, caller, c.onHold)
				}
				if p.Passes(30 * time.Second); c.operator == "" {
					caller.Hangup()
				}
				p.Passes(3 * time.Minute)
				caller.Hangup()
				p.Passes(time.Minute)
				calls, err := p.Store.Calls(t.Context(), cdr.Filter{})
				if err != nil || len(calls.Items) != 1 || strings.Join(calls.Items[0].Refusals, "; ") != c.want {
					t.Errorf("the record of the call is %+v, %v", calls.Items, err)
				}
				list, err := p.Store.List(t.Context(), tickets.Filter{})
				if err != nil || len(list.Items) > 0 != c.ticket {
					t.Fatalf("there are the tickets %+v, %v\n%s", list.Items, err, strings.Join(p.Said(), "\n"))
				}
				if c.ticket && strings.Count(p.History(), c.want) != 1 {
					t.Errorf("the history of the ticket does not say %q once:\n%s", c.want, p.History())
				}
			}, func(whole *app.Config) {
				whole.Config.Operator = config.Operator{Numbers: []string{"sip:desk@" + deskAt}}
			})
		})
	}
}
