// Package operation is how package admin and its rooms register what they answer: one guard for what comes in, one table for
// errors, and one way to remove a document.
package operation

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
)

// Set is what every operation needs. Everything is required.
type Set struct {
	API     huma.API
	Route   func(method, path, id, summary string) huma.Operation
	Guard   func(in any) error                         // refuses instants that no clock shows
	Explain func(ctx context.Context, err error) error // makes a problem of an error
}

// Serve registers an operation whose errors are explained by the one table of the API. An error that brings headers of its own, such
// as Retry-After, is a problem already.
func Serve[I, O any](s Set, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(s.API, op, func(ctx context.Context, in *I) (*O, error) {
		if err := s.Guard(in); err != nil {
			return nil, err
		}
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		if headers := huma.HeadersError(nil); errors.As(err, &headers) {
			return nil, err
		}
		return nil, s.Explain(ctx, err)
	})
}

// Removes registers the deletion of a document: the version that If-Match names, else whichever stands. name is what answers call
// such a document, before its id.
func Removes(s Set, op huma.Operation, name string, stands func(ctx context.Context, id string) (int, error), remove func(ctx context.Context, id string, version int) error) {
	op.DefaultStatus = http.StatusNoContent
	Serve(s, op, func(ctx context.Context, in *document.Write) (*struct{}, error) {
		version, err := in.Removed(ctx, name+" "+in.ID, func(ctx context.Context) (int, error) { return stands(ctx, in.ID) })
		if err != nil {
			return nil, err
		}
		return nil, remove(ctx, in.ID, version)
	})
}
