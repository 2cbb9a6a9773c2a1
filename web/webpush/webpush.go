// Package webpush is the page on which staff say which of their browsers are told of tickets by web push. It shows the browsers with
// what each is told and when it was told last, a test message, and the end of it (docs/outbox.md).
//
// Push is never the only way: an engineer without a telephone gets none.
package webpush

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/limits"
	"hotline/oncall"
	"hotline/outbox"
	"hotline/outbox/push"
	"hotline/prompts/translation"
	"hotline/storage"
	"hotline/users"
	"hotline/web/ui"
)

// Outbox brings messages to browsers. outbox.Outbox implements it.
type Outbox interface {
	Edited(ctx context.Context)
	Try(ctx context.Context, e outbox.Endpoint, now time.Time) error
}

// Push is how this house tells browsers. The zero value tells none.
type Push struct {
	Outbox  Outbox
	Key     string // that browsers subscribe to; empty: none is told
	Clear   bool   // there are networks of the house in which a push service may be reached by http
	Letters bool   // staff are told by mail, too
}

// Store keeps browsers, and knows who has a telephone.
type Store interface {
	Endpoint(ctx context.Context, id string) (outbox.Endpoint, error)
	Endpoints(ctx context.Context) ([]outbox.Endpoint, error)
	PutEndpoint(ctx context.Context, e outbox.Endpoint) (outbox.Endpoint, error)
	DeleteEndpoint(ctx context.Context, id string, version int) error
	Messages(ctx context.Context, f outbox.Filter) ([]outbox.Message, error)
	AddMessages(ctx context.Context, list []outbox.Message) error
	Engineers(ctx context.Context) ([]oncall.Engineer, error)
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Push
	Store Store
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the page and its forms: for whoever works on tickets.
func Routes(h Handlers) []ui.Route {
	workers := []users.Role{users.Engineer, users.Staff, users.Admin}
	return []ui.Route{
		{Pattern: "GET /browsers", Roles: workers, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return h.show(r, page{}) }},
		{Pattern: "POST /browsers", Roles: workers, Serve: h.add},
		{Pattern: "POST /browsers/moved", Roles: workers, Script: true, Serve: h.moved},
		{Pattern: "POST /browsers/{id}/test", Roles: workers, Serve: h.try},
		{Pattern: "POST /browsers/{id}/remove", Roles: workers, Serve: h.remove},
	}
}

// page shows the browsers of whoever looks.
type page struct {
	ui.View
	Key      string // empty: browsers are not told here
	Refused  bool   // push would be the only way to an engineer
	Letters  bool
	Mine     bool // whoever looks is an engineer, whose own tickets there are
	Browsers []browser
	Kinds    []kind
	Status   int
	Problem  string
	Tried    string              // the name of the browser that was sent a test message
	Failed   *translation.Reason // why it was not taken; nil: it was
}

// kind is one of what a browser may be told.
type kind struct {
	Kind    outbox.Kind
	Words   string
	Checked bool
}

// browser is one, as its owner sees it.
type browser struct {
	ID, Name string
	Since    time.Time
	Told     []string // what it is told, in words
	Mine     bool     // of one's own tickets alone
	Quiet    outbox.Quiet
	Last     time.Time // when a push service took the last message; zero: none in the last week
	Waiting  string    // why the oldest message that waits was not taken yet
	Old      bool      // it has subscribed to another key
}

func (h Handlers) show(r *ui.Request, p page) (*ui.Page, error) {
	p.View, p.Key, p.Letters, p.Mine = r.View, h.Key, h.Letters, r.User.Engineer != ""
	alone, err := h.alone(r)
	if err != nil {
		return nil, err
	}
	p.Refused = alone
	own, _, err := h.own(r)
	if err != nil {
		return nil, err
	}
	for _, e := range own {
		b := browser{ID: e.ID, Name: e.Values[push.Name], Since: e.Since, Mine: len(e.Assignees) > 0, Quiet: e.Quiet, Old: push.KeyOf(e) != h.Key}
		for _, k := range e.Kinds {
			b.Told = append(b.Told, r.T(push.WordID(k)))
		}
		if b.Last, b.Waiting, err = h.last(r.Context(), e.ID); err != nil {
			return nil, err
		}
		p.Browsers = append(p.Browsers, b)
	}
	for _, k := range outbox.Kinds() {
		p.Kinds = append(p.Kinds, kind{k, r.T(push.WordID(k)), slices.Contains(usual(), k)})
	}
	rendered, err := pages().Page("browsers", r.T("browsers"), p)
	if err == nil {
		rendered.Status = p.Status
	}
	return rendered, err
}

