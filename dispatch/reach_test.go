package dispatch_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/cdr"
	"hotline/config"
	"hotline/directory"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// TestWhoAddsToABlockingTicketReachesTheEngineerWhoHasIt, also where the ticket waits for what the caller says: that it is taken up again
// by the message is no reason to ring nobody any more.
func TestWhoAddsToABlockingTicketReachesTheEngineerWhoHasIt(t *testing.T) {
	for name, c := range map[string]struct{ hangsUp, waits bool }{
		"and waits": {}, "and hangs up": {hangsUp: true}, "the answer, and waits": {waits: true}, "the answer, and hangs up": {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			hangsUp := c.hangsUp
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var anna, marco apptest.Rings
				n.Engineers(anna.Accepts(14*time.Second, time.Minute), marco.Accepts(14*time.Second, 40*time.Second))
				held := n.Held("marco")
				if c.waits {
					if _, err := n.Desk.WaitForCustomer(t.Context(), held, "staff:carla", "which one?", time.Now()); err != nil {
						t.Fatal(err)
					}
				}
				call := n.Dial("127.0.0.1:6000", "0612345")
				n.Message(call, "314159#9")
				if hangsUp {
					call.Hangup()
				}
				n.Passes(2 * time.Minute)
				if len(marco.At()) != 1 || len(anna.At()) != 0 {
					t.Errorf("Marco, who has the ticket, was rung %d times, Anna %d times", len(marco.At()), len(anna.At()))
				}
				if got := n.History(); !strings.Contains(got, "called_again adds to it") || !strings.Contains(got, "accepted") || strings.Contains(got, "joined") == hangsUp {
					t.Errorf("history:\n%s", got)
				}
			})
		})
	}
}

// TestWhoAddsAndReachesNobodyIsCalledForAgain: the ticket is Marco's, and he has talked to the caller before. What the caller adds is
// owed to him until he, or somebody else, has heard it.
func TestWhoAddsAndReachesNobodyIsCalledForAgain(t *testing.T) {
	for name, hangsUp := range map[string]bool{"and waits": false, "and hangs up": true} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var anna, marco apptest.Rings
				var over atomic.Bool
				n.Engineers(anna.Busy, func(ctx context.Context, in *phone.Incoming) {
					if !over.Load() {
						in.Refuse(486, "Busy Here")
						return
					}
					marco.Accepts(14*time.Second, 40*time.Second)(ctx, in)
				})
				held := n.Held("marco")
				call := n.Dial("127.0.0.1:6000", "0612345")
				n.Message(call, "314159#9")
				if hangsUp {
					call.Hangup()
				} else {
					<-call.Context().Done()
					n.Heard("caller", "Nessun tecnico ha potuto rispondere. La richiameremo entro")
				}
				over.Store(true)
				n.Passes(12 * time.Minute)
				if len(marco.At()) != 1 {
					t.Errorf("Marco was rung %d times after the call, want once: then he has heard it:\n%s", len(marco.At()), n.History())
				}
				if stands, err := n.Store.Ticket(t.Context(), held); err != nil || stands.Assignee != "marco" {
					t.Errorf("the ticket is %+v, %v", stands, err)
				}
			})
		})
	}
}

// TestWhoHasATicketThatBecomesBlockingIsRung, unless it was he who said so, and not while the customer owes an answer.
func TestWhoHasATicketThatBecomesBlockingIsRung(t *testing.T) {
	for name, c := range map[string]struct {
		by    string // the engineer who assesses; empty: staff
		waits bool
		rings int // within five minutes, and then within five of the customer's answer
		after int
	}{
		"by another's word": {rings: 1}, "by his own": {by: "marco"}, "while the customer owes an answer": {waits: true, after: 1},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var anna, marco apptest.Rings
				n.Engineers(anna.Busy, marco.Accepts(14*time.Second, time.Second))
				held := n.Held("marco")
				act := func(_ tickets.Ticket, err error) {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
				}
				act(n.Desk.Assess(t.Context(), held, "staff:carla", "", sla.Question, time.Now()))
				if c.waits {
					act(n.Desk.WaitForCustomer(t.Context(), held, "staff:carla", "which one?", time.Now()))
				}
				act(n.Desk.Assess(t.Context(), held, "staff:carla", c.by, sla.Blocking, time.Now()))
				n.Passes(5 * time.Minute)
				if len(marco.At()) != c.rings || len(anna.At()) != 0 {
					t.Errorf("Marco, who has the ticket, was rung %d times, want %d; Anna %d times", len(marco.At()), c.rings, len(anna.At()))
				}
				if !c.waits {
					return
				}
				act(n.Desk.Resume(t.Context(), held, "staff:carla", "", time.Now()))
				n.Passes(5 * time.Minute)
				if len(marco.At()) != c.after {
					t.Errorf("after the answer Marco was rung %d times, want %d", len(marco.At()), c.after)
				}
			})
		})
	}
}

