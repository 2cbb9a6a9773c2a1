// Package heartbeats is the pages on which administrators write what is expected of which job, see before saving when the next beat is
// expected, and give a heartbeat its key (docs/alerts.md). Everybody sees how each stands.
package heartbeats

import (
	"context"
	"embed"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"hotline/heartbeat"
	"hotline/users"
	"hotline/web/ui"
)

// Keeper keeps heartbeats. *heartbeat.Keeper is it.
type Keeper interface {
	Edited(ctx context.Context, id string, was heartbeat.Heartbeat, now time.Time) error
	Rekey(ctx context.Context, id string, now time.Time) (key string, err error)
	Remove(ctx context.Context, id string, version int, now time.Time) error
}

// Handlers answers these pages. It is what the pages need. Everything is required but Keeper, without which no key is given.
type Handlers struct {
	Store    heartbeat.Store
	Keeper   Keeper
	Contract func(id string) bool                                // tells whether there is one
	Link     func(q *http.Request, path string) (address string) // as others reach it
	Log      *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	admins, doc := []users.Role{users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /heartbeats", Roles: users.Roles(), Serve: h.list},
		{Pattern: "GET /heartbeats/new", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /heartbeats", Roles: admins, Serve: doc.Write},
		{Pattern: "GET /heartbeats/{id}", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /heartbeats/{id}", Roles: admins, Serve: doc.Write},
		{Pattern: "POST /heartbeats/{id}/remove", Roles: admins, Serve: doc.Remove},
		{Pattern: "POST /heartbeats/{id}/key", Roles: admins, Serve: h.rekey},
	}
}

// row is a heartbeat, and how it stands.
type row struct {
	heartbeat.Heartbeat
	State   string
	Bad     bool
	Last    string // empty: never
	Next    string // empty: nothing is expected
	Why     string
	Keyless bool
}

// listPage lists them.
type listPage struct {
	ui.View
	Rows []row
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.Store.Heartbeats(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the heartbeats: %w", err)
	}
	beats, err := h.Store.Beats(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading how heartbeats stand: %w", err)
	}
	of := map[string]heartbeat.Beat{}
	for _, b := range beats {
		of[b.ID] = b
	}
	p := listPage{View: r.View}
	for _, one := range all {
		p.Rows = append(p.Rows, rowOf(r, one, of[one.ID]))
	}
	return pages().Page("heartbeats", r.T("heartbeats"), p)
}

func rowOf(r *ui.Request, h heartbeat.Heartbeat, b heartbeat.Beat) row {
	state := b.Standing(r.Now)
	v := row{Heartbeat: h, State: r.T("heartbeats-state-" + state), Bad: state == "down" || state == "late", Why: b.State.Why, Keyless: b.KeyHash == [32]byte{}}
	if !b.State.Last.IsZero() {
		v.Last = r.Clock(b.State.Last)
	}
	if !b.State.Expected.IsZero() {
		v.Next = words(r, h.Rule, b.State.Expected)
	}
	return v
}

// words tells an instant in the zone of a schedule; of a period in that of the page.
func words(r *ui.Request, rule heartbeat.Rule, at time.Time) string {
	zone, err := time.LoadLocation(rule.Zone)
	if rule.Zone == "" || err != nil {
		zone = r.Zone
	}
	v := r.View
	v.Zone = zone
	return v.Clock(at) + ", " + zone.String()
}

// besidePage is what stands below the form of a heartbeat.
type besidePage struct {
	ui.View
	row
	Signals []heartbeat.Signal // the newest first
}

func (h Handlers) beside(r *ui.Request, v heartbeat.Heartbeat) (template.HTML, error) {
	b, err := h.Store.Beat(r.Context(), v.ID)
	if err != nil {
		return "", fmt.Errorf("reading how heartbeat %s stands: %w", v.ID, err)
	}
	signals := slices.Clone(b.State.Signals)
	slices.Reverse(signals)
	page, err := pages().Page("beside", "", besidePage{r.View, rowOf(r, v, b), signals})
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// keyPage shows a key, once.
type keyPage struct {
	ui.View
	ID, Address string
}

// Command says it at the end of a job, with its exit code.
func (p keyPage) Command() string { return "curl -fsS -m 10 --retry 5 " + p.Address + "/$?" }

// rekey gives a heartbeat a new key; the former one is unknown from then on.
func (h Handlers) rekey(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	if h.Keeper == nil {
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "heartbeats-closed"}
	}
	id := r.PathValue("id")
	key, err := h.Keeper.Rekey(r.Context(), id, r.Now)
	if err != nil {
		return nil, fmt.Errorf("giving heartbeat %s a key: %w", id, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "heartbeat", id, "what", "key")
	return pages().Page("key", r.T("heartbeats-key-of", id), keyPage{r.View, id, h.Link(r.Request, "/ping/"+key)})
}
