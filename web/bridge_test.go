package web

import (
	"context"
	"strings"
	"testing"

	"hotline/bridge"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// joined is a bridge of which a test says how it fares.
type joined struct {
	trouble bridge.Trouble
	link    bridge.Link
}

func (j joined) Trouble() bridge.Trouble { return j.trouble }

func (j joined) Twin(context.Context, tickets.Number) (bridge.Link, bool, error) {
	return j.link, j.link.Number != "", nil
}

func TestATicketLeadsToItsTwinAndTheBoardTellsOfABrokenBridge(t *testing.T) {
	for name, c := range map[string]struct {
		bridge        Bridge
		ticket, board string // what the page says; empty: nothing of Zammad
	}{
		"none":    {},
		"without": {bridge: joined{}},
		"well": {
			bridge: joined{link: bridge.Link{Number: "22001", URL: "https://zammad.example/#ticket/zoom/1"}},
			ticket: `<dt>Ticket in Zammad</dt><dd><a href="https://zammad.example/#ticket/zoom/1" rel="noreferrer">22001</a></dd>`,
		},
		"broken": {
			bridge: joined{trouble: bridge.Trouble{Since: monday(8, 0), Why: "Zammad answers <502> & more"}},
			board:  `<strong class="bad">The bridge with Zammad fails: tickets wait</strong>`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			o.opened("rossi", sla.Question, "fault")
			o.config.Bridge = c.bridge
			o.handler = New(o.config)
			b := o.as(users.Staff)
			for path, want := range map[string]string{"/tickets/417": c.ticket, "/": c.board} {
				text := b.get(path).is(200).Body.String()
				if want != "" && !strings.Contains(text, want) {
					t.Errorf("%s does not say %s", path, want)
				}
				if want == "" && strings.Contains(text, "Zammad") {
					t.Errorf("%s tells of Zammad", path)
				}
				if strings.Contains(text, "<502>") {
					t.Errorf("%s renders what Zammad said", path)
				}
			}
		})
	}
}
