// Package imports is the pages on which customers, telephone numbers and contracts come from a spreadsheet's file, and go back into
// one. A file is tried first: the page says what each line would do, and what is wrong with which line, and writes nothing. Then it
// is written line by line while the page shows how far it is. What stands already is left alone, so a file can be given again where
// something was cut off. The checks are those of the API (directory/entry).
package imports

import (
	"context"
	"embed"
	"fmt"
	"html"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"hotline/directory"
	"hotline/numbers"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what an import writes.
type Store interface {
	Together(ctx context.Context, f func(ctx context.Context) error) error
	PutCustomer(ctx context.Context, c directory.Customer) (directory.Customer, error)
	PutContract(ctx context.Context, c directory.Contract) (directory.Contract, error)
}

// PINs makes contracts with their PINs.
type PINs interface {
	NewContract(ctx context.Context, c directory.Contract, now time.Time) (stands directory.Contract, pin string, err error)
}

// Handlers answers these pages. It is where a file goes.
type Handlers struct {
	Store Store
	Edits directory.Store // of which the desk's book is brought up to date
	PINs  PINs
	Desk  *tickets.Desk
	Plan  numbers.Plan
	Log   *slog.Logger
	Now   func() time.Time
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// fileMost bounds a file in octets: 20,000 rows of 200.
const fileMost = 4 << 20

// Routes are the pages of imports, for administrators: an import gives PINs. What goes out holds no PIN.
func Routes(h Handlers) []ui.Route {
	admins := []users.Role{users.Admin}
	return []ui.Route{
		{Pattern: "GET /imports", Roles: admins, Serve: h.choose},
		{Pattern: "POST /imports", Roles: admins, Most: fileMost, Serve: h.try},
		{Pattern: "POST /imports/write", Roles: admins, Most: fileMost, Serve: h.write},
		{Pattern: "GET /exports/{table}", Roles: users.Roles(), Serve: h.export},
	}
}

type choosePage struct {
	ui.View
	Kinds   []kindView
	Problem string
}

type kindView struct {
	Name    string
	Columns []columnView
}

type columnView struct {
	ID, Name string
	Needed   bool
}

func (h Handlers) choose(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return chosen(r, "")
}

func chosen(r *ui.Request, problem string) (*ui.Page, error) {
	p := choosePage{View: r.View, Problem: problem}
	for _, k := range kinds() {
		v := kindView{Name: k.name}
		for _, c := range k.columns {
			needed := false
			for _, n := range k.needed {
				needed = needed || n == c
			}
			v.Columns = append(v.Columns, columnView{c, r.T("imports-column-" + c), needed})
		}
		p.Kinds = append(p.Kinds, v)
	}
	page, err := pages().Page("choose", r.T("imports"), p)
	if err == nil && problem != "" {
		page.Status = http.StatusUnprocessableEntity
	}
	return page, err
}

// triedPage says what a file would do.
type triedPage struct {
	ui.View
	Plan  plan
	Kind  string
	Text  string
	Wrong []complaintView
	More  int // complaints beyond those that are shown
	Lines []lineView
	Left  int // changes beyond those that are shown
}

type complaintView struct {
	Line        int
	Column, Why string
	Value       string
}

type lineView struct {
	Line          int
	How, ID, Name string
}

const (
	complaintsShown = 500
	linesShown      = 50
)

// try says what a file would do, and writes nothing.
func (h Handlers) try(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	k, ok := kindNamed(r.FormValue("kind"))
	if !ok {
		return chosen(r, r.T("imports-bad-kind"))
	}
	text := r.FormValue("text")
	if file, _, err := r.FormFile("file"); err == nil {
		defer file.Close()
		content, err := io.ReadAll(file)
		if err != nil {
			return nil, fmt.Errorf("reading the file: %w", err)
		}
		text = decoded(content)
	}
	if text == "" {
		return chosen(r, r.T("imports-bad-empty"))
	}
	found := planned(r.Context(), k, text, h.Desk.Book(), h.Plan, r.Zone)
	p := triedPage{View: r.View, Plan: found, Kind: k.name, Text: text}
	for i, w := range found.wrong {
		if i == complaintsShown {
			p.More = len(found.wrong) - i
			break
		}
		p.Wrong = append(p.Wrong, told(r.View, w))
	}
	for i, c := range found.Changes {
		if i == linesShown {
			p.Left = len(found.Changes) - i
			break
		}
		p.Lines = append(p.Lines, h.line(c))
	}
	return pages().Page("tried", r.T("imports-tried"), p)
}

func told(v ui.View, c complaint) complaintView {
	view := complaintView{Line: c.Line, Why: v.T(c.ID), Value: c.Value}
	if c.Column != "" {
		view.Column = v.T("imports-column-" + c.Column)
	}
	if r := []rune(view.Value); len(r) > 80 {
		view.Value = string(r[:79]) + "…"
	}
	return view
}

func (h Handlers) line(c change) lineView {
	v := lineView{Line: c.line, How: c.how}
	if c.customer != nil {
		v.ID, v.Name = string(c.customer.ID), c.customer.Name
	} else {
		v.ID = string(c.contract.ID)
		if customer, ok := h.Desk.Book().Customers.Get(c.contract.Customer); ok {
			v.Name = customer.Name
		}
	}
	return v
}

// write writes a file, and tells how far it is while it does.
func (h Handlers) write(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	k, ok := kindNamed(r.FormValue("kind"))
	text := r.FormValue("text")
	if !ok || text == "" {
		return chosen(r, r.T("imports-bad-empty"))
	}
	found := planned(r.Context(), k, text, h.Desk.Book(), h.Plan, r.Zone)
	page, err := pages().Page("writing", r.T("imports-writing"), struct {
		ui.View
		Plan plan
	}{r.View, found})
	if err != nil {
		return nil, err
	}
	page.Stream = func(say func(template.HTML)) { h.stream(r, found, say) }
	return page, nil
}

// beat is how often the page is told how far the work is.
const beat = 300 * time.Millisecond

// stream does the work. What it says between the two halves of the page is steps that hide each other, and then the outcome.
func (h Handlers) stream(r *ui.Request, p plan, say func(template.HTML)) {
	w := &writer{Handlers: h, r: r, versions: map[directory.CustomerID]int{}}
	said := time.Time{}
	progress := func(done int) {
		say(template.HTML(fmt.Sprintf(`<p class="step"><progress max="%d" value="%d" aria-label="%s"></progress> %s</p>`,
			max(len(p.Changes), 1), done, html.EscapeString(r.T("imports-progress")), html.EscapeString(r.T("imports-of", done, len(p.Changes))))))
		said = h.Now()
	}
	say(`<div class="steps" role="status">`)
	progress(0)
	for rest := p.Changes; len(rest) > 0 && r.Context().Err() == nil; {
		n := w.some(rest)
		rest = rest[n:]
		if h.Now().Sub(said) >= beat {
			progress(len(p.Changes) - len(rest))
		}
	}
	progress(len(w.wrong) + w.done)
	w.tell()
	say(`</div>`)
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "import", p.kind.name, "done", w.done, "complaints", len(w.wrong))
	outcome, err := pages().Page("outcome", "", w.outcome(p))
	if err != nil {
		h.Log.ErrorContext(r.Context(), "the outcome of an import cannot be shown", "error", err)
		return
	}
	say(outcome.Content)
}
