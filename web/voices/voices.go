// Package voices is the pages of what the line says. They show every prompt by language, to read and to listen to. An
// administrator replaces a prompt by a recording, or rolls it back. The rules are those of the API (speech/upload.Booth).
package voices

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/speech"
	"hotline/speech/upload"
	"hotline/storage"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is what the pages need.
type Handlers struct {
	Store replaced.Store
	Line  upload.Line // what is heard
	Busy  func() bool // tells whether somebody is on the telephone: a pack waits for calls
	Log   *slog.Logger
	Now   func() time.Time
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and forms. Nobody's voice but the line's is heard here: everybody may listen.
func Routes(h Handlers) []ui.Route {
	all, admins := users.Roles(), []users.Role{users.Admin}
	return []ui.Route{
		{Pattern: "GET /prompts", Roles: all, Serve: h.list},
		{Pattern: "GET /prompts/{language}/script", Roles: all, Serve: h.script},
		{Pattern: "GET /prompts/{language}/pack", Roles: all, Serve: h.pack},
		{Pattern: "GET /prompts/{language}/pack.zip", Roles: all, Serve: h.export},
		{Pattern: "POST /prompts/{language}/pack/try", Roles: admins, Most: upload.LargestPack + 1<<16, Serve: h.tryPack},
		{Pattern: "POST /prompts/{language}/pack", Roles: admins, Most: upload.LargestPack + 1<<16, Serve: h.takePack},
		{Pattern: "GET /prompts/{language}/{key}", Roles: all, Serve: h.one},
		{Pattern: "GET /prompts/{language}/{key}/sound", Roles: all, Serve: h.sound},
		{Pattern: "POST /prompts/{language}/{key}", Roles: admins, Most: upload.Largest + 1<<16, Serve: h.replace},
		{Pattern: "POST /prompts/{language}/{key}/roll-back", Roles: admins, Serve: h.rollBack},
	}
}

func (h Handlers) booth() upload.Booth { return upload.Booth{Store: h.Store, Line: h.Line, Now: h.Now} }

// listPage is everything that the line says in a language.
type listPage struct {
	ui.View
	Language  prompts.Language
	Languages []prompts.Language
	Search    string
	Own       bool // those of the owner's alone
	Rows      []row
}

// row is one prompt as it is heard.
type row struct {
	Key, Text string
	Path      string
	Number    int // on the recording line; 0: it has none
	Version   int // of the owner's; 0: the voice that ships
	Length    string
}

func (h Handlers) row(v ui.View, lang prompts.Language, e prompts.Entry) row {
	alaw, version, _ := h.Line.Heard(lang, e.ID)
	return row{string(e.ID), e.Text, "/prompts/" + string(lang) + "/" + url.PathEscape(string(e.ID)), prompts.NumberOf(e.ID), version, length(v, alaw)}
}

// length is how long a sound lasts, in seconds; A-law has 8000 octets a second.
func length(v ui.View, alaw []byte) string { return v.Decimal(float64(len(alaw)) / 8000) }

// list shows the prompts of a language, as a search finds them in key and text.
func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	q := r.URL.Query()
	p := listPage{View: r.View, Language: prompts.Language(q.Get("language")), Languages: prompts.Languages(), Search: q.Get("q"), Own: q.Get("own") != ""}
	if p.Language == "" {
		p.Language = r.Lang
	}
	entries, err := prompts.Catalogue(p.Language)
	if err != nil {
		return nil, fmt.Errorf("prompts in %s: %w", p.Language, storage.ErrNotFound)
	}
	wanted := strings.ToLower(strings.TrimSpace(p.Search))
	for _, e := range entries {
		if one := h.row(r.View, p.Language, e); (strings.Contains(strings.ToLower(one.Key+" "+one.Text), wanted) || strconv.Itoa(one.Number) == wanted) && (!p.Own || one.Version > 0) {
			p.Rows = append(p.Rows, one)
		}
	}
	return pages().Page("list", r.T("voices"), p)
}

// script is the sheet from which a studio records.
func (h Handlers) script(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	lang := prompts.Language(r.PathValue("language"))
	entries, err := prompts.Catalogue(lang)
	if err != nil {
		return nil, fmt.Errorf("prompts in %s: %w", lang, storage.ErrNotFound)
	}
	kind, name, sheet := upload.Script(lang, entries, r.URL.Query().Get("format") == "text")
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	_, _ = w.Write(sheet) // a browser that has gone needs no script
	return nil, nil
}

