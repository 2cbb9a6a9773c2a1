// Package pronunciation is the pages on which staff say how the names of customers and engineers are pronounced. Staff hear a
// name as it is said now, write it for the voice, and hear it before they save it. The package also serves what other pages have
// spoken (web/faults).
package pronunciation

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/directory"
	"hotline/limits"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/storage"
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
	return []ui.Route{
		{Pattern: "GET /spoken", Roles: all, Serve: h.list},
		{Pattern: "GET /spoken/sound", Roles: workers, Serve: h.sound},
		{Pattern: "GET /customers/{id}/spoken", Roles: all, Serve: h.page(h.customer)},
		{Pattern: "POST /customers/{id}/spoken", Roles: workers, Serve: h.write(h.customer)},
		{Pattern: "GET /engineers/{id}/spoken", Roles: all, Serve: h.page(h.engineer)},
		{Pattern: "POST /engineers/{id}/spoken", Roles: workers, Serve: h.write(h.engineer)},
	}
}

// name is somebody whose name is spoken.
type name struct {
	Path, Back   string // of the page, and of the one that leads to it
	Name, Spoken string
	Customer     directory.CustomerID // empty: an engineer
	Version      int
	put          func(ctx context.Context, spoken string) error
}

func (h Handlers) customer(ctx context.Context, id string) (name, error) {
	c, err := h.Store.Customer(ctx, directory.CustomerID(id))
	return name{Path: "/customers/" + id + "/spoken", Back: "/customers/" + id, Name: c.Name, Spoken: c.Spoken, Customer: c.ID, Version: c.Version, put: func(ctx context.Context, spoken string) error {
		if c.Spoken == spoken {
			return nil
		}
		c.Spoken = spoken
		_, err := h.Store.PutCustomer(ctx, c)
		return err
	}}, err
}

func (h Handlers) engineer(ctx context.Context, id string) (name, error) {
	e, err := h.Store.Engineer(ctx, oncall.EngineerID(id))
	return name{Path: "/engineers/" + id + "/spoken", Back: "/spoken", Name: e.Name, Spoken: e.Spoken, Version: e.Version, put: func(ctx context.Context, spoken string) error {
		if e.Spoken == spoken {
			return nil
		}
		e.Spoken = spoken
		_, err := h.Store.PutEngineer(ctx, e)
		return err
	}}, err
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

// onePage is one name.
type onePage struct {
	ui.View
	name
	Languages []prompts.Language
	Text      string // in the field
	Tried     bool   // it is heard, and not saved
	Done      bool
	Problem   string
	Stands    string // what somebody else wrote meanwhile, with Problem
	Voice     bool
}

func (h Handlers) page(of func(context.Context, string) (name, error)) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		n, err := of(r.Context(), r.PathValue("id"))
		if err != nil {
			return nil, fmt.Errorf("reading a name: %w", err)
		}
		return h.show(r, http.StatusOK, onePage{name: n, Text: n.Spoken, Done: r.URL.Query().Has("done")})
	}
}

func (h Handlers) show(r *ui.Request, status int, p onePage) (*ui.Page, error) {
	p.View, p.Languages, p.Voice = r.View, prompts.Languages(), h.Voice != nil
	page, err := pages().Page("one", r.T("spoken-of", p.Name), p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

// write has what is in the form heard, or saves it. The form names the version that it was shown with.
func (h Handlers) write(of func(context.Context, string) (name, error)) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		n, err := of(r.Context(), r.PathValue("id"))
		if err != nil {
			return nil, fmt.Errorf("reading a name: %w", err)
		}
		text := strings.TrimSpace(r.FormValue("spoken"))
		p := onePage{name: n, Text: text}
		switch {
		case limits.OneLine(text, limits.Line) != text:
			p.Problem = r.T("spoken-unfit", limits.Line)
			return h.show(r, http.StatusUnprocessableEntity, p)
		case r.FormValue("do") == "hear":
			p.Tried = true
			p.Version, _ = strconv.Atoi(r.FormValue("version")) // it is asked for when it is saved
			return h.show(r, http.StatusOK, p)
		case r.FormValue("version") != strconv.Itoa(n.Version):
			err = storage.ErrConflict
		default:
			err = n.put(r.Context(), text)
		}
		if errors.Is(err, storage.ErrConflict) {
			p.Problem, p.Stands = r.T("spoken-stale"), n.Spoken
			return h.show(r, http.StatusConflict, p)
		}
		if err == nil {
			err = h.Tell(r.Context())
		}
		if err != nil {
			return nil, fmt.Errorf("writing how a name is said: %w", err)
		}
		h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "path", n.Path, "what", "how a name is said")
		http.Redirect(w, r.Request, n.Path+"?done=", http.StatusSeeOther)
		return nil, nil
	}
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
