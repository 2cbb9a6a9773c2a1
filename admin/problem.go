package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
)

// problem writes an RFC 9457 problem outside the described operations.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: detail}) // the client may have gone
}

// allowed lists the methods that a path takes (RFC 9110, section 15.5.6).
func allowed(routes chi.Routes, path string) []string {
	var list []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), m, path) {
			list = append(list, m)
		}
	}
	if slices.Contains(list, http.MethodGet) {
		list = append(list, http.MethodHead)
	}
	return list
}

// longestEcho bounds what a problem repeats of a request.
const longestEcho = 200

// brief leaves values that are too long for a reader out of a problem: a body is not sent back whole.
func brief(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	for _, e := range p.Errors {
		if text, err := json.Marshal(e.Value); err != nil || len(text) > longestEcho {
			e.Value = nil
		}
	}
	return p, nil
}

// problems writes what a library refuses in plain words as a problem. What it serves passes through.
type problems struct {
	http.ResponseWriter
	refused bool
}

// WriteHeader takes a refusal over.
func (p *problems) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		p.ResponseWriter.WriteHeader(status)
		return
	}
	p.refused = true
	p.Header().Del("Content-Length")
	problem(p.ResponseWriter, status, map[int]string{
		http.StatusRequestedRangeNotSatisfiable: "there are no such octets; Content-Range tells how many there are",
		http.StatusPreconditionFailed:           "it has changed since",
	}[status])
}

// Write drops the words of a refusal.
func (p *problems) Write(b []byte) (int, error) {
	if p.refused {
		return len(b), nil
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (p *problems) Unwrap() http.ResponseWriter { return p.ResponseWriter }

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
		{errors.Is(err, oncall.ErrOnRota), http.StatusConflict},
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
		err := bounded(reflect.ValueOf(in).Elem(), "")
		if err != nil {
			return nil, err
		}
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.explain(ctx, err)
		}
		return out, nil
	})
}

// The years within which instants are taken. What follows an instant by years must still be a time that JSON can write.
const (
	firstYear = 1970
	lastYear  = 9000
)

// bounded refuses an instant of a request that lies outside those years, wherever it stands. Zero is one that was left out.
func bounded(v reflect.Value, place string) error {
	if t, ok := v.Interface().(time.Time); ok {
		if !t.IsZero() && (t.UTC().Year() < firstYear || t.UTC().Year() >= lastYear) {
			return refused(place, fmt.Sprintf("the instant must lie in one of the years %d to %d", firstYear, lastYear-1))
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return bounded(v.Elem(), place)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			if err := bounded(v.Index(i), fmt.Sprintf("%s[%d]", place, i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			if err := bounded(v.Field(i), within(place, f)); err != nil {
				return err
			}
		}
	}
	return nil
}

// within names a field of a request as the schema's checks do.
func within(place string, f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case f.Anonymous:
		return place
	case f.Name == "Body":
		return "body"
	case name == "":
		return "query." + f.Tag.Get("query")
	}
	return place + "." + name
}

// refused is a 422 that names the field, as the checks of the schema do.
func refused(location, message string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: location, Message: message})
}