// usual is what a browser is told unless its owner says otherwise.
func usual() []outbox.Kind {
	return []outbox.Kind{outbox.Opened, outbox.Assigned, outbox.Warning, outbox.Breach, outbox.Unreached}
}

// last is when a browser was told last, and why what waits was not taken yet.
func (h Handlers) last(ctx context.Context, id string) (at time.Time, waiting string, err error) {
	for _, s := range []outbox.State{outbox.Sent, outbox.Waiting, outbox.Dead} {
		list, err := h.Store.Messages(ctx, outbox.Filter{Endpoint: id, State: s, Limit: 1})
		if err != nil {
			return at, "", fmt.Errorf("reading what a browser was told: %w", err)
		}
		if len(list) == 0 {
			continue
		}
		if s == outbox.Sent {
			at = list[0].SentAt
		} else if waiting == "" {
			waiting = list[0].Error
		}
	}
	return at, waiting, nil
}

// own are the browsers of whoever asks, and how many the house has.
func (h Handlers) own(r *ui.Request) (own []outbox.Endpoint, all int, err error) {
	list, err := h.Store.Endpoints(r.Context())
	if err != nil {
		return nil, 0, fmt.Errorf("reading the browsers: %w", err)
	}
	for _, e := range list {
		if e.Template != outbox.Push {
			continue
		}
		if all++; e.Owner == r.User.Name {
			own = append(own, e)
		}
	}
	return own, all, nil
}

// alone tells whether push would be the only way to an engineer: no telephone of his can be rung.
func (h Handlers) alone(r *ui.Request) (bool, error) {
	if r.User.Engineer == "" {
		return false, nil
	}
	list, err := h.Store.Engineers(r.Context())
	if err != nil {
		return false, fmt.Errorf("reading the engineers: %w", err)
	}
	return !slices.ContainsFunc(list, func(e oncall.Engineer) bool { return string(e.ID) == r.User.Engineer && len(e.Phones) > 0 }), nil
}

// add has a browser told. The same browser again is told what the form says now.
func (h Handlers) add(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	problem := func(id string) (*ui.Page, error) {
		return h.show(r, page{Status: http.StatusUnprocessableEntity, Problem: r.T(id)})
	}
	if alone, err := h.alone(r); err != nil || alone {
		if alone {
			return problem("browsers-alone")
		}
		return nil, err
	}
	if h.Key == "" {
		return problem("browsers-off")
	}
	e, err := h.read(r)
	switch {
	case errors.Is(err, push.ErrAddress) || errors.Is(err, push.ErrKeys):
		return problem("browsers-unfit")
	case err != nil:
		return problem("browsers-quiet-wrong")
	case len(e.Kinds) == 0:
		return problem("browsers-nothing")
	}
	own, all, err := h.own(r)
	if err != nil {
		return nil, err
	}
	stands, err := h.Store.Endpoint(r.Context(), e.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return nil, fmt.Errorf("reading a browser: %w", err)
	}
	if e.Version = stands.Version; (stands.Owner != r.User.Name && len(own) >= push.MostOf) || (e.Version == 0 && all >= push.Most) {
		return problem("browsers-many")
	}
	if _, err := h.Store.PutEndpoint(r.Context(), e); err != nil && !errors.Is(err, storage.ErrExists) && !errors.Is(err, storage.ErrConflict) { // pressed twice
		return nil, fmt.Errorf("writing a browser: %w", err)
	}
	return h.done(w, r, e.ID, "told")
}

