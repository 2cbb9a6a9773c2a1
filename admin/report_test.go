package admin_test

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"hotline/tickets"
)

// month works two tickets: one restored too late, one that is a question, and time spent on both.
func (h *house) month() {
	h.t.Helper()
	h.opened()
	h.post("/tickets/417/contact", "").is(200)
	h.post("/tickets/417/time", `{"minutes":25,"what":"looked at the log","who":"anna"}`).is(200, `"time_spent":1500`)
	h.post("/tickets/417/time", `{"minutes":5,"what":"wrote it down"}`).is(200, `"time_spent":1800`)
	_, _, err := h.desk.Look(h.t.Context(), 417, monday(14, 0))
	must(h.t, err)
	c, err := h.store.Customer(h.t.Context(), "rossi")
	must(h.t, err)
	c.Name = `=cmd|"/c calc"!A1`
	_, err = h.store.PutCustomer(h.t.Context(), c)
	must(h.t, err)
	h.post("/tickets", `{"contract":"rossi","claim":"question"}`).is(201)
	h.post("/tickets", `{"claim":"blocking","customer":"rossi"}`).is(201)
	h.post("/tickets/419/time", `{"minutes":40,"what":"on site","who":"marco"}`).is(200)
}

func TestTheMonthIsReported(t *testing.T) {
	h := open(t)
	h.month()
	h.get("/report?month=2026-11").is(200, `"month":"2026-11"`,
		`"contract":"rossi","customer_name":"Rossi S.p.A.","level":"extended","category":"blocking","tickets":1,"minutes_spent":30`,
		`{"clock":"contact","kept":1,"broken":0,"open":0,"median_seconds":60,"p90_seconds":60}`, `{"clock":"intervention","kept":0,"broken":1,"open":0`,
		`"ticket":417`, "intervention: opened Monday 23 November 2026 10:01", "intervento: aperto lunedì 23 novembre 2026 10:01", `"level":"on_request"`)
	h.get("/report?month=2026-10").is(200, `"lines":[]`)
	h.get("/report?month=2026-13").is(422, "2026-11")
	h.get("/report").is(422, "month")
}

// table reads one that a spreadsheet or a program would.
func (h *house) table(query string, comma rune) [][]string {
	h.t.Helper()
	r := h.get("/report.csv?month=2026-11&" + query).is(200)
	if !strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") {
		h.t.Errorf("it came as %s", r.header.Get("Content-Type"))
	}
	c := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\ufeff")))
	c.Comma = comma
	rows, err := c.ReadAll() // refuses rows of different lengths: one table a file
	must(h.t, err)
	return rows
}

func TestTheReportIsATableOfLinesOrOfBreachesInWordsWithTotals(t *testing.T) {
	h := open(t)
	h.month()
	lines := h.table("lang=en", ',')
	if len(lines) != 5 || lines[0][4] != "category" || lines[1][3] == "" || lines[len(lines)-1][2] != "total" || lines[len(lines)-1][5] != "3" {
		t.Errorf("%q", lines)
	}
	if italian := h.table("", ','); italian[0][4] != "categoria" || italian[len(italian)-1][2] != "totale" {
		t.Errorf("the configuration's language is Italian: %q", italian)
	}
	breaches := h.table("table=breaches&lang=en", ',')
	if len(breaches) != 2 || breaches[1][3] != "417" || breaches[1][4] != "intervention" || !strings.HasPrefix(breaches[1][6], "intervention: opened") {
		t.Errorf("%q", breaches)
	}
	sheet := h.table("sheet=it", ';')
	if raw := h.get("/report.csv?month=2026-11&sheet=it"); !strings.HasPrefix(raw.body, "\ufeff") || len(sheet) != len(lines) {
		t.Errorf("an Italian spreadsheet reads %q", sheet)
	}
	if !strings.Contains(h.get("/report.csv?month=2026-11").body, `'=cmd`) {
		t.Error("the customer's name is a formula, or gone")
	}
	h.get("/report.csv?month=2026-11&sheet=de").is(422, "query.sheet")
	h.get("/report.svg?month=2026-11&lang=de").is(422, "query.lang")
}

func TestTheMedianOfNothingIsNotZero(t *testing.T) {
	h := open(t)
	h.month()
	h.get("/report?month=2026-11").is(200, `"clock":"restore","kept":0,"broken":0,"open":1,"median_seconds":null,"p90_seconds":null`, `"total":{"contract":"",`)
}

func TestThePlotIsWellFormed(t *testing.T) {
	h := open(t)
	h.month()
	r := h.get("/report.svg?month=2026-11&lang=en").is(200, "Clocks of 2026-11", "0 / 1 / 0")
	d := xml.NewDecoder(strings.NewReader(r.body))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, r.body)
		}
	}
}

func TestTimeSpentIsTotalledByTicketAndContract(t *testing.T) {
	h := open(t)
	h.month()
	h.get("/time?month=2026-11").is(200, `"minutes_by_ticket":{"417":30,"419":40}`, `"minutes_by_contract":{"":40,"rossi":30}`, `"minutes":70`,
		`"who":"anna","what":"looked at the log","by":"staff:demo"`, `"who":"staff:demo","what":"wrote it down"`)
	h.post("/tickets/417/time", `{"minutes":5}`).is(422, "what")
	_, err := h.desk.AddTime(t.Context(), 417, tickets.Spent{Minutes: 5, Who: "anna", What: " "}, monday(15, 0))
	if !errors.Is(err, tickets.ErrEmpty) {
		t.Errorf("time without words: %v", err)
	}
}
