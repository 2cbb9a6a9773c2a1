package admin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"hotline/sla"
	"hotline/tickets"
)

// problem writes an RFC 9457 problem outside the described operations.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}) // the client may have gone
}

// statusOf is the one table that turns the domain's conditions into HTTP. 0: a fault of ours.
func statusOf(err error) int {
	var move *tickets.MoveError
	for _, row := range []struct {
		holds  bool
		status int
	}{
		{errors.Is(err, tickets.ErrNotFound), http.StatusNotFound},
		{errors.Is(err, tickets.ErrConflict), http.StatusConflict},
		{errors.Is(err, tickets.ErrExists), http.StatusConflict},
		{errors.As(err, &move), http.StatusConflict}, // the ticket's state does not allow it
		{errors.Is(err, tickets.ErrBadMonth), http.StatusUnprocessableEntity},
		{errors.Is(err, tickets.ErrEmpty), http.StatusUnprocessableEntity},
		{errors.Is(err, sla.ErrNeverOpen), http.StatusUnprocessableEntity},
		{errors.Is(err, tickets.ErrDown), http.StatusServiceUnavailable},
		{errors.Is(err, context.DeadlineExceeded), http.StatusServiceUnavailable},
		{errors.Is(err, context.Canceled), http.StatusServiceUnavailable}, // the client went; nobody reads it
	} {
		if row.holds {
			return row.status
		}
	}
	return 0
}

// explain makes a problem of an error: the domain's own words where the client can do something about it, else a
// sentence, and the cause in the log.
func (s *server) explain(ctx context.Context, err error) huma.StatusError {
	if own := huma.StatusError(nil); errors.As(err, &own) {
		return own
	}
	switch status := statusOf(err); status {
	case 0:
		s.Log.ErrorContext(ctx, "a request failed", "by", tokenName(ctx), "error", err)
		return huma.NewError(http.StatusInternalServerError, "this request failed; the log says why")
	case http.StatusServiceUnavailable:
		s.Log.WarnContext(ctx, "a request could not be served", "by", tokenName(ctx), "error", err)
		return huma.NewError(status, "the store cannot be reached now; ask again")
	default:
		return huma.NewError(status, err.Error())
	}
}

// fail writes the problem of an error outside the described operations.
func (s *server) fail(ctx context.Context, w http.ResponseWriter, err error) {
	p := s.explain(ctx, err)
	problem(w, p.GetStatus(), p.Error())
}

// serve registers an operation whose errors are explained by the one table.
func serve[I, O any](s *server, api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		return out, nil
	})
}

// refused is a 422 that names the field, as the checks of the schema do.
func refused(location, message string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Message: message})
}
