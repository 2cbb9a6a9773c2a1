package outgoing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/outbox"
	"hotline/outbox/send"
	"hotline/sla"
	"hotline/storage"
)

// EndpointFields are what administrators write of an endpoint.
type EndpointFields struct {
	Template   string            `json:"template" enum:"webhook,ntfy,gotify,telegram,slack,teams,sms,own" doc:"GET /endpoint-templates shows what each needs"`
	Request    *OwnRequest       `json:"request,omitempty" doc:"Of template own"`
	Values     map[string]string `json:"values,omitempty" maxProperties:"20" doc:"What the template needs, by name"`
	Kinds      []string          `json:"kinds,omitempty" maxItems:"20" doc:"Of what it is told, such as ticket.opened; left out: of all"`
	Contracts  []string          `json:"contracts,omitempty" maxItems:"1000" doc:"Of whose tickets; left out: of all, also of those without a contract"`
	Categories []string          `json:"categories,omitempty" maxItems:"10" doc:"Of which categories; left out: of all"`
	Quiet      *QuietHours       `json:"quiet,omitempty" doc:"When it is told of nothing but what cannot wait"`
	Bundle     int               `json:"bundle_seconds,omitempty" minimum:"0" maximum:"3600" doc:"For which messages of one ticket are collected and go out as one; 0: each goes by itself. What is told of a blocking ticket, a breach, and that nobody was reached, never wait"`
	Paused     bool              `json:"paused,omitempty" doc:"It keeps what it is to be told, and sends nothing"`
}

// OwnRequest is a form of request of one's own, in the language of Go's text/template.
type OwnRequest struct {
	Method  string            `json:"method" enum:"GET,POST,PUT"`
	URL     string            `json:"url" minLength:"1" maxLength:"2000"`
	Headers map[string]string `json:"headers,omitempty" maxProperties:"20"`
	Body    string            `json:"body,omitempty" maxLength:"16000"`
}

// QuietHours are a part of each day.
type QuietHours struct {
	From   string   `json:"from" maxLength:"5" doc:"Such as 22:00"`
	Until  string   `json:"until" maxLength:"5" doc:"Such as 07:00; on the next day where it is not after from"`
	Zone   string   `json:"zone,omitempty" maxLength:"60" doc:"Such as Europe/Rome; left out: UTC"`
	Except []string `json:"except,omitempty" maxItems:"20" doc:"What is told all the same, such as ticket.breach"`
}

// EndpointView is an endpoint. Its secrets are never shown.
type EndpointView struct {
	ID string `json:"id"`
	EndpointFields
	Standing EndpointStanding `json:"standing"`
	Version  int              `json:"version"`
}

// EndpointStanding is how an endpoint stands.
type EndpointStanding struct {
	SecretsGiven []string  `json:"secrets_given" nullable:"false" doc:"Names of its secrets, which are never shown"`
	Waiting      int       `json:"waiting" doc:"Messages that were not taken yet"`
	Dead         int       `json:"dead" doc:"Messages that are tried no more: GET /outgoing?state=dead shows why"`
	Since        time.Time `json:"since" doc:"It is told of nothing before"`
}

// EndpointList is every endpoint.
type EndpointList struct {
	Endpoints []EndpointView `json:"endpoints" nullable:"false"`
}

// EndpointTemplate is a form of request that ships.
type EndpointTemplate struct {
	Name    string            `json:"name"`
	About   string            `json:"about"`
	Values  map[string]string `json:"values" doc:"What is to be given, and what it is"`
	Secrets map[string]string `json:"secrets" doc:"The same, never shown again"`
	Request OwnRequest        `json:"request"`
}

// EndpointTemplates are those that ship.
type EndpointTemplates struct {
	Templates []EndpointTemplate `json:"templates" nullable:"false"`
}

// EndpointSecret is a signing secret, shown once.
type EndpointSecret struct {
	Secret string `json:"secret" doc:"What the receiver checks signatures with (Standard Webhooks 1.0). It is shown once"`
}

// EndpointTried is what became of a test message.
type EndpointTried struct {
	Taken bool   `json:"taken"`
	Error string `json:"error,omitempty"`
	Took  int64  `json:"took_milliseconds"`
}

type endpointInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		EndpointFields
		Secrets map[string]string `json:"secrets,omitempty" maxProperties:"20" doc:"By name. One that is left out stays as it is, an empty one ends"`
	}
}

type change struct {
	document.Keyed
	document.ByID
}

