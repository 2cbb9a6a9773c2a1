// Package faults is the page of known faults and notices: what callers hear before the menu, of which contracts, until when. Words are heard
// before they are saved. The rules are those of the API (directory/entry).
package faults

import (
	"cmp"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/evosupport"
	"hotline/prompts"
	"hotline/storage"
	"hotline/users"
	"hotline/web/translation"
	"hotline/web/ui"
)

// Store is what the page reads and writes.
type Store interface {
	Fault(ctx context.Context, id string) (directory.KnownFault, error)
	Faults(ctx context.Context) ([]directory.KnownFault, error)
	PutFault(ctx context.Context, f directory.KnownFault) (directory.KnownFault, error)
	DeleteFault(ctx context.Context, id string, version int) error
	Contract(ctx context.Context, id directory.ContractID) (directory.Contract, error)
	Products(ctx context.Context) ([]evosupport.Product, error)
	InstalledOf(ctx context.Context, contract directory.ContractID) ([]evosupport.Installed, error)
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store Store
	Tell  func(ctx context.Context) error // the line hears of what was written
	Log   *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the page and its forms.
func Routes(h Handlers) []ui.Route {
	all, workers := users.Roles(), []users.Role{users.Engineer, users.Staff, users.Admin}
	return []ui.Route{
		{Pattern: "GET /faults", Roles: all, Serve: h.list},
		{Pattern: "GET /faults/new", Roles: workers, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
			return h.show(r, http.StatusOK, formPage{New: r.Now.In(r.Zone).Format(time.DateOnly) + "-" + strings.ToLower(rand.Text()[:6])})
		}},
		{Pattern: "POST /faults", Roles: workers, Serve: h.make},
		{Pattern: "GET /faults/{id}", Roles: all, Serve: h.one},
		{Pattern: "POST /faults/{id}", Roles: workers, Serve: h.change},
		{Pattern: "POST /faults/{id}/end", Roles: workers, Serve: h.end},
	}
}

// listPage is every fault, those that are told first.
type listPage struct {
	ui.View
	Rows []row
}

type row struct {
	directory.KnownFault
	Kind  string // an id of the catalogue
	Told  bool   // callers hear of it now
	Until string
}

// kindID is where the catalogue has a kind of announcement.
func kindID(k directory.AnnouncementKind) string {
	return "faults-kind-" + cmp.Or(strings.ReplaceAll(string(k), "_", "-"), "fault")
}

func (h Handlers) list(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.Store.Faults(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading known faults: %w", err)
	}
	p := listPage{View: r.View}
	for _, f := range all {
		one := row{KnownFault: f, Kind: kindID(f.Kind), Told: f.Until.IsZero() || r.Now.Before(f.Until)}
		if !f.Until.IsZero() {
			one.Until = r.View.Clock(f.Until)
		}
		p.Rows = append(p.Rows, one)
	}
	slices.SortStableFunc(p.Rows, func(a, b row) int {
		return cmp.Compare(map[bool]int{true: 0, false: 1}[a.Told], map[bool]int{true: 0, false: 1}[b.Told])
	})
	return pages().Page("list", r.T("faults"), p)
}

// formPage is one fault as its form has it.
type formPage struct {
	ui.View
	ID, Version string // empty: a new one
	New         string // the id that a new one gets: a form that is sent twice makes one
	Note, Kind  string
	Said        []said
	Contracts   string // one a line
	Until       string // as the field has it, in the house's zone
	Kinds       []kind
	Products    []evosupport.Product
	Tried       bool // the words are heard, and not saved
	Added       int  // contracts of a product that were added
	Problem     string
	Reason      *translation.Reason // what exactly
	Stands      *row                // what somebody else wrote meanwhile
	Done        bool
}

// said is what callers hear in a language.
type said struct {
	Language prompts.Language
	Text     string
}

type kind struct{ Value, ID string }

// timeForm is how the field of a time writes it.
const timeForm = "2006-01-02T15:04"

