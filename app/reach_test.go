package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/config"
	"hotline/phone"
	"hotline/tickets"
)

func TestWhoAddsToABlockingTicketReachesTheEngineerWhoHasIt(t *testing.T) {
	for name, hangsUp := range map[string]bool{"and waits": false, "and hangs up": true} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, n *night) {
				var anna, marco bells
				n.engineers(anna.accepts(3*time.Second, time.Minute), marco.accepts(3*time.Second, 40*time.Second))
				ticket := n.blocking("rossi")
				if _, err := n.app.desk.Assign(t.Context(), ticket.Number, "staff:carla", "marco", time.Now()); err != nil {
					t.Fatal(err)
				}
				call := n.dial("127.0.0.1:6000", "0612345")
				n.message(call, "314159#9", voice(n))
				if hangsUp {
					call.Hangup()
				}
				n.passes(2 * time.Minute)
				if len(marco.rang()) != 1 || len(anna.rang()) != 0 {
					t.Errorf("Marco, who has the ticket, was rung %d times, Anna %d times", len(marco.rang()), len(anna.rang()))
				}
				if got := n.history(); !strings.Contains(got, "called_again adds to it") || !strings.Contains(got, "accepted") || strings.Contains(got, "joined") == hangsUp {
					t.Errorf("history:\n%s", got)
				}
			})
		})
	}
}

func TestABlockingCallToAClosedOfficeRingsTheRotaAtTheOpening(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna bells
		n.engineers(anna.accepts(3*time.Second, time.Minute), anna.busy)
		n.passes(10 * time.Hour) // 20:00 in Rome
		call := n.dial("127.0.0.1:6000", "0612345")
		n.message(call, "161803#1", voice(n))
		<-call.Context().Done()
		n.heard("caller", "Il numero della sua richiesta", "Siamo fuori dall'orario del suo contratto. Un tecnico interverrà entro le ore tredici di domani")
		n.passes(24 * time.Hour)
		rang := anna.rang() // again later, by the breach of a contact that nobody has made
		if len(rang) == 0 {
			t.Fatal("Anna was never rung")
		}
		if late := rang[0].Sub(time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)); late < 0 || late > 5*time.Second {
			t.Errorf("Anna was rung at %v, want nine o'clock in Rome", rang[0].UTC())
		}
	})
}

func TestANightCallWhosePriceWasTakenGoesOnThroughTheNight(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna, marco bells
		n.engineers(anna.busy, marco.busy)
		n.app.desk.SetBook(n.app.desk.Book().With(func(b *tickets.Book) {
			c := b.Contracts.At("bianchi")
			c.AfterHours = tickets.AfterHoursRing
			b.Contracts = b.Contracts.With("bianchi", c)
		}))
		n.passes(14 * time.Hour) // midnight in Rome
		call := n.dial("127.0.0.1:6000", "0612345")
		n.message(call, "161803#1", voice(n))
		_ = call.Wait(t.Context(), 25*time.Second) // number and deadline, then the price
		if len(anna.rang()) != 0 {
			t.Error("Anna was rung before the price was taken")
		}
		if err := call.Press(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		<-call.Context().Done()
		n.heard("caller", "Il numero della sua richiesta", "Una chiamata adesso ha un prezzo a parte", "Cerco ora un tecnico", "Nessun tecnico ha potuto rispondere")
		at := len(anna.rang())
		n.passes(7 * time.Minute)
		if more := len(anna.rang()); at != 2 || more != 4 {
			t.Errorf("Anna was rung %d times, %d after five minutes more; want the chain twice each time", at, more)
		}
	})
}

// TestATicketWhoseProcessDiedInMidCallEscalatesByItself opens a ticket as a call does, and nothing more happens.
func TestATicketWhoseProcessDiedInMidCallEscalatesByItself(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna bells
		n.engineers(anna.accepts(3*time.Second, time.Second), anna.busy)
		contract := n.app.desk.Book().Contracts.At("rossi")
		began := time.Now()
		_, err := n.app.desk.Open(t.Context(), tickets.Draft{
			Identity: tickets.Identity{Contract: contract}, Claim: "blocking", Channel: tickets.Phone, Actor: "caller", Call: "cut",
		}, began)
		if err != nil {
			t.Fatal(err)
		}
		n.passes(12 * time.Minute)
		if rang := anna.rang(); len(rang) != 1 || rang[0].Sub(began) > 11*time.Minute {
			t.Errorf("Anna was rung at %v", rang)
		}
		n.heard("sip:anna@"+annas, "Per accettare, prema uno", "La richiesta è sua")
	})
}

