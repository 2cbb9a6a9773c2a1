// Package schedules is the API of on-call work: rotas beside the main one, absences, escalation policies, contacts, proofs, who
// is on call at an instant, readiness, replay, and the calendar feed. Package admin, its one caller, mounts it.
package schedules

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/operation"
	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/paging"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/validation"
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
	Legs(ctx context.Context, since, until time.Time) ([]cdr.Leg, error)
}

// Config is what the API needs. Everything is required.
type Config struct {
	Oncall    oncall.Store
	Store     escalation.Store
	Defaults  escalation.Defaults
	Directory Directory
	Tickets   Tickets
	Calls     Calls
	Published storage.Facts                                  // keeps what was published for ever
	Own       func() *sla.Hours                              // of the house; nil where they cannot be read
	Telephone func(address string) (spelt string, err error) // checks a telephone and gives it as it is kept
	Staff     func(ctx context.Context) string               // who acts
	Numbers   []string                                       // telephone numbers of the line
	Now       func() time.Time
	set       operation.Set // of Mount
}

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	c.set = set
	c.rotaRoutes()
	c.absenceRoutes()
	c.policyRoutes()
	c.contactRoutes()
	c.proofRoutes()
	c.onCallRoutes()
	c.feedRoute()
	c.cardRoute()
	c.loadRoute()
}

type answer[T any] struct{ Body T }

func refused(location string, err error) error {
	field, text := validation.Of(err)
	if field != "" && location == "body" {
		location += "." + field
	}
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Message: text})
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
