// Package auditlog is the page on which administrators see who changed what, and who listened to which recording. It is filtered
// by person, document and day, and also comes as a table for a spreadsheet.
package auditlog

import (
	"embed"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"hotline/admin/report"
	"hotline/audit"
	"hotline/paging"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store audit.Store
	Day   func(text string) (since, until time.Time, err error) // reads a day of the house's zone
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the page and its table: for administrators alone.
func Routes(h Handlers) []ui.Route {
	admins := []users.Role{users.Admin}
	return []ui.Route{
		{Pattern: "GET /audit", Roles: admins, Serve: h.show},
		{Pattern: "GET /audit/records.csv", Roles: admins, Serve: h.csv},
	}
}

const (
	shown      = 50
	tableMost  = 50_000 // rows of a table; a spreadsheet that is too long is opened by nobody
	tableParts = 500
)

// page is a part of the list.
type page struct {
	ui.View
	Who, Kind, Document, Day string
	Kinds                    []string
	Problem                  string
	Rows                     []row
	Next                     string // address of the next page; empty on the last one
	Table                    string // address of the same as a table
}

// row is one record.
type row struct {
	audit.Record
	Path string // of the page of its document; empty: it has none
	API  bool   // a token of the API did it
}

// kinds are the documents that people look for.
func kinds() []string {
	return []string{
		"ticket", audit.Recording, "customer", "contract", "level", "calendar", "engineer", "rota", "schedule", "absences", "policy", "contact", "flow", "prompt", "user", "token",
		"fault", "product", "installed", "endpoint", "heartbeat", "alert-policy", "alert-mapping", "maintenance", "agent", "link", "mail",
	}
}

// filter reads what an address selects. A day that is none selects all days, with a problem.
func (h Handlers) filter(r *ui.Request) (f audit.Filter, problem string) {
	q := r.URL.Query()
	f = audit.Filter{Who: strings.TrimSpace(q.Get("who")), Document: audit.Document{Kind: q.Get("kind"), ID: strings.TrimSpace(q.Get("document"))}, After: q.Get("after"), Limit: shown}
	if f.Who != "" && f.Who != audit.Setup && f.Who != audit.Command && !strings.Contains(f.Who, ":") {
		f.Who = audit.Staff(f.Who)
	}
	if f.Document.Kind == "" {
		f.Document.ID = ""
	}
	if day := q.Get("day"); day != "" {
		var err error
		if f.Since, f.Until, err = h.Day(day); err != nil {
			problem = r.T("page-bad-day")
		}
	}
	return f, problem
}

func (h Handlers) show(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	q := r.URL.Query()
	p := page{View: r.View, Who: q.Get("who"), Kind: q.Get("kind"), Document: q.Get("document"), Day: q.Get("day"), Kinds: kinds()}
	f, problem := h.filter(r)
	p.Problem = problem
	found, err := h.Store.Audit(r.Context(), f)
	if errors.Is(err, paging.ErrCursor) { // an address of another list: this one from its beginning
		f.After = ""
		found, err = h.Store.Audit(r.Context(), f)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the audit: %w", err)
	}
	for _, record := range found.Items {
		p.Rows = append(p.Rows, row{record, pathOf(record.Document), strings.Contains(record.Route, " /api/")})
	}
	selected := url.Values{}
	for name, value := range map[string]string{"who": p.Who, "kind": p.Kind, "document": p.Document, "day": p.Day} {
		if value != "" {
			selected.Set(name, value)
		}
	}
	p.Table = "/audit/records.csv?" + selected.Encode()
	if found.Next != "" {
		selected.Set("after", found.Next)
		p.Next = "/audit?" + selected.Encode()
	}
	return pages().Page("audit", r.T("page-audit"), p)
}

// pathOf is where a document is shown.
func pathOf(d audit.Document) string {
	id := url.PathEscape(d.ID)
	switch d.Kind {
	case "ticket":
		return "/tickets/" + id
	case "customer":
		return "/customers/" + id
	case "level":
		return "/levels/" + id
	case "calendar":
		return "/calendars/" + id
	case "flow":
		return "/flow"
	case "user":
		return "/users"
	case "token":
		return "/tokens"
	case "endpoint":
		return "/outgoing"
	case "agent":
		return "/agents"
	case "mail":
		return "/mails/" + id
	}
	return ""
}

// What tells what was done, in the page's language.
func (p page) What(r row) string { return what(p.View, r.Record) }

func what(v ui.View, r audit.Record) string {
	for _, id := range []string{"page-audit-what-" + r.What, "page-event-" + r.What} {
		if text := v.T(id); text != id {
			return text
		}
	}
	return r.What
}

// KindName tells what kind of document there is.
func (p page) KindName(kind string) string { return kindName(p.View, kind) }

func kindName(v ui.View, kind string) string {
	id := "page-audit-kind-" + kind
	if text := v.T(id); text != id {
		return text
	}
	return kind
}

// Person is who it was, without the kind.
func (p page) Person(who string) string { return person(p.View, who) }

func person(v ui.View, who string) string {
	switch who {
	case audit.Setup, audit.Command, "system":
		return v.T("page-audit-by-" + who)
	}
	return strings.TrimPrefix(who, audit.Staff(""))
}

// csv is the list as a table: no cell of it is a formula.
func (h Handlers) csv(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f, problem := h.filter(r)
	if problem != "" {
		return nil, &ui.Refusal{Status: http.StatusUnprocessableEntity, ID: "page-bad-day"}
	}
	f.After, f.Limit = "", tableParts
	rows := [][]string{{}}
	for _, column := range []string{"at", "who", "from", "route", "what", "kind", "document", "before", "after", "fields"} {
		rows[0] = append(rows[0], r.T("page-audit-"+column))
	}
	for more := true; more && len(rows) <= tableMost; more = f.After != "" {
		found, err := h.Store.Audit(r.Context(), f)
		if err != nil {
			return nil, fmt.Errorf("reading the audit: %w", err)
		}
		for _, one := range found.Items {
			rows = append(rows, []string{
				one.At.UTC().Format(time.RFC3339), one.Who, one.From, one.Route, what(r.View, one), kindName(r.View, one.Document.Kind), one.Document.ID, version(one.Before), version(one.After), fields(one.Fields),
			})
		}
		f.After = found.Next
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="hotline-audit.csv"`)
	_, _ = w.Write(report.Table(rows, report.Sheet(r.Lang))) // a browser that has gone needs no table
	return nil, nil
}

func version(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// fields are what differs, as one text.
func fields(list []audit.Field) string {
	var parts []string
	for _, f := range list {
		text := f.Name
		if f.Before != "" || f.After != "" {
			text += ": " + f.Before + " → " + f.After
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}
