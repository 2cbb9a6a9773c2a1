// Package auditlog is the API of the audit: who changed what, and who listened to which recording (docs/audit.md). Package admin, its one
// caller, mounts it.
package auditlog

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/audit"
	"hotline/paging"
)

// Config is what the API needs. Everything is required.
type Config struct {
	Store audit.Store
}

// Mount adds the route.
func Mount(set operation.Set, c Config) {
	operation.Serve(set, set.Route(http.MethodGet, "/audit", "list-audit",
		"Who changed what, by which route and from where, and who listened to recordings, exported or erased them: the newest first"), c.list)
}

// AuditQuery selects records.
type AuditQuery struct {
	Who      string    `query:"who" maxLength:"200" doc:"As it stands in who, such as staff:anna"`
	Kind     string    `query:"kind" maxLength:"40" doc:"Of the document, such as contract, ticket or recording. Of a ticket the accesses to its recordings are listed too"`
	Document string    `query:"document" maxLength:"200" doc:"Its id; kind says of what"`
	Since    time.Time `query:"since"`
	Until    time.Time `query:"until" doc:"Before this instant"`
	After    string    `query:"after" maxLength:"400" doc:"The cursor next of the page before"`
	Limit    int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

// AuditRecord is one change, or one access to a recording.
type AuditRecord struct {
	At       time.Time     `json:"at"`
	Who      string        `json:"who" doc:"staff:NAME for a user or a token, setup, or command"`
	From     string        `json:"from" doc:"The client's address; empty: not known"`
	Route    string        `json:"route" doc:"What was asked for, such as PUT /api/v1/contracts/{id}; empty: not known"`
	What     string        `json:"what" doc:"created, changed, removed, given_pin, given_key, published, logged_in, logged_out, sent_again, hold_set, hold_lifted, asked; of a ticket the kind of the line in its history; of a recording listened, exported or erased"`
	Kind     string        `json:"kind"`
	Document string        `json:"document"`
	Before   int           `json:"before,omitempty" doc:"The document's version before"`
	After    int           `json:"after,omitempty" doc:"And afterwards"`
	Fields   []AuditChange `json:"fields,omitempty" doc:"What differs. Long values and those that may be secret are named alone"`
}

// AuditChange is a part of a document that has changed.
type AuditChange struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// AuditList is a page of records.
type AuditList struct {
	Records []AuditRecord `json:"records" nullable:"false"`
	Next    string        `json:"next" doc:"Cursor of the next page, for after; empty on the last one"`
}

type answer[T any] struct{ Body T }

func (c Config) list(ctx context.Context, q *AuditQuery) (*answer[AuditList], error) {
	if q.Document != "" && q.Kind == "" {
		return nil, problem.Refused("query.kind", "say of which kind the document is, such as contract")
	}
	page, err := c.Store.Audit(ctx, audit.Filter{
		Who: q.Who, Document: audit.Document{Kind: q.Kind, ID: q.Document}, Since: q.Since, Until: q.Until, After: q.After, Limit: q.Limit,
	})
	if errors.Is(err, paging.ErrCursor) {
		return nil, problem.Refused("query.after", paging.ErrCursor.Error())
	}
	if err != nil {
		return nil, err
	}
	list := AuditList{Records: []AuditRecord{}, Next: page.Next}
	for _, r := range page.Items {
		v := AuditRecord{At: r.At, Who: r.Who, From: r.From, Route: r.Route, What: r.What, Kind: r.Document.Kind, Document: r.Document.ID, Before: r.Before, After: r.After}
		for _, f := range r.Fields {
			v.Fields = append(v.Fields, AuditChange(f))
		}
		list.Records = append(list.Records, v)
	}
	return &answer[AuditList]{list}, nil
}
