package stored

import (
	"time"

	"hotline/outbox"
	"hotline/sla"
)

// Endpoint is a destination of messages to other systems.
type Endpoint struct {
	ID         string            `json:"id"`
	Template   string            `json:"template"`
	Owner      string            `json:"owner,omitempty"`
	Request    EndpointRequest   `json:"request,omitzero"`
	Values     map[string]string `json:"values,omitempty"`
	Secrets    map[string]string `json:"secrets,omitempty"`
	Kinds      []outbox.Kind     `json:"kinds,omitempty"`
	Contracts  []string          `json:"contracts,omitempty"`
	Categories []sla.Category    `json:"categories,omitempty"`
	Assignees  []string          `json:"assignees,omitempty"`
	Quiet      QuietHours        `json:"quiet,omitzero"`
	Window     time.Duration     `json:"window,omitempty"`
	Paused     bool              `json:"paused,omitempty"`
	Since      time.Time         `json:"since"`
	Version    int               `json:"version"`
}

// EndpointRequest is the form of requests of template own.
type EndpointRequest struct {
	Method  string            `json:"method,omitempty"`
	URL     string            `json:"url,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
}

// QuietHours are when little is told.
type QuietHours struct {
	From   string        `json:"from,omitempty"`
	Until  string        `json:"until,omitempty"`
	Zone   string        `json:"zone,omitempty"`
	Except []outbox.Kind `json:"except,omitempty"`
}

// OfEndpoint is the stored form of an endpoint.
func OfEndpoint(e outbox.Endpoint) Endpoint {
	return Endpoint{e.ID, e.Template, e.Owner, EndpointRequest(e.Request), e.Values, e.Secrets, e.Kinds, e.Contracts, e.Categories, e.Assignees, QuietHours(e.Quiet), e.Window, e.Paused, e.Since, e.Version}
}

// Domain is the endpoint.
func (e Endpoint) Domain() outbox.Endpoint {
	return outbox.Endpoint{
		ID: e.ID, Template: e.Template, Owner: e.Owner, Request: outbox.Request(e.Request), Values: e.Values, Secrets: e.Secrets, Kinds: e.Kinds, Contracts: e.Contracts,
		Categories: e.Categories, Assignees: e.Assignees, Quiet: outbox.Quiet(e.Quiet), Window: e.Window, Paused: e.Paused, Since: e.Since, Version: e.Version,
	}
}
