// Package outgoing is the pages on which administrators write to which other systems messages go, and see what waits and which are dead
// letters, which they can send again (docs/outbox.md).
package outgoing

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"hotline/outbox"
	"hotline/storage"
	"hotline/users"
	"hotline/web/ui"
)

// Outbox sends messages. outbox.Outbox implements it.
type Outbox interface {
	Retry(ctx context.Context, endpoint, id string, now time.Time) (outbox.Message, error)
	RetryAll(ctx context.Context, endpoint string, now time.Time) (int, error)
	Try(ctx context.Context, e outbox.Endpoint, now time.Time) error
	Edited(ctx context.Context)
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store    outbox.Store
	Outbox   Outbox
	Contract func(id string) bool // tells whether there is one
	Log      *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// endpointOctets is as much as the form of an endpoint may have.
const endpointOctets = 512 << 10

// Routes are the pages and their forms: for administrators alone.
func Routes(h Handlers) []ui.Route {
	admins, doc := []users.Role{users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /outgoing", Roles: admins, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return h.show(r, "", nil) }},
		{Pattern: "GET /outgoing/new", Roles: admins, Serve: h.add},
		{Pattern: "POST /outgoing", Roles: admins, Most: endpointOctets, Serve: doc.Write},
		{Pattern: "GET /outgoing/{id}", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /outgoing/{id}", Roles: admins, Most: endpointOctets, Serve: doc.Write},
		{Pattern: "POST /outgoing/{id}/remove", Roles: admins, Serve: doc.Remove},
		{Pattern: "POST /outgoing/{id}/secret", Roles: admins, Serve: h.renew},
		{Pattern: "POST /outgoing/{endpoint}/test", Roles: admins, Serve: h.try},
		{Pattern: "POST /outgoing/{endpoint}/retry", Roles: admins, Serve: h.retryAll},
		{Pattern: "POST /outgoing/{endpoint}/messages/{id}/retry", Roles: admins, Serve: h.retry},
	}
}

// shownMost is how many messages of a kind the page shows; the API has them all.
const shownMost = 100

// page lists endpoints and messages.
type page struct {
	ui.View
	Endpoints     []endpoint
	Dead, Waiting []outbox.Message
	Tried         string // the endpoint that was sent a test message; empty: none
	Failed        string // why it was not taken; empty: it was
}

// Tells is what a message tells, in the page's language.
func (p page) Tells(k outbox.Kind) string {
	if slices.Contains(outbox.Kinds(), k) {
		return p.T("outgoing-kind-" + string(k))
	}
	return string(k)
}

// endpoint is one, with how many of its messages wait and are dead letters.
type endpoint struct {
	ID, Template  string
	Written       bool // here; the others are written by their owners, or stand in the configuration
	Paused        bool
	Waiting, Dead int
}

func (h Handlers) show(r *ui.Request, tried string, failed error) (*ui.Page, error) {
	ctx := r.Context()
	p := page{View: r.View, Tried: tried}
	if failed != nil {
		p.Failed = failed.Error()
	}
	all, err := h.Store.Endpoints(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the endpoints: %w", err)
	}
	counts, err := h.Store.CountMessages(ctx)
	if err != nil {
		return nil, fmt.Errorf("counting messages to other systems: %w", err)
	}
	for _, e := range all {
		form := e.Template
		if e.Owner != "" { // whose browser it is
			form += ", " + e.Owner
		}
		p.Endpoints = append(p.Endpoints, endpoint{e.ID, form, e.Template != outbox.Push && e.Template != outbox.Bridged, e.Paused, counts[e.ID][outbox.Waiting], counts[e.ID][outbox.Dead]})
	}
	for state, list := range map[outbox.State]*[]outbox.Message{outbox.Dead: &p.Dead, outbox.Waiting: &p.Waiting} {
		if *list, err = h.Store.Messages(ctx, outbox.Filter{State: state, Limit: shownMost}); err != nil {
			return nil, fmt.Errorf("reading messages to other systems: %w", err)
		}
	}
	return pages().Page("outgoing", r.T("page-outgoing"), p)
}

// try sends a test message and shows what became of it.
func (h Handlers) try(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, err := h.Store.Endpoint(r.Context(), r.PathValue("endpoint"))
	if err != nil {
		return nil, fmt.Errorf("reading an endpoint: %w", err)
	}
	h.log(r, "test")
	return h.show(r, e.ID, h.Outbox.Try(r.Context(), e, r.Now))
}

func (h Handlers) retry(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	_, err := h.Outbox.Retry(r.Context(), r.PathValue("endpoint"), r.PathValue("id"), r.Now)
	return h.sent(w, r, err)
}

func (h Handlers) retryAll(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	_, err := h.Outbox.RetryAll(r.Context(), r.PathValue("endpoint"), r.Now)
	return h.sent(w, r, err)
}

// sent leads back to the list. That somebody else has sent it meanwhile is no error.
func (h Handlers) sent(w http.ResponseWriter, r *ui.Request, err error) (*ui.Page, error) {
	if err != nil && !errors.Is(err, storage.ErrConflict) {
		return nil, fmt.Errorf("sending a message again: %w", err)
	}
	h.log(r, "send again")
	http.Redirect(w, r.Request, "/outgoing", http.StatusSeeOther)
	return nil, nil
}

func (h Handlers) log(r *ui.Request, what string) {
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "endpoint", r.PathValue("endpoint"), "what", what)
}
