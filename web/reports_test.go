package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/directory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// reported is a house with a month behind it: one promise of Rossi's kept, one broken, and some calls.
func reported(t *testing.T) *office {
	t.Helper()
	o := open(t)
	kept := o.opened("rossi", sla.Blocking, "The switchboard is dead.")
	_, err := o.desk.Enter(t.Context(), kept, "staff:test", tickets.Entry{Clock: sla.Contact}, o.clock())
	must(t, err)
	broken := o.opened("rossi-office", sla.NonBlocking, "No sound.")
	o.passes(26 * time.Hour)
	_, err = o.desk.Enter(t.Context(), broken, "staff:test", tickets.Entry{Clock: sla.Contact}, o.clock())
	must(t, err)
	for i := range 3 {
		began := monday(9, 5*i)
		c := cdr.Call{ID: tickets.CallID(fmt.Sprintf("c%d", i)), From: "+39065551239", Started: began, Answered: began, Ended: began.Add(time.Minute)}
		if i == 0 {
			c.Legs = []cdr.Leg{{Engineer: "anna", Started: began.Add(5 * time.Second), Answered: began.Add(25 * time.Second), Result: "accepted"}}
		}
		must(t, o.store.PutCalls(t.Context(), c))
	}
	return o
}

func TestAMonthTellsOfPromisesCallsAndTheWayToAHuman(t *testing.T) {
	o := reported(t)
	b := o.as(users.Viewer)
	b.get("/reports").is(200, "Report of November 2026", "Rossi S.p.A. (rossi)", "Rossi S.p.A. (rossi-office)", `href="/customers/rossi/report?month=2026-11"`,
		"Callers who reached a human: 1", "25\u00a0s", "/reports?month=2026-10", `<th scope="row">Monday</th><td class="d0"></td>`, `<td class="d5">3</td>`).hides("month=2026-12")
	b.get("/reports?by=level").is(200, "Extended", "Professional").hides("rossi-office")
	b.get("/reports?by=category").is(200, "non-blocking anomaly")
	b.get("/reports?month=2026-10").is(200, "Report of October 2026", "No ticket was opened in this month.", "/reports?month=2026-11", "Nobody asked for a human")
	b.get("/reports?month=nonsense&by=nonsense").is(200, "Write the month as 2026-11.", "Report of November 2026")
	if a := b.get("/reports/plot.svg?month=2026-11").is(200, "<svg", "Rossi S.p.A."); a.Header().Get("Content-Type") != "image/svg+xml" {
		t.Errorf("%v", a.Header())
	}
}

func TestACustomersSheetHoldsItsOwnMonthAlone(t *testing.T) {
	o := reported(t)
	o.opened("", sla.NonBlocking, "Quote, please.")
	b := o.as(users.Viewer)
	b.get("/customers/rossi").is(200, `href="/customers/rossi/report"`)
	b.get("/customers/rossi/report").is(200, "Rossi S.p.A., report of November 2026", "rossi-office", "Extended", "Promises that were broken").hides("on request")
	b.get("/customers/rossi/report?month=2026-10").is(200, "No ticket was opened in this month.", "None.")
	b.get("/customers/none/report").is(404)
}

// TestTablesForASpreadsheetHoldNoFormula: a customer's name is written by people.
func TestTablesForASpreadsheetHoldNoFormula(t *testing.T) {
	o := open(t)
	customer, err := o.store.Customer(t.Context(), "rossi")
	must(t, err)
	customer.Name = "=HYPERLINK(1)"
	_, err = o.store.PutCustomer(t.Context(), customer)
	must(t, err)
	_, err = o.desk.CatchUp(t.Context(), o.store, o.clock())
	must(t, err)
	o.opened("rossi", sla.Blocking, "x")
	b := o.as(users.Viewer)
	for path, want := range map[string]string{
		"/reports/lines.csv?month=2026-11": "2026-11,rossi,'=HYPERLINK(1),Extended", "/reports/breaches.csv?month=2026-11": "month,contract", "/reports/calls.csv?month=2026-11": "2026-11,Monday,09:00,0",
	} {
		a := b.get(path).is(200, want)
		if !strings.Contains(a.Header().Get("Content-Disposition"), "attachment") || strings.Contains(a.Body.String(), ",=") {
			t.Errorf("%s: %v", path, a.Header())
		}
	}
	b.get("/reports/nothing.csv").is(404)
}

// TestAMonthOfManyContractsShowsTheWorst: a page of a house with thousands of contracts stays one that a telephone can load.
func TestAMonthOfManyContractsShowsTheWorst(t *testing.T) {
	o := reported(t) // rossi-office has the one broken promise
	for i := range 120 {
		x := tickets.Ticket{Number: tickets.Number(1000 + i), Version: 1, State: tickets.Open, OpenedAt: monday(9, 0)}
		x.Contract, x.Name, x.Claim = directory.ContractID(fmt.Sprintf("c%03d", i)), fmt.Sprintf("Customer %03d", i), sla.Question
		must(t, o.store.Apply(t.Context(), tickets.Change{Ticket: x}))
	}
	page := o.as(users.Viewer).get("/reports").is(200, "Rossi S.p.A. (rossi-office)", "These are the 100 with the most broken promises, of 122").Body.String()
	if n := strings.Count(page, `<tr><th scope="row">`) - 8; n != 100 { // a total, and seven weekdays
		t.Errorf("%d rows", n)
	}
	if first := page[strings.Index(page, "<tbody>"):]; !strings.HasPrefix(first, `<tbody><tr><th scope="row"><a href="/customers/rossi/report?month=2026-11">Rossi S.p.A. (rossi-office)`) {
		t.Errorf("the worst is not the first: %.200s", first)
	}
}