// onePage is one prompt with its versions.
type onePage struct {
	ui.View
	row
	Language prompts.Language
	Versions []versionRow
	Problem  string
	Reason   string // why a recording was refused, with what was measured
}

type versionRow struct {
	replaced.Prompt
	Length string
	Stands bool
}

// asked finds the prompt of an address.
func asked(r *ui.Request) (prompts.Language, prompts.Entry, error) {
	lang := prompts.Language(r.PathValue("language"))
	e, err := upload.Entry(lang, prompts.ID(r.PathValue("key")))
	return lang, e, err
}

func (h Handlers) one(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.show(r, http.StatusOK, onePage{})
}

func (h Handlers) show(r *ui.Request, status int, p onePage) (*ui.Page, error) {
	lang, e, err := asked(r)
	if err != nil {
		return nil, err
	}
	list, err := h.Store.PromptVersions(r.Context(), lang, e.ID)
	if err != nil {
		return nil, fmt.Errorf("reading the versions of prompt %s: %w", e.ID, err)
	}
	p.View, p.row, p.Language = r.View, h.row(r.View, lang, e), lang
	for i, one := range list {
		p.Versions = append(p.Versions, versionRow{one, length(r.View, one.Sound), i == 0})
	}
	page, err := pages().Page("one", p.Key, p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

// sound is a prompt as it is heard, or one of its versions, for the audio element: it can be sought.
func (h Handlers) sound(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	lang, e, err := asked(r)
	if err != nil {
		return nil, err
	}
	alaw, version, ok := h.Line.Heard(lang, e.ID)
	by := upload.Maker(lang, e, version)
	if text := r.URL.Query().Get("version"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("version %s: %w", text, storage.ErrNotFound)
		}
		p, err := h.booth().Version(r.Context(), lang, e.ID, n)
		if err != nil {
			return nil, err
		}
		alaw, ok, by = p.Sound, !p.Shipped(), speech.Maker{}
	}
	if !ok {
		return nil, fmt.Errorf("the sound of prompt %s: %w", e.ID, storage.ErrNotFound)
	}
	w.Header().Set("Content-Type", "audio/wav")
	http.ServeContent(w, r.Request, "", time.Time{}, bytes.NewReader(speech.File(alaw, by)))
	return nil, nil
}

// replace takes a recording in the place of what is heard.
func (h Handlers) replace(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	lang, e, err := asked(r)
	if err != nil {
		return nil, err
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return h.show(r, http.StatusUnprocessableEntity, onePage{Problem: r.T("voices-no-file")})
	}
	defer file.Close()
	octets, err := io.ReadAll(io.LimitReader(file, upload.Largest+1))
	if err != nil {
		return nil, fmt.Errorf("reading a recording: %w", err)
	}
	p, err := h.booth().Take(lang, e, octets)
	if err == nil {
		p, err = h.booth().Write(r.Context(), p, r.Actor())
	}
	return h.answered(w, r, p, err)
}

// rollBack lets a former version stand again; version 0 is the voice that ships.
func (h Handlers) rollBack(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	lang, e, err := asked(r)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(r.FormValue("version"))
	if err != nil || n < 0 {
		return h.show(r, http.StatusUnprocessableEntity, onePage{Problem: r.T("page-unfit")})
	}
	p, err := h.booth().RollBack(r.Context(), lang, e, n, r.Actor())
	return h.answered(w, r, p, err)
}

// answered shows a refusal with its figures, or the prompt as it is heard now.
func (h Handlers) answered(w http.ResponseWriter, r *ui.Request, p replaced.Prompt, err error) (*ui.Page, error) {
	for _, known := range []struct {
		kind error
		id   string
	}{{upload.ErrFixed, "voices-fixed"}, {upload.ErrUnfit, "voices-unfit"}, {upload.ErrFull, "voices-full"}, {upload.ErrVersion, "voices-unfit"}} {
		if errors.Is(err, known.kind) {
			return h.show(r, http.StatusUnprocessableEntity, onePage{Problem: r.T(known.id), Reason: err.Error()})
		}
	}
	if err != nil {
		return nil, err
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "language", string(p.Language), "prompt", string(p.Key), "version", p.Version, "what", r.URL.Path)
	http.Redirect(w, r.Request, "/prompts/"+string(p.Language)+"/"+url.PathEscape(string(p.Key)), http.StatusSeeOther)
	return nil, nil
}
