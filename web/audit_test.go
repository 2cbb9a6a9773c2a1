package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"hotline/audit"
	"hotline/audit/audittest"
	"hotline/tickets"
	"hotline/users"
)

// seen is which forms have left a record in any test of this package.
var seen audittest.Routes

// changesNothing are the forms that change nothing that anybody else sees, each with the reason.
func changesNothing() map[string]string {
	return map[string]string{
		"POST /language":                    "a cookie of the browser",
		"POST /tickets/{number}/preview":    "a preview",
		"POST /flow/check":                  "a check",
		"POST /flow/try":                    "a dry run",
		"POST /imports":                     "a dry run",
		"POST /alerts/try":                  "a dry run",
		"POST /prompts/{language}/pack/try": "a dry run",
		"POST /tickets/{number}/draft":      "a note that is not sent yet, which its author alone sees",
		"POST /tickets/{number}/presence":   "who has a page open, forgotten within a minute",
	}
}

func TestMain(m *testing.M) {
	seen.Main(m, func() (forms []string) {
		for pattern := range rules() {
			if strings.HasPrefix(pattern, http.MethodPost+" ") {
				forms = append(forms, pattern)
			}
		}
		return forms
	}, changesNothing())
}

func TestAdministratorsSeeWhoChangedWhat(t *testing.T) {
	o := open(t)
	admin := o.as(users.Admin)
	admin.get("/audit").is(http.StatusOK, "Nothing that fits was done")
	n := o.opened("rossi", "blocking", "the press stands still")
	o.as(users.Staff).post(fmt.Sprintf("/tickets/%d/comment", n), "text", "a note").is(http.StatusSeeOther)
	admin.post("/users", "name", "=carla", "role", "viewer").is(http.StatusUnprocessableEntity)
	admin.post("/users", "name", "carla", "role", "viewer", "engineer", "anna").is(http.StatusOK)
	admin.post("/users/carla/change", "role", "staff", "version", "1").goes("/users")
	admin.get("/audit").is(http.StatusOK, "carla", "changed", "<del>viewer</del>", "<ins>staff</ins>", "version 1, then 2", "127.0.0.1", "note", "POST /users/{name}/change").hides("$argon2id")
	admin.get("/audit?who=staff").is(http.StatusOK, "note").hides("carla")
	admin.get(fmt.Sprintf("/audit?kind=ticket&document=%d", n)).is(http.StatusOK, fmt.Sprintf(`href="/tickets/%d"`, n)).hides("carla")
	admin.get("/audit?day=2026-11-22").is(http.StatusOK, "Nothing that fits was done")
	admin.get("/audit?day=tomorrow").is(http.StatusOK, "Write the day as")
	admin.get("/audit?after=nonsense").is(http.StatusOK, "carla")
	table := admin.get("/audit/records.csv?kind=user").is(http.StatusOK, "role: viewer → staff").Body.String()
	if strings.Count(table, "\n") != 3 || strings.Contains(table, "note") {
		t.Errorf("the table is %s", table)
	}
	admin.get("/audit/records.csv?day=tomorrow").is(http.StatusUnprocessableEntity)
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).get("/audit").is(http.StatusForbidden)
		o.as(role).get("/audit/records.csv").is(http.StatusForbidden)
	}
}

// TestNoCellOfTheAuditIsAFormula: what people write stands in the table as it is, and no spreadsheet works it out.
func TestNoCellOfTheAuditIsAFormula(t *testing.T) {
	o := open(t)
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "\t=1"} {
		must(t, o.store.NoteAudit(t.Context(), audit.Record{At: monday(9, 0), Who: text, From: text, What: text, Document: audit.Document{Kind: text, ID: text}, Fields: []audit.Field{{Name: text, Before: text, After: text}}}))
	}
	table := o.as(users.Admin).get("/audit/records.csv").is(http.StatusOK).Body.String()
	for row := range strings.SplitSeq(table, "\n") {
		for cell := range strings.FieldsFuncSeq(row, func(c rune) bool { return c == ',' || c == ';' }) {
			if cell = strings.Trim(cell, "\ufeff\" \r"); cell != "" && strings.ContainsAny(cell[:1], "=+-@\t") {
				t.Errorf("%q is worked out, in %q", cell, row)
			}
		}
	}
}

// TestListeningStandsInTheAudit: who heard a recording is in the same list, from where and by which page, and is kept once.
func TestListeningStandsInTheAudit(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", "blocking", "the press stands still")
	_, err := o.desk.Keep(t.Context(), n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 1, Law: "alaw"}, o.clock())
	must(t, err)
	o.as(users.Staff).get("/recordings/r1/audio").is(http.StatusOK)
	o.as(users.Admin).get(fmt.Sprintf("/audit?kind=ticket&document=%d", n)).is(http.StatusOK, "listened", "r1", "127.0.0.1", "GET /recordings/{id}/audio")
	page, err := o.store.Audit(t.Context(), audit.Filter{Document: audit.Document{Kind: audit.Recording}})
	if err != nil || len(page.Items) != 1 {
		t.Errorf("%+v, %v", page.Items, err)
	}
}

// unnotable is a store whose audit cannot be written.
type unnotable struct{ Store }

func (unnotable) NoteAudit(context.Context, audit.Record) error {
	return fmt.Errorf("noting: disk full")
}

// TestAnActThatCannotBeNotedIsNotDone: a test message is not sent where nobody would know who sent it.
func TestAnActThatCannotBeNotedIsNotDone(t *testing.T) {
	o := open(t)
	o.config.Store = unnotable{o.store}
	o.handler = New(o.config) // without an outbox: sending would panic
	o.as(users.Admin).post("/outgoing/x/test").is(http.StatusInternalServerError)
}
