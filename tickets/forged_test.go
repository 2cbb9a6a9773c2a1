package tickets_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/budgets"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
)

// guess keys wrong PINs under a number and counts the alarms.
func (o office) guess(t *testing.T, number string, wrong int) (alarms int) {
	t.Helper()
	for range wrong {
		id, alarm, err := o.Identify("999999", number, monday(3))
		if err == nil || id.Known() {
			t.Fatalf("a wrong PIN leads to %+v", id)
		}
		if alarm != "" {
			alarms++
			if !strings.Contains(alarm, "numbers of Rossi S.p.A.: ") {
				t.Errorf("the alarm is %q", alarm)
			}
		}
	}
	return alarms
}

func TestForgedCallsNeverShutACustomerOut(t *testing.T) {
	o := openOffice(t)
	if alarms := o.guess(t, "0612345", 12); alarms != 2 {
		t.Errorf("%d alarms after 12 wrong PINs, want 2", alarms)
	}
	if o.LockedOut("0612345", monday(3)) {
		t.Fatal("the customer's own call is not asked for its PIN")
	}
	if d := o.PINDelay("0612345", monday(3)); d != 10*time.Second {
		t.Errorf("its PIN is judged after %s", d)
	}
	if id, _, err := o.Identify("314159", "0612345", monday(3)); err != nil || id.Contract.ID != "c1" {
		t.Errorf("its right PIN leads to %+v, %v", id, err)
	}
	o.guess(t, "0612345", 1000) // now nobody is told anything under this number
	for pin, want := range map[string]directory.ContractID{"314159": "c1", "999999": "", "112358": "", "161803": ""} {
		id, _, err := o.Identify(pin, "0612345", monday(3))
		if !errors.Is(err, tickets.ErrUntold) || id.Contract.ID != want {
			t.Errorf("beyond every budget a PIN of contract %q leads to %q, %v", want, id.Contract.ID, err)
		}
	}
	if o.LockedOut("0612345", monday(3)) {
		t.Error("beyond every budget the customer is not asked for its PIN")
	}
}

// TestStrangersWhoUseUpTheDaysWrongPINsRaiseAnAlarm: a customer who calls from a number that is not in the directory is not asked for
// his PIN any more. Whoever runs the line must hear of it, and before it is so.
func TestStrangersWhoUseUpTheDaysWrongPINsRaiseAnAlarm(t *testing.T) {
	o, now := openOffice(t), monday(3)
	var alarms []string
	for i := range 260 {
		_, alarm, err := o.Identify("999999", fmt.Sprintf("07%05d", i), now)
		if locked := errors.Is(err, tickets.ErrLockedOut); locked != (i >= 250) {
			t.Fatalf("wrong PIN %d: %v", i+1, err)
		}
		if alarm != "" {
			alarms = append(alarms, fmt.Sprintf("%d %.8s", i+1, alarm))
		}
	}
	if got := strings.Join(alarms, ", "); got != "125 many wro, 250 too many" {
		t.Errorf("alarms: %s", got)
	}
	if !o.LockedOut("0791234567", now) || o.LockedOut("0612345", now) {
		t.Error("whose number is known is locked out, or a stranger is not")
	}
}

// TestACustomersPINUnderAnothersNumberCountsAndIsNotCalledRight: when guesses are dear, a number answers for its own
// contracts alone.
func TestACustomersPINUnderAnothersNumberCountsAndIsNotCalledRight(t *testing.T) {
	o := openOffice(t)
	_, err := o.store.PutCustomer(t.Context(), directory.Customer{ID: "verdi", Name: "Verdi S.r.l.", Numbers: []string{"0698765"}})
	must(t, err)
	book, err := directory.ReadBook(t.Context(), o.store, monday(3))
	must(t, err)
	o.SetBook(book)
	if id, _, err := o.Identify("314159", "0698765", monday(3)); err != nil || id.Contract.ID != "c1" {
		t.Errorf("before anybody guessed: %+v, %v", id, err)
	}
	o.guess(t, "0612345", 12)
	if id, _, err := o.Identify("314159", "0698765", monday(3)); !errors.Is(err, tickets.ErrUnknownPIN) || id.Contract.ID != "c1" {
		t.Errorf("afterwards: %+v, %v", id, err)
	}
}

func TestAFormerProcessesWrongPINsCount(t *testing.T) {
	o := openOffice(t)
	var list []budgets.Spending
	for range 6 {
		list = append(list, budgets.Spending{Budget: budgets.KindPIN, Key: "0699", At: monday(3)})
	}
	o.Recall(list)
	if !o.LockedOut("0699", monday(3)) || o.LockedOut("0698", monday(3)) {
		t.Error("what a former process counted is forgotten, or touches others")
	}
}

// TestWhichCallsMayBeBundled is the table of every kind of call after a number's three tickets of the hour: only what no
// customer can lose by is folded into another ticket.
func TestWhichCallsMayBeBundled(t *testing.T) {
	for _, from := range []string{"0612345", "0699", ""} {
		for _, pin := range []bool{true, false} {
			for _, claim := range append(sla.Categories(), sla.Uncategorised) {
				t.Run(fmt.Sprintf("from %q pin %t claim %q", from, pin, claim), func(t *testing.T) {
					o := openOffice(t)
					draft := tickets.Draft{From: from, Caller: from, Claim: sla.Question, Channel: tickets.Phone, Actor: "caller"}
					seen := map[tickets.Number]bool{}
					for range 3 {
						k, err := o.Open(t.Context(), draft, monday(3))
						must(t, err)
						seen[k.Number] = true
					}
					if draft.Claim = claim; pin {
						draft.Identity = o.rossi(t)
					}
					k, err := o.Open(t.Context(), draft, monday(3))
					must(t, err)
					own := from == "0612345" || pin || claim == sla.Blocking
					if bundled := seen[k.Number]; bundled == own {
						t.Errorf("bundled is %t", bundled)
					}
					if own && k.Claim != claim {
						t.Errorf("its own ticket claims %q", k.Claim)
					}
				})
			}
		}
	}
}
