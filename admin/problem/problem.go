// Package problem is the API's errors: RFC 9457 problems, in one form wherever they arise, and the one table that turns
// conditions of the domain into HTTP. All rooms of admin write their errors with it.
package problem

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// Write answers with a problem, outside the operations that huma describes.
func Write(w http.ResponseWriter, status int, detail string) {
	Send(w, &huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail})
}

// Send answers with a problem that was made before.
func Send(w http.ResponseWriter, p huma.StatusError) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.GetStatus())
	_ = json.NewEncoder(w).Encode(p) // the client may have gone
}

// Refused is a 422 that names the field, such as "body.name", as the checks of the schema do.
func Refused(location, message string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Message: message})
}

// longestEcho bounds what a problem repeats of a request, in octets.
const longestEcho = 200

// Readable is one of huma's transformers. It leaves values that are too long for a reader out of a problem, so that a body is not
// sent back whole, and says of a content type that is not taken which one is.
func Readable(c huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	for _, e := range p.Errors {
		if body := c.Operation().RequestBody; p.Status == http.StatusUnsupportedMediaType && body != nil {
			e.Message += "; send the header Content-Type: " + strings.Join(slices.Sorted(maps.Keys(body.Content)), " or ")
		}
		if text, err := json.Marshal(e.Value); err != nil || len(text) > longestEcho {
			e.Value = nil
		}
	}
	return p, nil
}

// statusOf is the one table that turns the domain's conditions into HTTP. 0: a fault of ours.
func statusOf(err error) int {
	var move *tickets.MoveError
	var hold *tickets.HeldError
	for _, row := range []struct {
		holds  bool
		status int
	}{
		{errors.Is(err, storage.ErrNotFound), http.StatusNotFound},
		{errors.Is(err, storage.ErrConflict), http.StatusConflict},
		{errors.Is(err, storage.ErrExists), http.StatusConflict},
		{errors.Is(err, oncall.ErrOnRota), http.StatusConflict},
		{errors.Is(err, oncall.ErrHasTicket), http.StatusConflict},
		{errors.Is(err, tickets.ErrNoEngineer), http.StatusUnprocessableEntity},
		{errors.As(err, &move), http.StatusConflict}, // the ticket's state does not allow it
		{errors.Is(err, statistics.ErrBadMonth), http.StatusUnprocessableEntity},
		{errors.As(err, &hold), http.StatusConflict},
		{errors.Is(err, tickets.ErrErased), http.StatusGone},
		{errors.Is(err, tickets.ErrNoReason), http.StatusUnprocessableEntity},
		{errors.Is(err, tickets.ErrEmpty), http.StatusUnprocessableEntity},
		{errors.Is(err, sla.ErrNeverOpen), http.StatusUnprocessableEntity},
		{errors.Is(err, storage.ErrDown), http.StatusServiceUnavailable},
		{errors.Is(err, context.DeadlineExceeded), http.StatusServiceUnavailable},
		{errors.Is(err, context.Canceled), http.StatusServiceUnavailable}, // the client went; nobody reads it
	} {
		if row.holds {
			return row.status
		}
	}
	return 0
}

// Explain makes a problem of an error. The client reads the domain's own words where it can do something about it; else it
// reads a sentence, and the log has the cause. by names whose token it was.
func Explain(ctx context.Context, log *slog.Logger, by string, err error) huma.StatusError {
	if own := huma.StatusError(nil); errors.As(err, &own) {
		return own
	}
	switch status := statusOf(err); status {
	case 0:
		log.ErrorContext(ctx, "a request failed", "by", by, "error", err)
		return huma.NewError(http.StatusInternalServerError, "this request failed; the log says why")
	case http.StatusServiceUnavailable:
		log.WarnContext(ctx, "a request could not be served", "by", by, "error", err)
		return huma.NewError(status, "the store cannot be reached now; ask again")
	default:
		return huma.NewError(status, err.Error())
	}
}