func TestABlockingCallToAClosedOfficeRingsTheRotaAtTheOpening(t *testing.T) {
	apptest.RunAfter(t, 10*time.Hour, func(t *testing.T, n *apptest.Program) { // 20:00 in Rome
		var anna apptest.Rings
		n.Engineers(anna.Accepts(3*time.Second, time.Minute), anna.Busy)
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "161803#1")
		<-call.Context().Done()
		n.Heard("caller", "Il numero della sua richiesta", "Siamo fuori dall'orario del suo contratto. Un tecnico interverrà entro le ore tredici di domani")
		n.Passes(14 * time.Hour)
		rang := anna.At() // again later, by the breach of a contact that nobody has made
		if len(rang) == 0 {
			t.Fatal("Anna was never rung")
		}
		if late := rang[0].Sub(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)); late < 0 || late > 5*time.Second {
			t.Errorf("Anna was rung at %v, want nine o'clock in Rome", rang[0].UTC())
		}
	})
}

func TestANightCallWhosePriceWasTakenGoesOnThroughTheNight(t *testing.T) {
	apptest.RunAfter(t, 14*time.Hour, func(t *testing.T, n *apptest.Program) { // midnight in Rome
		var anna, marco apptest.Rings
		n.Engineers(anna.Busy, marco.Busy)
		n.Desk.SetBook(n.Desk.Book().With(func(b *directory.Book) {
			c := b.Contracts.At("bianchi")
			c.AfterHours = directory.AfterHoursRing
			b.Contracts = b.Contracts.With("bianchi", c)
		}))
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "161803#1")
		_ = call.Wait(t.Context(), 25*time.Second) // number and deadline, then the price
		if len(anna.At()) != 0 {
			t.Error("Anna was rung before the price was taken")
		}
		if err := call.Press(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		<-call.Context().Done()
		n.Heard("caller", "Il numero della sua richiesta", "Una chiamata adesso ha un prezzo a parte", "Cerco ora un tecnico", "Nessun tecnico ha potuto rispondere")
		at := len(anna.At())
		n.Passes(7 * time.Minute)
		if more := len(anna.At()); at != 2 || more != 4 {
			t.Errorf("Anna was rung %d times, %d after five minutes more; want the chain twice each time", at, more)
		}
	})
}

// TestATicketWhoseProcessDiedInMidCallEscalatesByItself opens a ticket as a call does, and nothing more happens.
func TestATicketWhoseProcessDiedInMidCallEscalatesByItself(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(3*time.Second, time.Second), anna.Busy)
		contract := n.Desk.Book().Contracts.At("rossi")
		began := time.Now()
		_, err := n.Desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: contract}, Claim: "blocking", Channel: tickets.Phone, Actor: "caller", Call: "cut",
		}, began)
		if err != nil {
			t.Fatal(err)
		}
		n.Passes(12 * time.Minute)
		if rang := anna.At(); len(rang) != 1 || rang[0].Sub(began) > 11*time.Minute {
			t.Errorf("Anna was rung at %v", rang)
		}
		n.Heard("sip:anna@"+apptest.Anna, "Per accettare, prema uno", "La richiesta è sua")
	})
}

func TestNobodyElseIsRungForATicketInTalk(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		ticket := n.Open("rossi")
		leave := n.App.Dispatcher().Active().Enter(ticket.Number)
		again := n.App.Dispatcher().Active().Enter(ticket.Number)
		var later *tickets.Later
		for _, w := range []struct {
			tickets.Work
			do func(context.Context, tickets.Work) error
		}{
			{tickets.Work{Kind: tickets.WorkEscalate, Ticket: ticket.Number}, n.App.Dispatcher().Escalate},
			{tickets.Work{Kind: tickets.WorkRing, Ticket: ticket.Number, Facts: map[string]string{"clock": "contact"}}, n.App.Dispatcher().RingForAlarm},
		} {
			if err := w.do(t.Context(), w.Work); !errors.As(err, &later) || time.Until(later.At) > time.Minute {
				t.Errorf("%s while somebody is on the line: %v", w.Kind, err)
			}
		}
		leave()
		leave()
		if !n.App.Dispatcher().Active().Has(ticket.Number) {
			t.Error("one of two calls about the ticket ended, and it counts as over")
		}
		again()
		if n.App.Dispatcher().Active().Has(ticket.Number) {
			t.Error("both calls ended, and it counts as in talk")
		}
	})
}

