// Package flows is the page of what callers hear and press. It shows the flow as a picture and as text, with complaints at the
// line. Staff try it in the browser by the code of `hotline try`, publish a version, or roll back to one. The checks are the
// API's.
package flows

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"hotline/ivr"
	"hotline/ivr/try"
	"hotline/ivr/versions"
	"hotline/prompts/translation"
	"hotline/storage"
	"hotline/strictyaml"
	"hotline/users"
	"hotline/web/ui"
)

// Line is where flows are used.
type Line interface {
	// Check reads a flow; name is what the flow calls itself. A flow without complaints may be published.
	Check(yaml string) (name string, complaints []strictyaml.Complaint)
	// Use makes a published version the one with which the next call begins.
	Use(v versions.Flow) error
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store     versions.Store
	Line      Line
	Contracts []try.Contract // that a dry run knows
	Log       *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// formMost bounds a form: a flow has 256 KiB at most, and a browser writes many characters as three.
const formMost = 1 << 20

// Routes are the pages and forms. An administrator publishes; whoever works on tickets may try.
func Routes(h Handlers) []ui.Route {
	admins, workers := []users.Role{users.Admin}, []users.Role{users.Engineer, users.Staff, users.Admin}
	return []ui.Route{
		{Pattern: "GET /flow", Roles: users.Roles(), Serve: h.page},
		{Pattern: "POST /flow/check", Roles: workers, Most: formMost, Serve: h.check},
		{Pattern: "POST /flow/try", Roles: workers, Most: formMost, Serve: h.rehearse},
		{Pattern: "POST /flow/publish", Roles: admins, Most: formMost, Serve: h.publish},
		{Pattern: "POST /flow/roll-back", Roles: admins, Serve: h.rollBack},
	}
}

// flowPage is a flow with its picture, its text and what is wrong with it.
type flowPage struct {
	ui.View
	Running  int           // version of the flow with which calls begin; 0: the one that ships
	Version  int           // of the one that is shown; -1: it is being written
	Seen     int           // the newest version when the form was shown
	Text     string        // as it is edited
	Lines    []lineRow     // with complaints, where there are any
	Loose    []complaint   // of no line
	Picture  template.HTML // empty where the flow cannot be read
	Steps    []ivr.Node
	Diff     []diffRow // from the running one; none: they are the same
	Versions []versions.Flow
	Problem  string
	Checked  bool // and found good
	talk
}

// lineRow is one line of the text.
type lineRow struct {
	N          int
	Text       string
	Complaints []complaint
}

// complaint is what is wrong at a place of a flow, and what to do about it.
type complaint struct {
	Places []string // the step and the field, in the words of the flow
	Says   []*translation.Reason
}

// shipped is the flow that ships with the program, as a version.
func shipped() versions.Flow { return versions.Flow{YAML: ivr.DefaultYAML()} }

// running is the flow with which calls begin, of all that were published.
func running(all []versions.Flow) versions.Flow {
	if len(all) == 0 {
		return shipped()
	}
	return all[0]
}

func (h Handlers) flows(ctx context.Context) ([]versions.Flow, error) {
	all, err := h.Store.Flows(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the flows: %w", err)
	}
	return all, nil
}

// version finds a version; 0 is the flow that ships.
func version(all []versions.Flow, text string) (versions.Flow, error) {
	n, err := strconv.Atoi(text)
	if err == nil && n == 0 {
		return shipped(), nil
	}
	for _, v := range all {
		if err == nil && v.Version == n {
			return v, nil
		}
	}
	return versions.Flow{}, fmt.Errorf("flow version %s: %w", text, storage.ErrNotFound)
}

// page shows the running flow, or the version that the address names.
func (h Handlers) page(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.flows(r.Context())
	if err != nil {
		return nil, err
	}
	v := running(all)
	if text := r.URL.Query().Get("version"); text != "" {
		if v, err = version(all, text); err != nil {
			return nil, err
		}
	}
	return h.show(r, all, v.YAML, flowPage{Version: v.Version}, http.StatusOK)
}

// show fills what belongs to a text, and shows it.
func (h Handlers) show(r *ui.Request, all []versions.Flow, text string, p flowPage, status int) (*ui.Page, error) {
	now := running(all)
	p.View, p.Text, p.Running, p.Seen, p.Versions = r.View, text, now.Version, now.Version, all
	flow, complaints := ivr.Parse(text)
	if flow != nil {
		p.Steps = flow.Nodes()
		p.Picture = draw(flow.Start(), p.Steps, r.T("flows-picture"))
	}
	if len(complaints) > 0 {
		p.Lines, p.Loose = marked(r, text, complaints)
	}
	p.Diff = difference(now.YAML, text)
	page, err := pages().Page("flow", r.T("flows"), p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

// linesShown is how many lines of a text are shown with complaints.
const linesShown = 5000

// marked is a text line by line, with the complaints at their lines.
func marked(r *ui.Request, text string, complaints []strictyaml.Complaint) (rows []lineRow, loose []complaint) {
	for i, line := range strings.SplitN(text, "\n", linesShown) {
		rows = append(rows, lineRow{N: i + 1, Text: line})
	}
	for _, c := range complaints {
		var said complaint
		for _, place := range []string{c.Step, c.Field} {
			if place != "" {
				said.Places = append(said.Places, place)
			}
		}
		for _, text := range []string{c.Problem, c.Remedy} {
			if text != "" {
				said.Says = append(said.Says, r.Why(text))
			}
		}
		if c.Line >= 1 && c.Line <= len(rows) {
			rows[c.Line-1].Complaints = append(rows[c.Line-1].Complaints, said)
		} else {
			loose = append(loose, said)
		}
	}
	return rows, loose
}

// text is the flow of a form, with the line ends of a file: browsers send CR LF (HTML, section 4.10.21.4).
func textOf(r *ui.Request) string { return strings.ReplaceAll(r.FormValue("yaml"), "\r\n", "\n") }

// check shows a text with its picture and its complaints; nothing is kept.
func (h Handlers) check(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.flows(r.Context())
	if err != nil {
		return nil, err
	}
	text := textOf(r)
	if _, complaints := h.Line.Check(text); len(complaints) > 0 {
		return h.show(r, all, text, flowPage{Version: -1, Problem: r.T("flows-complaints", len(complaints))}, http.StatusUnprocessableEntity)
	}
	return h.show(r, all, text, flowPage{Version: -1, Checked: true}, http.StatusOK)
}

// publish makes a text the flow of the next call. The form names the newest version that it was shown with.
func (h Handlers) publish(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.put(w, r, textOf(r))
}

// rollBack publishes a former version again, as the newest one.
func (h Handlers) rollBack(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.flows(r.Context())
	if err != nil {
		return nil, err
	}
	v, err := version(all, r.FormValue("version"))
	if err != nil {
		return nil, err
	}
	return h.put(w, r, v.YAML)
}

// put publishes a text, unless another one was published since the form was shown.
func (h Handlers) put(w http.ResponseWriter, r *ui.Request, text string) (*ui.Page, error) {
	all, err := h.flows(r.Context())
	if err != nil {
		return nil, err
	}
	if strconv.Itoa(running(all).Version) != r.FormValue("seen") {
		return h.show(r, all, text, flowPage{Version: -1, Problem: r.T("flows-stale", running(all).By)}, http.StatusConflict)
	}
	name, complaints := h.Line.Check(text)
	if len(complaints) > 0 {
		return h.show(r, all, text, flowPage{Version: -1, Problem: r.T("flows-complaints", len(complaints))}, http.StatusUnprocessableEntity)
	}
	v, err := h.Store.PutFlow(r.Context(), versions.Flow{Version: running(all).Version, Name: name, YAML: text, Published: r.Now, By: r.User.Name})
	if errors.Is(err, storage.ErrConflict) { // somebody was faster by less than this took: the next look sees it
		return h.put(w, r, text)
	}
	if err != nil {
		return nil, fmt.Errorf("publishing a flow: %w", err)
	}
	if err := h.Line.Use(v); err != nil {
		return nil, fmt.Errorf("using flow version %d: %w", v.Version, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "flow", v.Version, "what", r.URL.Path)
	http.Redirect(w, r.Request, "/flow", http.StatusSeeOther)
	return nil, nil
}