// read reads the form: what the browser says of itself, and what it is to be told.
func (h Handlers) read(r *ui.Request) (outbox.Endpoint, error) {
	e, err := push.Subscription{Address: r.FormValue("address"), P256dh: r.FormValue("p256dh"), Auth: r.FormValue("auth"), Key: h.Key}.Endpoint(r.User.Name, h.Clear)
	if err != nil {
		return e, err
	}
	e.Since = r.Now.UTC()
	e.Values[push.Lang] = string(r.Lang)
	if e.Values[push.Name] = limits.OneLine(strings.TrimSpace(r.FormValue("name")), nameMost); e.Values[push.Name] == "" {
		e.Values[push.Name] = r.T("browsers-browser")
	}
	for _, k := range outbox.Kinds() {
		if slices.Contains(r.Form["kind"], string(k)) {
			e.Kinds = append(e.Kinds, k)
		}
	}
	if r.FormValue("mine") != "" && r.User.Engineer != "" {
		e.Assignees = []string{r.User.Engineer}
	}
	e.Quiet = outbox.Quiet{From: r.FormValue("from"), Until: r.FormValue("until"), Zone: r.Zone.String(), Except: []outbox.Kind{outbox.Breach, outbox.Unreached}}
	if e.Quiet.From == "" && e.Quiet.Until == "" {
		e.Quiet = outbox.Quiet{}
	}
	return e, e.Quiet.Check()
}

// nameMost is how many characters the name of a browser may have.
const nameMost = 60

// mine reads a browser of whoever asks; another one's is not there.
func (h Handlers) mine(r *ui.Request) (outbox.Endpoint, error) {
	e, err := h.Store.Endpoint(r.Context(), r.PathValue("id"))
	if err == nil && (e.Template != outbox.Push || e.Owner != r.User.Name) {
		err = storage.ErrNotFound
	}
	if err != nil {
		return e, fmt.Errorf("reading a browser: %w", err)
	}
	return e, nil
}

// try sends a test message and shows what became of it. A browser that is gone is removed.
func (h Handlers) try(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, err := h.mine(r)
	if err != nil {
		return nil, err
	}
	if h.Outbox == nil || h.Key == "" {
		return h.show(r, page{Status: http.StatusUnprocessableEntity, Problem: r.T("browsers-off")})
	}
	p := page{Tried: e.Values[push.Name]}
	if err := h.Outbox.Try(r.Context(), e, r.Now); err != nil {
		p.Failed = r.Why(err.Error())
		var why *outbox.Failure
		if errors.As(err, &why) && why.Gone {
			if err := h.Store.DeleteEndpoint(context.WithoutCancel(r.Context()), e.ID, e.Version); err != nil && !errors.Is(err, storage.ErrNotFound) {
				return nil, fmt.Errorf("removing a browser: %w", err)
			}
			p.Failed = &translation.Reason{Text: r.T("browsers-gone"), Lang: r.Lang}
		}
	}
	h.log(r, e.ID, "test")
	return h.show(r, p)
}

// remove ends that a browser is told. Pressed twice it is the same.
func (h Handlers) remove(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, err := h.mine(r)
	if err == nil {
		err = h.Store.DeleteEndpoint(r.Context(), e.ID, e.Version)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
		return nil, fmt.Errorf("removing a browser: %w", err)
	}
	return h.done(w, r, r.PathValue("id"), "not told")
}

// done lets the outbox hear of it, and leads back to the page.
func (h Handlers) done(w http.ResponseWriter, r *ui.Request, id, what string) (*ui.Page, error) {
	if h.Outbox != nil {
		h.Outbox.Edited(context.WithoutCancel(r.Context()))
	}
	h.log(r, id, what)
	http.Redirect(w, r.Request, "/browsers", http.StatusSeeOther)
	return nil, nil
}

func (h Handlers) log(r *ui.Request, id, what string) {
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "browser", id, "what", what)
}