func TestZeroRingsTheOperatorInHisHoursAndNeverTheRota(t *testing.T) {
	operator := func(c *app.Config) {
		c.Config.Operator = config.Operator{Numbers: []string{"sip:desk@127.0.0.1:5073"}}
	}
	for name, c := range map[string]struct {
		hours time.Duration
		heard []string
		rings int
	}{
		"in the morning": {0, []string{"Chiamo il centralino", "(connected)", "Arrivederci"}, 1},
		"in the evening": {10 * time.Hour, []string{"Il centralino ora non è raggiungibile", "Descriva il problema"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.RunAfter(t, c.hours, func(t *testing.T, n *apptest.Program) {
				var engineers, desk apptest.Rings
				n.Engineers(engineers.Busy, engineers.Busy)
				p := n.Phone("127.0.0.1:5073", "desk", desk.Accepts(2*time.Second, time.Minute))
				defer p.Stop(context.Background())
				call := n.Dial("127.0.0.1:6000", "0612345")
				if err := call.Press(t.Context(), "314159#0"); err != nil {
					t.Fatal(err)
				}
				_ = call.Wait(t.Context(), 2*time.Minute)
				n.Heard("caller", c.heard...)
				for _, text := range n.Said() {
					if strings.HasPrefix(text, "caller") && strings.Contains(text, "tecnico") && c.rings > 0 {
						t.Errorf("who asked for the operator hears %q", text)
					}
				}
				if len(desk.At()) != c.rings || len(engineers.At()) != 0 {
					t.Errorf("the operator was rung %d times, engineers %d times", len(desk.At()), len(engineers.At()))
				}
			}, operator)
		})
	}
}

func TestACallerWithoutAContractWaitsForTheSearchOfOthersNotForTheirTalk(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna, marco apptest.Rings
		n.Engineers(anna.Accepts(20*time.Second, time.Hour), marco.Accepts(14*time.Second, time.Minute))
		contract := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(contract, "314159#1")
		n.Await("sip:anna@" + apptest.Anna)
		other := n.Dial("127.0.0.1:6001", "0699999")
		n.Message(other, "#11")
		for len(marco.At()) == 0 && time.Since(anna.At()[0]) < 10*time.Minute {
			n.Passes(time.Second)
		}
		if len(marco.At()) == 0 {
			t.Fatal("the caller without a contract waits for the other's talk")
		}
		if waited := marco.At()[0].Sub(anna.At()[0]); waited < 20*time.Second || waited > 2*time.Minute {
			t.Errorf("Marco was rung %v after Anna", waited)
		}
	})
}

func TestACallerWithoutAContractHasMusicUntilTheSearchOfOthersIsOver(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var anna apptest.Rings
		n.Engineers(anna.Accepts(2*time.Second, time.Minute), anna.Busy)
		over := n.App.Dispatcher().EnterContractSearch()
		call := n.Dial("127.0.0.1:6001", "0699999")
		n.Message(call, "#11")
		n.Await("caller: Cerco ora un tecnico")
		n.Await("caller: Stiamo ancora cercando")
		if len(anna.At()) != 0 {
			t.Error("Anna was rung for a caller without a contract while one with a contract waits")
		}
		over()
		n.Passes(time.Second)
		if len(anna.At()) != 1 {
			t.Errorf("Anna was rung %d times once nobody else waits", len(anna.At()))
		}
	})
}

func TestAGapInTheRotaIsToldToTheCallerAndAlarmsTheOperator(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		rota, err := n.Store.Rota(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rota.Shifts = nil
		if _, err := n.Store.PutRota(t.Context(), rota); err != nil {
			t.Fatal(err)
		}
		call := n.Dial("127.0.0.1:6000", "0612345")
		n.Message(call, "314159#1")
		<-call.Context().Done()
		n.Heard("caller", "In questo momento nessun tecnico è di turno", "Arrivederci")
		if got := n.Logged(); !strings.Contains(got, "ALARM kind=rota_gap") {
			t.Errorf("log:\n%s", got)
		}
		if got := n.History(); !strings.Contains(got, "rota_gap") {
			t.Errorf("history:\n%s", got)
		}
	})
}

