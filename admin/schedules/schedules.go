// Package schedules is the API of on-call work: rotas beside the main one, absences, escalation policies, contacts, proofs, who
// is on call at an instant, readiness, replay, and the calendar feed. Package admin, its one caller, mounts it.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// Directory is what the API reads of customers' terms.
type Directory interface {
	Calendars(ctx context.Context) ([]sla.Calendar, error)
}

// documents is escalation.Store under a name of its own, beside oncall.Store in one struct.
type documents interface{ escalation.Store }

// Tickets reads what was called out for.
type Tickets interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	History(ctx context.Context, n tickets.Number) ([]tickets.Event, error)
}

// Calls reads the records of calls.
type Calls interface {
	Calls(ctx context.Context, f cdr.Filter) (paging.Page[cdr.Call], error)
}

// Config is what the API needs. Everything is required.
type Config struct {
	Oncall    oncall.Store
	Store     escalation.Store
	Defaults  escalation.Defaults
	Directory Directory
	Tickets   Tickets
	Calls     Calls
	Telephone func(address string) (spelt string, err error) // checks a telephone and gives it as it is kept
	Staff     func(ctx context.Context) string               // who acts
	Now       func() time.Time
	Route     func(method, path, id, summary string) huma.Operation
	Guard     func(in any) error                         // refuses instants that no clock shows
	Explain   func(ctx context.Context, err error) error // makes a problem of an error
}

// Mount adds the routes.
func Mount(api huma.API, c Config) {
	c.rotaRoutes(api)
	c.absenceRoutes(api)
	c.policyRoutes(api)
	c.contactRoutes(api)
	c.proofRoutes(api)
	c.onCallRoutes(api)
	c.feedRoute(api)
}

// serve registers an operation whose errors are explained by the one table of the API.
func serve[I, O any](c Config, api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := c.Guard(in); err != nil {
			return nil, err
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, c.Explain(ctx, err)
		}
		return out, nil
	})
}

// ByID is an address with the id of a document.
type ByID struct {
	ID string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
}

// Write is the head of every write of a document.
type Write struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	document.Precondition
	ByID
}

type answer[T any] struct{ Body T }

type versioned[T any] struct {
	ETag string `header:"ETag" doc:"Of the version; sent back as If-Match it keeps an edit from undoing another one"`
	Body T
}

func tagged[T any](v T, version int, err error) (*versioned[T], error) {
	if err != nil {
		return nil, err
	}
	return &versioned[T]{document.Tag(version), v}, nil
}

func refused(location string, err error) error {
	text := err.Error()
	for _, sentinel := range []error{rota.ErrRota, escalation.ErrPolicy} {
		text = strings.TrimSuffix(text, ": "+sentinel.Error())
	}
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Message: text})
}

// removes registers the deletion of a document: the version that If-Match names, else whichever stands.
func removes(c Config, api huma.API, path, id, summary, name string, stands func(ctx context.Context, id string) (int, error), remove func(ctx context.Context, id string, version int) error) {
	op := c.Route(http.MethodDelete, path, id, summary)
	op.DefaultStatus = http.StatusNoContent
	serve(c, api, op, func(ctx context.Context, in *Write) (*struct{}, error) {
		version, err := stands(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		if in.IfMatch == "" || in.IfMatch == "*" {
			version = 0
		}
		if err := in.Check(name+" "+in.ID, max(version, 1)); err != nil {
			return nil, err
		}
		return nil, remove(ctx, in.ID, version)
	})
}

// engineer reads an engineer whose document is asked for.
func (c Config) engineer(ctx context.Context, id string) (oncall.Engineer, error) {
	e, err := c.Oncall.Engineer(ctx, oncall.EngineerID(id))
	if err != nil {
		return e, fmt.Errorf("engineer %s: %w", id, err)
	}
	return e, nil
}

// orNone makes an empty document of one that was never written.
func orNone[T any](v T, err error) (T, error) {
	if errors.Is(err, storage.ErrNotFound) {
		return v, nil
	}
	return v, err
}

// facts reads what plans are made of.
func (c Config) facts(ctx context.Context) (f escalation.Facts, broken error, err error) {
	d, err := escalation.Read(ctx, struct {
		oncall.Store
		documents
		Directory
	}{c.Oncall, c.Store, c.Directory})
	if err != nil {
		return f, nil, err
	}
	f, broken = d.Facts()
	f.Defaults = c.Defaults
	return f, broken, nil
}

// known are the calendars that rotas may follow.
func (c Config) known(ctx context.Context) (f rota.Facts, err error) {
	calendars, err := c.Directory.Calendars(ctx)
	f.Calendars = map[sla.CalendarID]*sla.Hours{}
	for _, one := range calendars {
		if h, err := one.Hours(); err == nil {
			f.Calendars[one.ID] = h
		}
	}
	return f, err
}