func (c Config) endpointRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/endpoints", "list-endpoints", "List the endpoints to which messages go"), c.list)
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/endpoints/{id}", "get-endpoint", "One endpoint"), func(ctx context.Context, in *document.ByID) (*document.Versioned[EndpointView], error) {
		return c.tagged(ctx, in.ID)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/endpoints/{id}", "put-endpoint", "Add or change an endpoint; try it with /endpoints/ID/test"), c.put)
	operation.Serve(c.set, c.set.Route(http.MethodPost, "/endpoints/{id}/secret", "renew-endpoint-secret", "Give a webhook a new signing secret; the former one signs nothing from then on"), c.renew)
	operation.Serve(c.set, c.set.Route(http.MethodPost, "/endpoints/{id}/test", "test-endpoint", "Send a test message, and wait for what becomes of it"), c.try)
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/endpoint-templates", "list-endpoint-templates", "What endpoints there may be, and what each needs"), templates)
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/endpoints/{id}", "remove-endpoint", "Remove an endpoint, with what it was to be told"), "endpoint", func(ctx context.Context, id string) (int, error) {
		e, err := c.Store.Endpoint(ctx, id)
		if err == nil && e.Template == outbox.Bridged {
			err = errBridged
		}
		return e.Version, err
	}, func(ctx context.Context, id string, version int) error {
		err := c.Store.DeleteEndpoint(ctx, id, version)
		c.edited(ctx)
		return err
	})
}

// errBridged refuses to write an endpoint that is not written here.
var errBridged = problem.Refused("path.id", "this endpoint is that of the bridge: its settings stand in the configuration, under bridge")

// edited tells the outbox of this node.
func (c Config) edited(ctx context.Context) {
	if c.Outbox != nil {
		c.Outbox.Edited(ctx)
	}
}

func (c Config) list(ctx context.Context, _ *struct{}) (*answer[EndpointList], error) {
	all, err := c.Store.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := c.Store.CountMessages(ctx)
	list := EndpointList{[]EndpointView{}}
	for _, e := range systems(all) {
		list.Endpoints = append(list.Endpoints, view(e, counts[e.ID]))
	}
	return &answer[EndpointList]{list}, err
}

// systems are the endpoints without the browsers of the staff, each of which is its owner's alone.
func systems(all []outbox.Endpoint) []outbox.Endpoint {
	return slices.DeleteFunc(all, func(e outbox.Endpoint) bool { return e.Template == outbox.Push })
}

// endpoint reads one that is no browser of the staff.
func (c Config) endpoint(ctx context.Context, id string) (outbox.Endpoint, error) {
	e, err := c.Store.Endpoint(ctx, id)
	if err == nil && e.Template == outbox.Push {
		err = fmt.Errorf("endpoint %s is a browser of the staff: %w", id, storage.ErrNotFound)
	}
	return e, err
}

func (c Config) tagged(ctx context.Context, id string) (*document.Versioned[EndpointView], error) {
	e, err := c.endpoint(ctx, id)
	if err != nil {
		return nil, err
	}
	counts, err := c.Store.CountMessages(ctx)
	return document.Tagged(view(e, counts[e.ID]), e.Version, err)
}

// kind is how endpoints are read and written.
func (c Config) kind() document.Kind[outbox.Endpoint] {
	return document.Kind[outbox.Endpoint]{Read: c.Store.Endpoint, Put: c.Store.PutEndpoint, Version: func(e *outbox.Endpoint) *int { return &e.Version }}
}

