// Package links is the API of links that open one ticket on the customer portal. Package admin, its one caller, mounts it.
package links

import (
	"context"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/portal/access"
	"hotline/tickets"
)

// Config is what the API needs. Everything is required but Site.
type Config struct {
	Store interface {
		PutLink(ctx context.Context, l access.Link, now time.Time) error
		RevokeLinks(ctx context.Context, n tickets.Number) (int, error)
	}
	Ticket func(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	Site   string // the portal's public address, such as https://support.example.org; empty: the portal is closed
	Staff  func(ctx context.Context) string
	Now    func() time.Time
}

type numbered struct {
	Number int64 `path:"number" doc:"The ticket's number as it is spoken"`
}

type answer[V any] struct{ Body V }

// TicketLink is a link that opens one ticket, to be read and added to.
type TicketLink struct {
	URL     string    `json:"url" doc:"It is shown once: what is kept of it is a hash"`
	Expires time.Time `json:"expires"`
}

// TicketLinksRevoked is how many links a ticket had.
type TicketLinksRevoked struct {
	Revoked int `json:"revoked"`
}

// Mount registers what the API answers.
func Mount(set operation.Set, c Config) {
	operation.Serve(set, set.Route(http.MethodPost, "/tickets/{number}/link", "link-ticket", "Make a link that opens this one ticket on the portal for 30 days, to be read and added to"), func(ctx context.Context, in *numbered) (*answer[TicketLink], error) {
		if c.Site == "" {
			return nil, problem.Refused("path.number", "the portal is closed: write portal.url in the configuration")
		}
		t, err := c.Ticket(ctx, tickets.Number(in.Number))
		if err != nil {
			return nil, err
		}
		l, token := access.NewLink(t.Number, c.Staff(ctx), c.Now())
		if err := c.Store.PutLink(ctx, l, c.Now()); err != nil {
			return nil, err
		}
		return &answer[TicketLink]{TicketLink{access.Address(c.Site, token), l.Expires}}, nil
	})
	operation.Serve(set, set.Route(http.MethodDelete, "/tickets/{number}/link", "unlink-ticket", "Revoke every link to this ticket"), func(ctx context.Context, in *numbered) (*answer[TicketLinksRevoked], error) {
		if _, err := c.Ticket(ctx, tickets.Number(in.Number)); err != nil {
			return nil, err
		}
		n, err := c.Store.RevokeLinks(ctx, tickets.Number(in.Number))
		return &answer[TicketLinksRevoked]{TicketLinksRevoked{n}}, err
	})
}
