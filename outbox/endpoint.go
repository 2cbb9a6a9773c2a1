package outbox

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"hotline/audit"
	"hotline/sla"
)

// Endpoint is one destination outside the house: where messages go, in which form, which of them, and when it wants none.
type Endpoint struct {
	ID string
	// Template names the form of the request: Webhook, a template that ships, Own, or Push.
	Template string
	Owner    string            // of template Push: the user of the pages whose browser it is
	Request  Request           // of template Own alone
	Values   map[string]string // what the template's gaps are filled with, such as "url" and "topic"
	Secrets  map[string]string // the same, and never shown again; a webhook's is "signing"
	// Kinds, Contracts, Categories and Assignees say of what it is told; an empty list: of all.
	Kinds      []Kind
	Contracts  []string
	Categories []sla.Category
	Assignees  []string // engineers who have taken charge of the ticket
	Quiet      Quiet
	Window     time.Duration // for which messages of one ticket are collected, and go out as one; 0: each goes by itself; LongestWindow at most
	Paused     bool          // it keeps what it is to be told, and sends nothing
	Since      time.Time     // it is told of nothing that happened before
	Version    int
}

// The templates that do not ship as data.
const (
	Webhook = "webhook" // Standard Webhooks 1.0: the payload as JSON, signed
	Own     = "own"     // Endpoint.Request
	Bridged = "zammad"  // the bridge with another ticket system: its settings stand in the configuration
	Push    = "push"    // a browser of the staff; its owner alone writes it
)

// MostEndpoints is how many there may be beside browsers.
const MostEndpoints = 50

// Request is an HTTP request whose parts are text/template: data, and no code. See package send for what stands in them.
type Request struct {
	Method  string
	URL     string
	Headers map[string]string
	Body    string
}

// Clone shares nothing with the endpoint.
func (e Endpoint) Clone() Endpoint {
	e.Values, e.Secrets, e.Request.Headers = maps.Clone(e.Values), maps.Clone(e.Secrets), maps.Clone(e.Request.Headers)
	e.Kinds, e.Contracts, e.Categories, e.Assignees = slices.Clone(e.Kinds), slices.Clone(e.Contracts), slices.Clone(e.Categories), slices.Clone(e.Assignees)
	e.Quiet.Except = slices.Clone(e.Quiet.Except)
	return e
}

// Wants tells whether the endpoint is told of a payload.
func (e Endpoint) Wants(p Payload) bool {
	return e.names(p.Type) && wants(e.Contracts, p.Data.Ticket.Contract) && wants(e.Categories, sla.Category(p.Data.Ticket.Category)) &&
		wants(e.Assignees, p.Data.Ticket.Assignee) &&
		!p.Timestamp.Before(e.Since.Truncate(time.Second))
}

// names tells whether the endpoint is told of a kind.
func (e Endpoint) names(k Kind) bool { return wants(e.Kinds, k) && (k != Noted || len(e.Kinds) > 0) }

// wants tells whether a list that is empty for all names a value.
func wants[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

// Quiet are the hours of each day in which an endpoint is told of nothing but what cannot wait. The zero value is no such hours.
type Quiet struct {
	From, Until string // times of day, such as "22:00"; the end may lie on the next day
	Zone        string // of the tz database; empty: UTC
	Except      []Kind // what is told all the same
}

// Check finds what is wrong with quiet hours.
func (q Quiet) Check() error {
	if q.From == "" && q.Until == "" {
		return nil
	}
	for _, at := range []string{q.From, q.Until} {
		if _, err := time.Parse("15:04", at); err != nil {
			return fmt.Errorf("%q is no time of day: write two of them, such as 22:00 and 07:00", at)
		}
	}
	if q.From == q.Until {
		return fmt.Errorf("quiet hours from %s until %s would never end: pause the endpoint for that", q.From, q.Until)
	}
	if _, err := sla.Zone(q.Zone); err != nil && q.Zone != "" {
		return fmt.Errorf("%q is no time zone: write one such as Europe/Rome", q.Zone)
	}
	return nil
}

// End is when something of a kind may be told that comes at an instant: the instant itself outside the quiet hours, else their end.
func (q Quiet) End(k Kind, at time.Time) time.Time {
	from, err := time.Parse("15:04", q.From)
	until, wrong := time.Parse("15:04", q.Until)
	zone, unknown := time.LoadLocation(q.Zone)
	if err != nil || wrong != nil || unknown != nil || slices.Contains(q.Except, k) {
		return at
	}
	local := at.In(zone)
	for day := -1; day <= 0; day++ { // those that began yesterday, and today's
		on := func(t time.Time, day int) time.Time {
			return time.Date(local.Year(), local.Month(), local.Day()+day, t.Hour(), t.Minute(), 0, 0, zone)
		}
		begin, end := on(from, day), on(until, day)
		if !until.After(from) {
			end = on(until, day+1)
		}
		if !at.Before(begin) && at.Before(end) {
			return end.UTC()
		}
	}
	return at
}

// AuditedAgain is the record of messages to an endpoint that somebody sends again.
func AuditedAgain(endpoint string) audit.Record {
	return audit.Record{What: audit.SentAgain, Document: audit.Document{Kind: "endpoint", ID: endpoint}}
}