func (h Handlers) one(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f, err := h.Store.Fault(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("reading a known fault: %w", err)
	}
	p := formPage{ID: f.ID, Version: strconv.Itoa(f.Version), Note: f.Note, Kind: string(f.Kind), Done: r.URL.Query().Has("done")}
	for _, lang := range prompts.Languages() {
		p.Said = append(p.Said, said{lang, f.Words[string(lang)]})
	}
	for _, c := range f.Contracts {
		p.Contracts += string(c) + "\n"
	}
	if !f.Until.IsZero() {
		p.Until = f.Until.In(r.Zone).Format(timeForm)
	}
	return h.show(r, http.StatusOK, p)
}

func (h Handlers) show(r *ui.Request, status int, p formPage) (*ui.Page, error) {
	p.View = r.View
	for _, k := range []directory.AnnouncementKind{directory.OfFault, directory.Notice, directory.OutOfHours} {
		p.Kinds = append(p.Kinds, kind{string(k), kindID(k)})
	}
	if p.Said == nil {
		for _, lang := range prompts.Languages() {
			p.Said = append(p.Said, said{Language: lang})
		}
	}
	var err error
	if p.Products, err = h.Store.Products(r.Context()); err != nil {
		return nil, fmt.Errorf("reading the products: %w", err)
	}
	title := r.T("faults-new")
	if p.ID != "" {
		title = r.T("faults-one", p.ID)
	}
	page, err := pages().Page("one", title, p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

// read reads the form as it was sent. What the form does not show stays.
func (h Handlers) read(r *ui.Request, id string, stands directory.KnownFault) (formPage, entry.Fault, error) {
	note := strings.TrimSpace(strings.ReplaceAll(r.FormValue("note"), "\r\n", "\n"))
	p := formPage{ID: id, New: r.FormValue("id"), Version: r.FormValue("version"), Note: note, Kind: r.FormValue("kind"), Contracts: r.FormValue("contracts"), Until: r.FormValue("until")}
	f := entry.Fault{ID: id, Note: p.Note, Kind: directory.AnnouncementKind(p.Kind), Words: map[string]string{}, Contracts: listed(p.Contracts)}
	for _, lang := range prompts.Languages() {
		one := said{lang, strings.TrimSpace(r.FormValue("words-" + string(lang)))}
		p.Said = append(p.Said, one)
		if one.Text != "" {
			f.Words[string(lang)] = one.Text
		}
	}
	switch f.Kind {
	case directory.OfFault, directory.Notice, directory.OutOfHours:
	default:
		return p, f, &entry.Refusal{Field: "kind", Text: "there is no such kind"}
	}
	if p.Until != "" {
		until, err := time.ParseInLocation(timeForm, p.Until, r.Zone)
		if err != nil {
			return p, f, &entry.Refusal{Field: "until", Text: "write a day and a time"}
		}
		if f.Until = until; p.Until == stands.Until.In(r.Zone).Format(timeForm) { // with its seconds, which the form does not show
			f.Until = stands.Until
		}
	}
	return p, f, nil
}

// listed are the contracts that a field lists, each once.
func listed(text string) (list []string) {
	for _, id := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

func (h Handlers) make(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.said(w, r, "", directory.KnownFault{ID: r.FormValue("id")})
}

func (h Handlers) change(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	f, err := h.Store.Fault(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("reading a known fault: %w", err)
	}
	return h.said(w, r, f.ID, f)
}

// said does what the button of a form says: hears the words, adds the contracts of a product, or saves. The form names the version that it was
// shown with.
func (h Handlers) said(w http.ResponseWriter, r *ui.Request, id string, stands directory.KnownFault) (*ui.Page, error) {
	p, f, err := h.read(r, id, stands)
	f.ID = stands.ID
	if err == nil && r.FormValue("do") == "product" {
		return h.add(r, p)
	}
	var made directory.KnownFault
	if err == nil {
		made, err = f.Check(r.Context(), h.Store)
	}
	var refused *entry.Refusal
	switch {
	case errors.As(err, &refused) && r.FormValue("do") == "hear" && !strings.HasPrefix(refused.Field, "words"): // it is asked for when it is saved
		p.Tried = true
		return h.show(r, http.StatusOK, p)
	case errors.As(err, &refused):
		field, _, _ := strings.Cut(refused.Field, ".")
		p.Problem, p.Reason = r.T("faults-bad-"+field), translation.Why(r.Words, r.Lang, refused.Text)
		return h.show(r, http.StatusUnprocessableEntity, p)
	case errors.Is(err, storage.ErrNotFound):
		p.Problem, p.Reason = r.T("faults-bad-contracts"), translation.Why(r.Words, r.Lang, err.Error())
		return h.show(r, http.StatusUnprocessableEntity, p)
	case err != nil:
		return nil, fmt.Errorf("checking a known fault: %w", err)
	case r.FormValue("do") == "hear":
		p.Tried = true
		return h.show(r, http.StatusOK, p)
	case id != "" && p.Version != strconv.Itoa(stands.Version):
		return h.stale(r, p, stands)
	}
	made.Version = stands.Version
	return h.put(w, r, p, stands, made)
}

func (h Handlers) put(w http.ResponseWriter, r *ui.Request, p formPage, stands, made directory.KnownFault) (*ui.Page, error) {
	_, err := h.Store.PutFault(r.Context(), made)
	switch {
	case errors.Is(err, storage.ErrExists): // the form was sent twice
		err = nil
	case errors.Is(err, storage.ErrConflict):
		return h.stale(r, p, stands)
	}
	return h.written(w, r, made.ID, "/faults/"+made.ID+"?done=", err)
}

// stale shows what stands beside what was about to be written.
func (h Handlers) stale(r *ui.Request, p formPage, stands directory.KnownFault) (*ui.Page, error) {
	p.Problem, p.Version = r.T("faults-stale"), strconv.Itoa(stands.Version)
	p.Stands = &row{KnownFault: stands, Kind: kindID(stands.Kind)}
	if !stands.Until.IsZero() {
		p.Stands.Until = r.View.Clock(stands.Until)
	}
	return h.show(r, http.StatusConflict, p)
}

// add puts the contracts into the field that have a product installed.
func (h Handlers) add(r *ui.Request, p formPage) (*ui.Page, error) {
	all, err := h.Store.InstalledOf(r.Context(), "")
	if err != nil {
		return nil, fmt.Errorf("reading what is installed: %w", err)
	}
	list := listed(p.Contracts)
	for _, i := range all {
		if i.Product == r.FormValue("product") && !slices.Contains(list, string(i.Contract)) {
			list = append(list, string(i.Contract))
			p.Added++
		}
	}
	if p.Contracts = strings.Join(list, "\n"); p.Added == 0 {
		p.Problem = r.T("faults-no-installation")
		return h.show(r, http.StatusUnprocessableEntity, p)
	}
	return h.show(r, http.StatusOK, p)
}

// end ends a fault: no caller hears of it any more.
func (h Handlers) end(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	id := r.PathValue("id")
	version, err := strconv.Atoi(r.FormValue("version"))
	if err != nil || version < 1 {
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "faults-stale-end"}
	}
	err = h.Store.DeleteFault(r.Context(), id, version)
	switch {
	case errors.Is(err, storage.ErrConflict):
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "faults-stale-end"}
	case errors.Is(err, storage.ErrNotFound): // somebody else has ended it at the same time
		http.Redirect(w, r.Request, "/faults", http.StatusSeeOther)
		return nil, nil
	}
	return h.written(w, r, id, "/faults", err)
}

// written tells the line, and leads on.
func (h Handlers) written(w http.ResponseWriter, r *ui.Request, id, to string, err error) (*ui.Page, error) {
	if err == nil {
		err = h.Tell(r.Context())
	}
	if err != nil {
		return nil, fmt.Errorf("writing known fault %s: %w", id, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "fault", id, "what", r.URL.Path)
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
	return nil, nil
}
