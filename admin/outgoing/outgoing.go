// Package outgoing is the API of the outbox: the endpoints to which messages go, how the messages stand, and dead letters that are sent
// again (docs/outbox.md). Package admin, its one caller, mounts it.
package outgoing

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/outbox"
)

// Config is what the API needs. Everything is required but Outbox, without which nothing is sent.
type Config struct {
	Store    outbox.Store
	Outbox   *outbox.Outbox
	Contract func(id string) bool // tells whether there is one
	Now      func() time.Time

	set operation.Set // of Mount
}

type answer[T any] struct{ Body T }

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	c.set = set
	c.endpointRoutes()
	operation.Serve(set, set.Route(http.MethodGet, "/outgoing", "list-outgoing", "List messages to other systems, the newest first"), c.messages)
	operation.Serve(set, set.Route(http.MethodPost, "/endpoints/{id}/retry", "retry-endpoint", "Send every dead letter of an endpoint again"), c.retryAll)
	operation.Serve(set, set.Route(http.MethodPost, "/endpoints/{id}/outgoing/{message}/retry", "retry-message", "Send a message again, with the same id"), c.retry)
}

// OutgoingMessage is one message on its way to one endpoint.
type OutgoingMessage struct {
	Endpoint string     `json:"endpoint"`
	ID       string     `json:"id" doc:"The same at every try"`
	Ticket   int64      `json:"ticket"`
	Kind     string     `json:"kind"`
	At       time.Time  `json:"at" doc:"Of what it tells"`
	State    string     `json:"state" enum:"waiting,sent,dead,bundled" doc:"bundled: an earlier one of its ticket tells it"`
	Held     bool       `json:"held,omitempty" doc:"Quiet hours keep it back"`
	Next     *time.Time `json:"next_try,omitempty"`
	Tries    int        `json:"tries"`
	Error    string     `json:"error,omitempty" doc:"Why the last try failed"`
	Sent     *time.Time `json:"sent_at,omitempty"`
}

// OutgoingList are messages.
type OutgoingList struct {
	Messages []OutgoingMessage `json:"messages" nullable:"false"`
}

// RetriedView is how many messages are sent again.
type RetriedView struct {
	Again int `json:"again"`
}

type messagesInput struct {
	Endpoint string `query:"endpoint" maxLength:"63"`
	State    string `query:"state" enum:"waiting,sent,dead,bundled"`
	Limit    int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type messageInput struct {
	document.Keyed
	document.ByID
	Message string `path:"message" maxLength:"100"`
}

func (c Config) messages(ctx context.Context, in *messagesInput) (*answer[OutgoingList], error) {
	all, err := c.Store.Messages(ctx, outbox.Filter{Endpoint: in.Endpoint, State: outbox.State(in.State), Limit: in.Limit})
	list := OutgoingList{[]OutgoingMessage{}}
	for _, m := range all {
		list.Messages = append(list.Messages, message(m))
	}
	return &answer[OutgoingList]{list}, err
}

func message(m outbox.Message) OutgoingMessage {
	v := OutgoingMessage{
		Endpoint: m.Endpoint, ID: m.ID, Ticket: int64(m.Ticket), Kind: string(m.Kind), At: m.At, State: string(m.State), Held: m.Held, Tries: m.Tries, Error: m.Error,
	}
	if m.State == outbox.Waiting {
		v.Next = &m.Due
	}
	if m.State == outbox.Sent || m.State == outbox.Bundled {
		v.Sent = &m.SentAt
	}
	return v
}

// errNone is an API beside which nothing is sent.
var errNone = errors.New("nothing goes out here")

func (c Config) retry(ctx context.Context, in *messageInput) (*answer[OutgoingMessage], error) {
	if c.Outbox == nil {
		return nil, errNone
	}
	m, err := c.Outbox.Retry(ctx, in.ID, in.Message, c.Now())
	return &answer[OutgoingMessage]{message(m)}, err
}

func (c Config) retryAll(ctx context.Context, in *change) (*answer[RetriedView], error) {
	if c.Outbox == nil {
		return nil, errNone
	}
	if _, err := c.Store.Endpoint(ctx, in.ID); err != nil {
		return nil, err
	}
	n, err := c.Outbox.RetryAll(ctx, in.ID, c.Now())
	return &answer[RetriedView]{RetriedView{n}}, err
}
