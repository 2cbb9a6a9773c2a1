// Package alerts is the API of the Alerting Manager: what installed systems report comes in, what is known of it is shown, and
// its documents (policies, mappings, maintenance windows) are kept. Package admin, its one caller, mounts it.
package alerts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/directory"
	"hotline/intake"
	"hotline/intake/format"
	"hotline/storage"
	"hotline/tickets"
)

// Tickets reads a ticket.
type Tickets interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
}

// Config is what the API needs. Everything is required but Intake, without which no alert is taken.
type Config struct {
	Intake  *intake.Intake
	Store   intake.Store
	Tickets Tickets
	// Bound is the contract and the installation that a request's token speaks for; no contract: the token is not bound.
	Bound   func(ctx context.Context) (contract, installation string)
	Now     func() time.Time
	Route   func(method, path, id, summary string) huma.Operation
	Guard   func(in any) error                         // refuses instants that no clock shows
	Explain func(ctx context.Context, err error) error // makes a problem of an error
}

// Mount adds the routes.
func Mount(api huma.API, c Config) {
	c.takeRoute(api)
	c.listRoutes(api)
	c.policyRoutes(api)
	c.mappingRoutes(api)
	c.maintenanceRoutes(api)
}

// serve registers an operation whose errors are explained by the one table of the API.
func serve[I, O any](c Config, api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		if err := c.Guard(in); err != nil {
			return nil, err
		}
		out, err := handle(ctx, in)
		if headers := huma.HeadersError(nil); err != nil && !errors.As(err, &headers) {
			err = c.Explain(ctx, err)
		}
		return out, err
	})
}

type answer[T any] struct{ Body T }

// takeInput is a message of a monitoring system.
type takeInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	Source         string `path:"source" maxLength:"63" doc:"native, alertmanager, cloudevents, grafana, zabbix, checkmk, icinga, uptime-kuma, or the name of a mapping"`
	Contract       string `query:"contract" maxLength:"100" doc:"Whose the installation is, where the token is one of staff; a token of scope alerts is bound to its contract"`
	Installation   string `query:"installation" maxLength:"100" doc:"Which of the contract's installations, where neither the token nor the alerts say it"`
	RawBody        []byte `contentType:"application/json"`

	headers http.Header
}

// Resolve keeps the headers: CloudEvents in binary mode say there what they are.
func (in *takeInput) Resolve(c huma.Context) []error {
	in.headers = http.Header{}
	c.EachHeader(func(name, value string) { in.headers.Add(name, value) })
	return nil
}

// OutcomeView is what became of a message's alerts; each is counted once.
type OutcomeView struct {
	Opened    int     `json:"opened" doc:"Got a ticket of their own"`
	Joined    int     `json:"joined" doc:"Joined the ticket of a storm of alerts of their installation"`
	Repeated  int     `json:"repeated" doc:"Known already"`
	Reopened  int     `json:"reopened" doc:"Began again a moment after their end"`
	Resolved  int     `json:"resolved" doc:"Are over"`
	Unmatched int     `json:"unmatched" doc:"Are over, and were not known to fire: nothing is done"`
	Ignored   int     `json:"ignored" doc:"Open no ticket, by the policy or because they are no alerts"`
	Held      int     `json:"held" doc:"Open no ticket while maintenance goes on"`
	Truncated int     `json:"truncated" doc:"Which the source says it left out of the message"`
	Tickets   []int64 `json:"tickets" nullable:"false" doc:"Concerned"`
}

func (c Config) takeRoute(api huma.API) {
	op := c.Route(http.MethodPost, "/alerts/{source}", "take-alerts", "Take what an installed system reports")
	op.Errors = append(op.Errors, http.StatusTooManyRequests)
	op.SkipValidateBody = true // the format reads it
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Description: "The message, as the source sends it: see docs/alerts.md"}},
	}}
	serve(c, api, op, c.take)
}

func (c Config) take(ctx context.Context, in *takeInput) (*answer[OutcomeView], error) {
	now := c.Now()
	batch, err := c.read(ctx, in, now)
	if err != nil {
		return nil, err
	}
	o, err := c.origin(ctx, in)
	if err != nil {
		return nil, err
	}
	became, err := c.Intake.Take(ctx, o, batch, now)
	switch {
	case errors.Is(err, intake.ErrBusy):
		return nil, huma.ErrorWithHeaders(huma.Error429TooManyRequests(err.Error()), http.Header{"Retry-After": {"5"}})
	case errors.Is(err, intake.ErrContract):
		return nil, problem.Refused("query.contract", err.Error())
	case errors.Is(err, storage.ErrDown), errors.Is(err, storage.ErrBusy):
		return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("the store cannot be reached now; send the alerts again"), http.Header{"Retry-After": {"10"}})
	case err != nil:
		return nil, err
	}
	v := OutcomeView{
		Opened: became.Opened, Joined: became.Joined, Repeated: became.Repeated, Reopened: became.Reopened, Resolved: became.Resolved,
		Unmatched: became.Unmatched, Ignored: became.Ignored, Held: became.Held, Truncated: batch.Truncated, Tickets: []int64{},
	}
	for _, n := range became.Tickets {
		v.Tickets = append(v.Tickets, int64(n))
	}
	return &answer[OutcomeView]{v}, nil
}

// read reads a message by its format, or by the mapping of that name.
func (c Config) read(ctx context.Context, in *takeInput, now time.Time) (intake.Batch, error) {
	batch, err := format.Read(in.Source, in.headers, in.RawBody)
	if errors.Is(err, format.ErrUnknown) {
		var m intake.Mapping
		if m, err = c.Intake.Mapping(ctx, in.Source, now); errors.Is(err, storage.ErrNotFound) {
			return batch, huma.Error404NotFound(fmt.Sprintf("there is neither a format nor a mapping %q; write a mapping with PUT /api/v1/alert-mappings/%s", in.Source, in.Source))
		}
		if err != nil {
			return batch, err
		}
		compiled, broken := format.Compile(m)
		if broken != nil {
			return batch, huma.Error409Conflict(fmt.Sprintf("the mapping %s does not work: %v", m.ID, broken))
		}
		batch, err = compiled.Read(ctx, in.RawBody)
	}
	var wrong *format.Error
	if errors.As(err, &wrong) {
		at := "body"
		if wrong.At != "" {
			at += "." + wrong.At
		}
		return batch, problem.Refused(at, wrong.Problem)
	}
	return batch, err
}

// origin is whom a message speaks for.
func (c Config) origin(ctx context.Context, in *takeInput) (intake.Origin, error) {
	contract, installation := c.Bound(ctx)
	switch {
	case contract != "" && in.Contract != "" && in.Contract != contract:
		return intake.Origin{}, huma.Error403Forbidden("this token speaks for contract " + contract + " alone")
	case contract == "" && in.Contract == "":
		return intake.Origin{}, problem.Refused("query.contract", "say whose installation it is, or use a token that is bound to a contract: hotline token add NAME --scope alerts --contract ID")
	case contract == "":
		contract = in.Contract
	}
	if installation == "" {
		installation = in.Installation
	}
	return intake.Origin{Contract: directory.ContractID(contract), Installation: installation, Source: in.Source}, nil
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
