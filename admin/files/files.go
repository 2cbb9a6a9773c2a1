// Package files is the API of the files of tickets: list, upload, download and removal. Package admin, its one caller, mounts it.
package files

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/attachments"
	"hotline/tickets"
)

// Config is what the API needs. All of it is required.
type Config struct {
	Files *attachments.Keeper
	Desk  interface {
		attachments.Desk
		Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	}
	Staff func(ctx context.Context) string
	Now   func() time.Time
}

// AttachmentView is one file of a ticket.
type AttachmentView struct {
	ID     string    `json:"id"`
	Ticket int64     `json:"ticket"`
	Name   string    `json:"name" doc:"Without folders, control characters and what turns the direction of writing"`
	Type   string    `json:"type" doc:"Media type, by what the file holds"`
	Size   int64     `json:"size" doc:"Octets"`
	SHA256 string    `json:"sha256"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

func view(a attachments.Attachment) AttachmentView {
	return AttachmentView{a.ID, int64(a.Ticket), a.Name, a.Type, a.Size, a.SHA256, a.Actor, a.At}
}

// AttachmentList is those of a ticket.
type AttachmentList struct {
	Attachments []AttachmentView `json:"attachments" nullable:"false" doc:"In the order in which they were added"`
}

type numbered struct {
	Number int64 `path:"number" minimum:"1"`
}

type answer[T any] struct{ Body T }

// Mount registers the operations.
func Mount(set operation.Set, c Config) {
	operation.Serve(set, set.Route(http.MethodGet, "/tickets/{number}/attachments", "list-attachments", "The files of a ticket"), c.list)
	add := set.Route(http.MethodPost, "/tickets/{number}/attachments", "add-attachment", "Add a file to a ticket: 10 MiB at most, 50 files and 100 MiB for a ticket, no programs")
	add.MaxBodyBytes = attachments.Most + 1
	operation.Serve(set, add, c.add)
	get := set.Route(http.MethodGet, "/attachments/{id}", "get-attachment", "A file of a ticket")
	get.Responses = map[string]*huma.Response{"200": {Description: "The file, as its type says", Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	operation.Serve(set, get, c.get)
	remove := set.Route(http.MethodDelete, "/attachments/{id}", "remove-attachment", "Remove a file of a ticket for good; the history tells that it was there")
	remove.DefaultStatus = http.StatusNoContent
	operation.Serve(set, remove, c.remove)
}

func (c Config) list(ctx context.Context, in *numbered) (*answer[AttachmentList], error) {
	if _, err := c.Desk.Ticket(ctx, tickets.Number(in.Number)); err != nil {
		return nil, err
	}
	list, err := c.Files.List(ctx, tickets.Number(in.Number))
	v := AttachmentList{make([]AttachmentView, 0, len(list))}
	for _, a := range list {
		v.Attachments = append(v.Attachments, view(a))
	}
	return &answer[AttachmentList]{v}, err
}

type addInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	Number         int64  `path:"number" minimum:"1"`
	Name           string `query:"name" maxLength:"500" doc:"The file's name; the same file under the same name is kept once"`
	ContentType    string `header:"Content-Type" maxLength:"200" doc:"Taken where the file itself does not tell"`
	RawBody        []byte `contentType:"application/octet-stream"`
}

// add keeps a file, with its line in the history.
func (c Config) add(ctx context.Context, in *addInput) (*answer[AttachmentView], error) {
	n := tickets.Number(in.Number)
	if _, err := c.Desk.Ticket(ctx, n); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // the file and its line in the history belong together
	a, err := c.Files.Attach(ctx, c.Desk, attachments.Incoming{Ticket: n, Name: in.Name, Type: in.ContentType, Actor: c.Staff(ctx)}, bytes.NewReader(in.RawBody), c.Now())
	switch {
	case errors.Is(err, attachments.ErrLarge), errors.Is(err, attachments.ErrEmpty), errors.Is(err, attachments.ErrProgram):
		return nil, problem.Refused("body", err.Error())
	case errors.Is(err, attachments.ErrFull):
		return nil, huma.Error409Conflict(attachments.ErrFull.Error())
	case err != nil:
		return nil, err
	}
	return &answer[AttachmentView]{view(a)}, nil
}

type named struct {
	ID string `path:"id" maxLength:"100"`
}

// file is a download that no browser runs.
type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

func (c Config) get(ctx context.Context, in *named) (*file, error) {
	a, content, err := c.Files.Open(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(content)
	return &file{a.Type, mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}), "sandbox; default-src 'none'", body}, err
}

type removeInput struct {
	ID     string `path:"id" maxLength:"100"`
	Reason string `query:"reason" maxLength:"1000" doc:"Stands in the history"`
}

func (c Config) remove(ctx context.Context, in *removeInput) (*struct{}, error) {
	ctx = context.WithoutCancel(ctx)
	return nil, c.Files.Remove(ctx, c.Desk, in.ID, attachments.Removal{Actor: c.Staff(ctx), Reason: in.Reason}, c.Now())
}