func TestTheTelephoneOfACallerWhoIsGoneRingsOnAndIsCalledBack(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		shown, joined := make(chan string, 1), make(chan struct{})
		anna := func(ctx context.Context, in *phone.Incoming) {
			in.Ring()
			n.Passes(10 * time.Second)
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			defer call.Hangup()
			_ = call.Wait(ctx, 14*time.Second)
			_ = call.Press(ctx, "1")
			_ = call.Wait(ctx, time.Minute)
		}
		n.Engineers(anna, new(apptest.Rings).Busy)
		p := n.Phone("127.0.0.1:6000", "0612345", func(ctx context.Context, in *phone.Incoming) {
			shown <- in.From()
			if call, err := in.PickUp(ctx); err == nil {
				close(joined)
				<-call.Context().Done()
			}
		})
		defer p.Stop(context.Background())
		call, err := p.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		n.Message(call, "314159#1")
		n.Await("caller: Cerco ora un tecnico")
		_ = call.Wait(t.Context(), 3*time.Second)
		call.Hangup()
		n.Await("sip:anna@" + apptest.Anna + ": Chiamo il cliente")
		n.Passes(5 * time.Second)
		select {
		case from := <-shown:
			if from != "hotline" {
				t.Errorf("the customer is shown %q", from)
			}
		default:
			t.Fatal("the customer is not called back")
		}
		<-joined
		n.Heard("sip:anna@"+apptest.Anna, "Chi chiamava ha riagganciato. Per richiamarlo, prema uno.", "Chiamo il cliente")
		n.Passes(2 * time.Minute)
		got := n.History()
		for _, want := range []string{"caller_gone", "accepted", "joined", "talk_ended", "called back"} {
			if !strings.Contains(got, want) {
				t.Errorf("history lacks %s:\n%s", want, got)
			}
		}
	})
}

// TestTheNextTelephoneRingsAtOnce holds the spans of the policy on the wire: dead after 4 s, on after a final answer
// within 1 s, unheard after 20 s.
func TestTheNextTelephoneRingsAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		anna        func(context.Context, *phone.Incoming)
		least, most time.Duration
		result      string
	}{
		"dead":    {nil, 4 * time.Second, 4100 * time.Millisecond, "dead"},
		"busy":    {new(apptest.Rings).Busy, 0, time.Second, "busy"},
		"unheard": {func(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() }, 20 * time.Second, 20100 * time.Millisecond, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, n *apptest.Program) {
				var marco apptest.Rings
				if c.anna != nil {
					p := n.Phone(apptest.Anna, "anna", c.anna)
					defer p.Stop(context.Background())
				}
				p := n.Phone(apptest.Marco, "marco", marco.Accepts(14*time.Second, 40*time.Second))
				defer p.Stop(context.Background())
				call := n.Dial("127.0.0.1:6000", "0612345")
				n.Message(call, "314159#1")
				<-call.Context().Done()
				n.Passes(time.Second)
				page, err := n.Store.Calls(t.Context(), cdr.Filter{Limit: 1})
				calls := page.Items
				if err != nil || len(calls) != 1 || len(calls[0].Legs) != 2 {
					t.Fatalf("calls %+v, %v", calls, err)
				}
				first, second := calls[0].Legs[0], calls[0].Legs[1]
				if took := second.Started.Sub(first.Started); took < c.least || took > c.most || first.Result != c.result {
					t.Errorf("%s: Marco was rung after %v", first.Result, took)
				}
			})
		})
	}
}

func TestLegsOfACallOutStandInTheRecordOfTheirCall(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		n.Engineers(second(presses("1", 3*time.Second, time.Second)), new(apptest.Rings).Busy)
		call := n.Dial("127.0.0.1:6000", "0612345")
		if err := call.Press(t.Context(), "314159#1"); err != nil {
			t.Fatal(err)
		}
		if _, err := call.AwaitTone(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		call.Hangup()
		n.Passes(2 * time.Minute)
		page, err := n.Store.Calls(t.Context(), cdr.Filter{Limit: 1})
		calls := page.Items
		if err != nil || len(calls) != 1 || len(calls[0].Legs) < 2 {
			t.Fatalf("the record of the call is %+v, %v", calls, err)
		}
		out := calls[0].Legs[len(calls[0].Legs)-1] // the others were rung while the caller was there
		if out.Engineer != "anna" || out.Result != "accepted" || !out.Started.After(calls[0].Ended) {
			t.Errorf("the record of the call is %+v", calls)
		}
	})
}

// TestWhoIsRungForATicketWithoutACallStandsInTheRecord: staff opened it, and those on duty are rung for it; a test call belongs to no ticket.
func TestWhoIsRungForATicketWithoutACallStandsInTheRecord(t *testing.T) {
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		n.Engineers(new(apptest.Rings).Busy, second(presses("1", 3*time.Second, time.Second)))
		began, ticket := time.Now(), n.Open("rossi")
		if _, err := n.Desk.AskRing(t.Context(), ticket.Number, "staff:carla", time.Now()); err != nil {
			t.Fatal(err)
		}
		n.Passes(3 * time.Minute)
		legs, err := n.Store.Legs(t.Context(), began, time.Now())
		if err != nil || len(legs) < 2 {
			t.Fatalf("the record has %+v, %v\n%s", legs, err, n.History())
		}
		for _, l := range legs {
			if l.Ticket != ticket.Number || l.Alarm || l.Ended.Before(l.Started) || l.Result == "" {
				t.Errorf("the record has %+v", l)
			}
		}
		if legs[0].Engineer != "anna" || legs[0].Result != "busy" {
			t.Errorf("the record begins with %+v", legs[0])
		}
	})
}
