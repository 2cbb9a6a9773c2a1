// Package pronunciation is the pages on which staff say how the names of customers and engineers are pronounced. Staff hear a
// name as it is said now, write it for the voice, and hear it before they save it. The package also serves what other pages have
// spoken (web/faults).
package pronunciation

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"hotline/directory"
	"hotline/limits"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/users"
	"hotline/web/ui"
)

// Store is what the pages read and write.
type Store interface {
	Customer(ctx context.Context, id directory.CustomerID) (directory.Customer, error)
	PutCustomer(ctx context.Context, c directory.Customer) (directory.Customer, error)
	Engineer(ctx context.Context, id oncall.EngineerID) (oncall.Engineer, error)
	Engineers(ctx context.Context) ([]oncall.Engineer, error)
	PutEngineer(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error)
}

// Voice says what people have written. Its methods do not wait for it. Safe for concurrent use.
type Voice interface {
	// Try is a text as a WAV file, alone or as a name inside a sentence; rendering while it is being spoken, an error where it cannot be.
	Try(lang prompts.Language, words string, inside bool) (wav []byte, rendering bool, err error)
	File(c directory.Customer, lang prompts.Language) (wav []byte, rendering bool, err error)
}

// Handlers answers these pages. It is what the pages need. Voice may be nil: nothing is spoken then.
type Handlers struct {
	Store Store
	Voice Voice
	Tell  func(ctx context.Context) error // the line hears of what was written
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Workers are those who write what is spoken, and have it tried.
func Workers() []users.Role { return []users.Role{users.Engineer, users.Staff, users.Admin} }

// Routes are the pages and forms. A text is spoken for those alone who may write it: the voice takes a core's time.
func Routes(h Handlers) []ui.Route {
	all, workers := users.Roles(), Workers()
	customers, engineers := h.document(h.customer), h.document(h.engineer)
	return []ui.Route{
		{Pattern: "GET /spoken", Roles: all, Serve: h.list},
		{Pattern: "GET /spoken/sound", Roles: workers, Serve: h.sound},
		{Pattern: "GET /customers/{id}/spoken", Roles: all, Serve: customers.Form},
		{Pattern: "POST /customers/{id}/spoken", Roles: workers, Serve: customers.Write},
		{Pattern: "GET /engineers/{id}/spoken", Roles: all, Serve: engineers.Form},
		{Pattern: "POST /engineers/{id}/spoken", Roles: workers, Serve: engineers.Write},
	}
}

// listPage leads to everybody's name.
type listPage struct {
	ui.View
	Engineers []oncall.Engineer
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	return pages().Page("list", r.T("spoken"), listPage{r.View, all})
}

const (
	wait = 10 * time.Second // for which the sound of a text is waited for
	look = 100 * time.Millisecond
)

// sound is a text as callers or engineers would hear it, for the audio element. It waits while the voice speaks.
func (h Handlers) sound(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	q := r.URL.Query()
	lang, words := prompts.Language(q.Get("language")), q.Get("words")
	if h.Voice == nil || !known(lang) || words == "" || limits.OneLine(words, limits.Line) != words {
		return nil, &ui.Refusal{Status: http.StatusNotFound, ID: "spoken-no-voice"}
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	again := time.NewTicker(look)
	defer again.Stop()
	for {
		wav, rendering, err := h.heard(ctx, lang, words, q)
		switch {
		case err != nil && ctx.Err() == nil:
			h.Log.WarnContext(ctx, "web: a text is not spoken", "language", string(lang), "error", err)
			return nil, &ui.Refusal{Status: http.StatusNotFound, ID: "spoken-no-voice"}
		case len(wav) > 0:
			w.Header().Set("Content-Type", "audio/wav")
			w.Header().Set("Content-Length", strconv.Itoa(len(wav)))
			_, _ = w.Write(wav) // a browser that has gone needs no sound
			return nil, nil
		case !rendering:
			return nil, &ui.Refusal{Status: http.StatusNotFound, ID: "spoken-no-voice"}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			w.Header().Set("Retry-After", "5")
			return nil, &ui.Refusal{Status: http.StatusServiceUnavailable, ID: "spoken-wait"}
		}
	}
}

// heard is a text as it is heard where it stands: alone, as a name, or as the name of a customer, whom the voice that ships may know.
func (h Handlers) heard(ctx context.Context, lang prompts.Language, words string, q map[string][]string) (wav []byte, rendering bool, err error) {
	ids := q["customer"]
	if len(ids) == 0 || ids[0] == "" {
		return h.Voice.Try(lang, words, len(q["name"]) > 0)
	}
	c, err := h.Store.Customer(ctx, directory.CustomerID(ids[0]))
	if err != nil {
		return nil, false, err
	}
	if c.Spoken = words; words == c.Name {
		c.Spoken = ""
	}
	return h.Voice.File(c, lang)
}

func known(lang prompts.Language) bool {
	for _, one := range prompts.Languages() {
		if one == lang {
			return true
		}
	}
	return false
}
