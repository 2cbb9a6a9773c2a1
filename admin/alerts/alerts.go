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

	"hotline/admin/operation"
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
	Bound func(ctx context.Context) (contract, installation string)
	Now   func() time.Time

	// of Mount
	set    operation.Set
	mapper *format.Mapper
}

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	c.set, c.mapper = set, format.NewMapper()
	c.takeRoute()
	c.listRoutes()
	c.policyRoutes()
	c.mappingRoutes()
	c.maintenanceRoutes()
}

type answer[T any] struct{ Body T }

// takeInput is a message of a monitoring system.
type takeInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	Source         string `path:"source" maxLength:"63" doc:"native, alertmanager, cloudevents, grafana, zabbix, checkmk, icinga, uptime-kuma, snmp, syslog, or the name of a mapping"`
	Contract       string `query:"contract" maxLength:"100" doc:"Whose the installation is, where the token is one of staff; a token of scope alerts is bound to its contract"`
	Installation   string `query:"installation" maxLength:"100" doc:"Which of the contract's installations, where the token does not say it; it goes before what the alerts say"`
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
	Waiting   int     `json:"waiting" doc:"Open no ticket for now: they depend on another problem, and wait for it or stand in its ticket"`
	Truncated int     `json:"truncated" doc:"Which the source says it left out of the message"`
	Tickets   []int64 `json:"tickets" nullable:"false" doc:"Concerned"`
}

func (c Config) takeRoute() {
	op := c.set.Route(http.MethodPost, "/alerts/{source}", "take-alerts", "Take what an installed system reports")
	op.SkipValidateBody = true // the format reads it
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: &huma.Schema{Description: "The message, as the source sends it: see docs/alerts.md"}},
	}}
	operation.Serve(c.set, op, c.take)
}

func (c Config) take(ctx context.Context, in *takeInput) (*answer[OutcomeView], error) {
	now := c.Now()
	batch, became, err := c.taken(ctx, in, now)
	switch {
	case errors.Is(err, intake.ErrContract):
		return nil, problem.Refused("query.contract", err.Error())
	case errors.Is(err, intake.ErrBusy): // 503, as for all that passes: Alertmanager's webhook sends nothing again after a 4xx
		return nil, again(err.Error(), "5")
	case errors.Is(err, storage.ErrDown), errors.Is(err, storage.ErrBusy), errors.Is(err, storage.ErrConflict):
		return nil, again("the store cannot be reached now; send the alerts again", "10")
	case err != nil:
		return nil, err
	}
	v := OutcomeView{
		Opened: became.Opened, Joined: became.Joined, Repeated: became.Repeated, Reopened: became.Reopened, Resolved: became.Resolved,
		Unmatched: became.Unmatched, Ignored: became.Ignored, Held: became.Held, Waiting: became.Waiting, Truncated: batch.Truncated, Tickets: []int64{},
	}
	for _, n := range became.Tickets {
		v.Tickets = append(v.Tickets, int64(n))
	}
	return &answer[OutcomeView]{v}, nil
}

// again tells the sender to send the message again after so many seconds.
func again(why, seconds string) error {
	return huma.ErrorWithHeaders(huma.Error503ServiceUnavailable(why), http.Header{"Retry-After": {seconds}})
}

// taken reads a message, and hands it in.
func (c Config) taken(ctx context.Context, in *takeInput, now time.Time) (batch intake.Batch, became intake.Outcome, err error) {
	if batch, err = c.read(ctx, in, now); err != nil {
		return batch, became, err
	}
	o, err := c.origin(ctx, in)
	if err != nil {
		return batch, became, err
	}
	became, err = c.Intake.Take(ctx, o, batch, now)
	return batch, became, err
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
		var broken error
		if batch, broken, err = c.mapper.Read(ctx, m, in.RawBody); broken != nil {
			return batch, huma.Error409Conflict(fmt.Sprintf("the mapping %s does not work: %v", m.ID, broken))
		}
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