func (c Config) put(ctx context.Context, in *endpointInput) (*document.Versioned[EndpointView], error) {
	_, err := c.kind().Do(ctx, document.Edit{Precondition: in.Precondition, Name: "endpoint " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(ctx context.Context, stands outbox.Endpoint) (outbox.Endpoint, error) {
		if stands.Template == outbox.Bridged {
			return stands, errBridged
		}
		if stands.Template == outbox.Push {
			return stands, problem.Refused("path.id", "this is a browser of the staff: its owner says on the page Browsers what it is told")
		}
		next := in.Body.domain(in.ID, stands)
		for name, secret := range in.Body.Secrets {
			next.Secrets[name] = secret
			if secret == "" {
				delete(next.Secrets, name)
			}
		}
		if stands.Version == 0 {
			next.Since = c.Now().UTC()
			if all, err := c.Store.Endpoints(ctx); err != nil {
				return next, err
			} else if len(systems(all)) >= outbox.MostEndpoints {
				return next, problem.Refused("path.id", fmt.Sprintf("there are %d endpoints already, which is the most; remove one before", outbox.MostEndpoints))
			}
		}
		return next, c.sound(next)
	})
	if err != nil {
		return nil, err
	}
	c.edited(ctx)
	return c.tagged(ctx, in.ID)
}

// domain is the endpoint as its fields have it. Its secrets stay.
func (f EndpointFields) domain(id string, stands outbox.Endpoint) outbox.Endpoint {
	e := outbox.Endpoint{
		ID: id, Template: f.Template, Values: f.Values, Secrets: map[string]string{}, Kinds: kinds(f.Kinds), Contracts: f.Contracts, Window: time.Duration(f.Bundle) * time.Second, Paused: f.Paused, Since: stands.Since,
	}
	maps.Copy(e.Secrets, stands.Secrets)
	for _, name := range f.Categories {
		e.Categories = append(e.Categories, sla.Category(name))
	}
	if f.Request != nil {
		e.Request = outbox.Request{Method: f.Request.Method, URL: f.Request.URL, Headers: f.Request.Headers, Body: f.Request.Body}
	}
	if f.Quiet != nil {
		e.Quiet = outbox.Quiet{From: f.Quiet.From, Until: f.Quiet.Until, Zone: f.Quiet.Zone, Except: kinds(f.Quiet.Except)}
	}
	return e
}

func kinds(names []string) (list []outbox.Kind) {
	for _, name := range names {
		list = append(list, outbox.Kind(name))
	}
	return list
}

// sound refuses an endpoint that could be told nothing, by its field.
func (c Config) sound(e outbox.Endpoint) error {
	err := send.Sound(e, c.Contract)
	var wrong *send.WrongError
	if errors.As(err, &wrong) {
		return problem.Refused(strings.TrimSuffix("body."+wrong.Field, "."), wrong.Problem)
	}
	return err
}

// renew makes a signing secret of 256 bits.
func (c Config) renew(ctx context.Context, in *change) (*answer[EndpointSecret], error) {
	secret := send.NewSecret()
	_, err := c.kind().Do(ctx, document.Edit{Name: "endpoint " + in.ID, ID: in.ID, Changes: true, Merges: true}, func(_ context.Context, stands outbox.Endpoint) (outbox.Endpoint, error) {
		if stands.Template != outbox.Webhook {
			return stands, problem.Refused("path.id", "only webhooks sign; this endpoint's secrets come from its receiver")
		}
		next := stands.Clone()
		if next.Secrets == nil {
			next.Secrets = map[string]string{}
		}
		next.Secrets[send.SigningSecret] = secret
		return next, nil
	})
	if err != nil {
		return nil, err
	}
	c.edited(ctx)
	return &answer[EndpointSecret]{EndpointSecret{secret}}, nil
}

func (c Config) try(ctx context.Context, in *change) (*answer[EndpointTried], error) {
	if c.Outbox == nil {
		return nil, errNone
	}
	e, err := c.Store.Endpoint(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	began := c.Now()
	err = c.Outbox.Try(ctx, e, began)
	tried := EndpointTried{Taken: err == nil, Took: c.Now().Sub(began).Milliseconds()}
	if err != nil {
		tried.Error = err.Error()
	}
	return &answer[EndpointTried]{tried}, nil
}

func templates(context.Context, *struct{}) (*answer[EndpointTemplates], error) {
	list := EndpointTemplates{[]EndpointTemplate{}}
	for _, t := range send.Templates() {
		list.Templates = append(list.Templates, EndpointTemplate{t.Name, t.About, t.Values, t.Secrets, OwnRequest{t.Method, t.URL, t.Headers, t.Body}})
	}
	return &answer[EndpointTemplates]{list}, nil
}

func view(e outbox.Endpoint, counts map[outbox.State]int) EndpointView {
	v := EndpointView{
		ID: e.ID, Version: e.Version,
		Standing:       EndpointStanding{slices.AppendSeq([]string{}, maps.Keys(e.Secrets)), counts[outbox.Waiting], counts[outbox.Dead], e.Since},
		EndpointFields: EndpointFields{Template: e.Template, Values: e.Values, Kinds: names(e.Kinds), Contracts: e.Contracts, Categories: names(e.Categories), Bundle: int(e.Window / time.Second), Paused: e.Paused},
	}
	slices.Sort(v.Standing.SecretsGiven)
	if e.Request.Method != "" {
		v.Request = &OwnRequest{e.Request.Method, e.Request.URL, e.Request.Headers, e.Request.Body}
	}
	if e.Quiet.From != "" {
		v.Quiet = &QuietHours{e.Quiet.From, e.Quiet.Until, e.Quiet.Zone, names(e.Quiet.Except)}
	}
	return v
}

func names[T ~string](list []T) (names []string) {
	for _, v := range list {
		names = append(names, string(v))
	}
	return names
}