func TestNobodyElseIsRungForATicketInTalk(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		ticket := n.blocking("rossi")
		leave := n.app.live.enter(ticket.Number)
		again := n.app.live.enter(ticket.Number)
		var later *tickets.Later
		for _, w := range []tickets.Work{
			{Kind: tickets.WorkEscalate, Ticket: ticket.Number}, {Kind: tickets.WorkRing, Ticket: ticket.Number, Facts: map[string]string{"clock": "contact"}},
		} {
			if err := n.app.work(t.Context(), w); !errors.As(err, &later) || time.Until(later.At) > time.Minute {
				t.Errorf("%s while somebody is on the line: %v", w.Kind, err)
			}
		}
		leave()
		leave()
		if !n.app.live.has(ticket.Number) {
			t.Error("one of two calls about the ticket ended, and it counts as over")
		}
		again()
		if n.app.live.has(ticket.Number) {
			t.Error("both calls ended, and it counts as in talk")
		}
	})
}

func TestZeroRingsTheOperatorInHisHoursAndNeverTheRota(t *testing.T) {
	operator := func(c *Config) {
		c.Config.Operator = config.Operator{Numbers: []string{"sip:desk@127.0.0.1:5073"}}
	}
	for name, c := range map[string]struct {
		hours time.Duration
		heard []string
		rings int
	}{
		"in the morning": {0, []string{"Chiamo il centralino", "Il centralino è in linea", "Arrivederci"}, 1},
		"in the evening": {10 * time.Hour, []string{"Il centralino ora non è raggiungibile", "Descriva il problema"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, n *night) {
				var engineers, desk bells
				n.engineers(engineers.busy, engineers.busy)
				p := n.phone("127.0.0.1:5073", "desk", desk.accepts(2*time.Second, time.Minute))
				defer p.Stop(context.Background())
				n.passes(c.hours)
				call := n.dial("127.0.0.1:6000", "0612345")
				if err := call.Press(t.Context(), "314159#0"); err != nil {
					t.Fatal(err)
				}
				_ = call.Wait(t.Context(), 2*time.Minute)
				n.heard("caller", c.heard...)
				for _, text := range n.said {
					if strings.HasPrefix(text, "caller") && strings.Contains(text, "tecnico") && c.rings > 0 {
						t.Errorf("who asked for the operator hears %q", text)
					}
				}
				if len(desk.rang()) != c.rings || len(engineers.rang()) != 0 {
					t.Errorf("the operator was rung %d times, engineers %d times", len(desk.rang()), len(engineers.rang()))
				}
			}, operator)
		})
	}
}

func TestACallerWithoutAContractWaitsForTheSearchOfOthersNotForTheirTalk(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna, marco bells
		n.engineers(anna.accepts(20*time.Second, time.Hour), marco.accepts(2*time.Second, time.Minute))
		said := voice(n)
		contract := n.dial("127.0.0.1:6000", "0612345")
		n.message(contract, "314159#1", said)
		n.await("sip:anna@" + annas)
		other := n.dial("127.0.0.1:6001", "0699999")
		n.message(other, "#11", said)
		for len(marco.rang()) == 0 && time.Since(anna.rang()[0]) < 10*time.Minute {
			n.passes(time.Second)
		}
		if len(marco.rang()) == 0 {
			t.Fatal("the caller without a contract waits for the other's talk")
		}
		if waited := marco.rang()[0].Sub(anna.rang()[0]); waited < 20*time.Second || waited > 2*time.Minute {
			t.Errorf("Marco was rung %v after Anna", waited)
		}
	})
}

func TestACallerWithoutAContractHasMusicUntilTheSearchOfOthersIsOver(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		var anna bells
		n.engineers(anna.accepts(2*time.Second, time.Minute), anna.busy)
		over := n.app.human.order.enter()
		call := n.dial("127.0.0.1:6001", "0699999")
		n.message(call, "#11", voice(n))
		n.await("caller: Cerco ora un tecnico")
		n.await("caller: Stiamo ancora cercando")
		if len(anna.rang()) != 0 {
			t.Error("Anna was rung for a caller without a contract while one with a contract waits")
		}
		over()
		n.passes(time.Second)
		if len(anna.rang()) != 1 {
			t.Errorf("Anna was rung %d times once nobody else waits", len(anna.rang()))
		}
	})
}

