package bridge_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/bridge/bridgetest"
	"hotline/bridge/zammad"
	"hotline/sla"
	"hotline/tickets"
)

// here is what staff do that Zammad does not hear of at once.
var here = map[string]func(h *house, n tickets.Number) error{
	"closes": func(h *house, n tickets.Number) error {
		return second(h.Desk.Close(h.Context(), n, "staff:carla", "done", time.Now()))
	},
	"reopens": func(h *house, n tickets.Number) error {
		return second(h.Desk.Reopen(h.Context(), n, "staff:carla", "no", time.Now()))
	},
	"assigns": func(h *house, n tickets.Number) error {
		return second(h.Desk.Assign(h.Context(), n, "staff:carla", "anna", time.Now()))
	},
	"assigns two": func(h *house, n tickets.Number) error {
		return second(h.Desk.Assign(h.Context(), n, "staff:carla", "bruno", time.Now()))
	},
	"waits": func(h *house, n tickets.Number) error {
		return second(h.Desk.WaitForCustomer(h.Context(), n, "staff:carla", "?", time.Now()))
	},
}

func second(_ tickets.Ticket, err error) error { return err }

// there is what people of the other house do meanwhile.
var there = map[string]func(z *bridgetest.Zammad){
	"closes": func(z *bridgetest.Zammad) { z.Does(1, zammad.Change{State: "closed"}) },
	"opens":  func(z *bridgetest.Zammad) { z.Does(1, zammad.Change{State: "open"}) },
	"gives":  func(z *bridgetest.Zammad) { z.Does(1, zammad.Change{Owner: "emma@zammad.example"}) },
	"customers": func(z *bridgetest.Zammad) {
		z.Writes(1, zammad.Article{Body: "and?", Type: "email", Sender: "Customer"})
	},
	"nothing": func(*bridgetest.Zammad) {},
}

// TestBothDoSomethingAtOnce: what staff do here does not reach Zammad, or nobody knows that it did, and meanwhile people there do something
// that is heard here. In the end both desks say the same, whatever each has done, and however the ticket stood.
func TestBothDoSomethingAtOnce(t *testing.T) {
	for _, fault := range []bridgetest.Fault{bridgetest.Before, bridgetest.After} {
		for _, closed := range []bool{false, true} {
			for ours, acts := range here {
				for theirs, act := range there {
					t.Run(fmt.Sprintf("fault %v/closed %v/here %s/there %s", fault, closed, ours, theirs), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							h := joined(t, bridgetest.New(time.Now), "main")
							n := h.opens(sla.Question)
							h.must(h.Desk.Intervene(h.Context(), n, "staff:carla", time.Now()))
							h.settles()
							if n := len(h.z.All()); n != 1 {
								h.Fatalf("%d tickets there", n)
							}
							if closed {
								h.must(h.Desk.Close(h.Context(), n, "staff:carla", "done", time.Now()))
							}
							h.settles()
							h.z.Breaks(func(method, _ string) bridgetest.Fault {
								if method == "PUT" {
									return fault
								}
								return bridgetest.None
							})
							if acts(h, n) != nil {
								return // what the ticket's state does not allow
							}
							h.Passes(time.Second)
							act(h.z)
							h.deliver()
							h.Passes(time.Second)
							h.z.Breaks(func(string, string) bridgetest.Fault { return bridgetest.None })
							h.Passes(80 * time.Minute)
							h.once("main")
							h.agree("main", true)
						})
					})
				}
			}
		}
	}
}

// TestPeopleMoveATicketBeforeItIsKnownToBeThere: it was opened there, nobody here knows that it was, and people there close it or take it.
func TestPeopleMoveATicketBeforeItIsKnownToBeThere(t *testing.T) {
	for theirs, act := range there {
		t.Run(theirs, func(t *testing.T) {
			run(t, func(h *house) {
				var lost atomic.Bool
				h.z.Breaks(func(method, path string) bridgetest.Fault {
					if method == "POST" && path == "tickets" && lost.CompareAndSwap(false, true) {
						return bridgetest.After
					}
					return bridgetest.None
				})
				n := h.opens(sla.Question)
				h.must(h.Desk.Assign(h.Context(), n, "staff:carla", "anna", time.Now()))
				h.Passes(3 * time.Second)
				if !lost.Load() || len(h.z.All()) != 1 {
					h.Fatalf("lost %v, %d tickets there", lost.Load(), len(h.z.All()))
				}
				act(h.z)
				h.Passes(80 * time.Minute)
				h.once("main")
				h.agree("main", true)
				if h.ticket(n).Assignee != "anna" {
					t.Errorf("in the hands of %q", h.ticket(n).Assignee)
				}
			})
		})
	}
}