func TestAGapInTheRotaIsToldToTheCallerAndAlarmsTheOperator(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		rota, err := n.store.Rota(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rota.Shifts = nil
		if _, err := n.store.PutRota(t.Context(), rota); err != nil {
			t.Fatal(err)
		}
		call := n.dial("127.0.0.1:6000", "0612345")
		n.message(call, "314159#1", voice(n))
		<-call.Context().Done()
		n.heard("caller", "In questo momento nessun tecnico è di turno", "Arrivederci")
		if got := n.logged(); !strings.Contains(got, "ALARM kind=rota_gap") {
			t.Errorf("log:\n%s", got)
		}
		if got := n.history(); !strings.Contains(got, "rota_gap") {
			t.Errorf("history:\n%s", got)
		}
	})
}

func TestTheTelephoneOfACallerWhoIsGoneRingsOnAndIsCalledBack(t *testing.T) {
	story(t, func(t *testing.T, n *night) {
		shown, joined := make(chan string, 1), make(chan struct{})
		anna := func(ctx context.Context, in *phone.Incoming) {
			in.Ring()
			n.passes(10 * time.Second)
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			defer call.Hangup()
			_ = call.Wait(ctx, 14*time.Second)
			_ = call.Press(ctx, "1")
			_ = call.Wait(ctx, time.Minute)
		}
		n.engineers(anna, new(bells).busy)
		p := n.phone("127.0.0.1:6000", "0612345", func(ctx context.Context, in *phone.Incoming) {
			shown <- in.From()
			if call, err := in.PickUp(ctx); err == nil {
				close(joined)
				<-call.Context().Done()
			}
		})
		defer p.Stop(context.Background())
		call, err := p.Dial(t.Context(), "sip:hotline@127.0.0.1:5060")
		if err != nil {
			t.Fatal(err)
		}
		n.message(call, "314159#1", voice(n))
		n.await("caller: Cerco ora un tecnico")
		_ = call.Wait(t.Context(), 3*time.Second)
		call.Hangup()
		n.await("sip:anna@" + annas + ": Chiamo il cliente")
		n.passes(5 * time.Second)
		select {
		case from := <-shown:
			if from != "hotline" {
				t.Errorf("the customer is shown %q", from)
			}
		default:
			t.Fatal("the customer is not called back")
		}
		<-joined
		n.heard("sip:anna@"+annas, "Rossi S.p.A. contratto Extended guasto bloccante richiesta numero 417. Chi chiamava ha riagganciato. Per richiamarlo, prema uno.", "Chiamo il cliente")
		n.passes(2 * time.Minute)
		got := n.history()
		for _, want := range []string{"caller_gone", "accepted", "joined", "talk_ended", "called back"} {
			if !strings.Contains(got, want) {
				t.Errorf("history lacks %s:\n%s", want, got)
			}
		}
	})
}

// await lets time pass until something was said.
func (n *night) await(text string) {
	n.Helper()
	for range 300 {
		n.mu.Lock()
		said := slices.ContainsFunc(n.said, func(s string) bool { return strings.HasPrefix(s, text) })
		n.mu.Unlock()
		if said {
			return
		}
		n.passes(time.Second)
	}
	n.Fatalf("%q is not said within five minutes, but\n%s", text, strings.Join(n.said, "\n"))
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
		"busy":    {new(bells).busy, 0, time.Second, "busy"},
		"unheard": {func(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() }, 20 * time.Second, 20100 * time.Millisecond, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, n *night) {
				var marco bells
				if c.anna != nil {
					p := n.phone(annas, "anna", c.anna)
					defer p.Stop(context.Background())
				}
				p := n.phone(marcos, "marco", marco.accepts(2*time.Second, 40*time.Second))
				defer p.Stop(context.Background())
				call := n.dial("127.0.0.1:6000", "0612345")
				n.message(call, "314159#1", voice(n))
				<-call.Context().Done()
				n.passes(time.Second)
				page, err := n.store.Calls(t.Context(), tickets.CallFilter{Limit: 1})
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
	story(t, func(t *testing.T, n *night) {
		var anna, marco bells
		n.engineers(anna.accepts(3*time.Second, time.Second), marco.busy)
		call := n.dial("127.0.0.1:6000", "0612345")
		if err := call.Press(t.Context(), "314159#1"); err != nil {
			t.Fatal(err)
		}
		if _, err := call.AwaitTone(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		call.Hangup()
		n.passes(2 * time.Minute)
		page, err := n.store.Calls(t.Context(), tickets.CallFilter{Limit: 1})
		calls := page.Items
		if err != nil || len(calls) != 1 || len(calls[0].Legs) != 1 || calls[0].Legs[0].Engineer != "anna" || calls[0].Ended.IsZero() {
			t.Errorf("the record of the call is %+v, %v", calls, err)
		}
	})
}
