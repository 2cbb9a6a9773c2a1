// Package policies is the pages on which escalation policies are written: for whom they are, and the steps in which engineers are rung.
// Before one is saved it can be asked who would be rung at an instant for a blocking call of a contract, by the function that plans the
// ringing (escalation.For). What may be written is said by the checks that the API has, too (escalation.Policy.Check).
package policies

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hotline/directory/entry"
	"hotline/numbers"
	"hotline/oncall/escalation"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/nested"
	"hotline/web/room"
)

// Store is what the pages read and write.
type Store interface {
	escalation.Source
	Levels(ctx context.Context) ([]sla.Level, error)
	PutPolicy(ctx context.Context, p escalation.Policy) (escalation.Policy, error)
	DeletePolicy(ctx context.Context, id string, version int) error
}

// House is what the pages need. Everything is required.
type House struct {
	Store     Store
	Desk      *tickets.Desk
	Plan      numbers.Plan
	Telephone func(address string) error // nil result: it can be rung
	Defaults  escalation.Defaults        // of a policy that says nothing of its own
	Log       *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// formMost is what the form of a policy of so many steps may have, in octets.
const formMost = 1 << 20

// Routes are the pages and their forms. Who may write policies is as for the tokens of the API.
func Routes(h House) []room.Route {
	admins := []users.Role{users.Admin}
	return []room.Route{
		{Pattern: "GET /policies", Roles: users.Roles(), Serve: h.list},
		{Pattern: "GET /policies/new", Roles: admins, Serve: h.shown},
		{Pattern: "POST /policies", Roles: admins, Most: formMost, Serve: h.write},
		{Pattern: "GET /policies/{id}", Roles: admins, Serve: h.shown},
		{Pattern: "POST /policies/{id}", Roles: admins, Most: formMost, Serve: h.write},
		{Pattern: "POST /policies/{id}/remove", Roles: admins, Serve: h.remove},
	}
}

// draft is a policy on its way to be written.
type draft struct {
	docs   escalation.Documents
	levels []sla.Level
	stands escalation.Policy // zero for a new one
	form   nested.Form
	title  string
}

func (h House) read(r *room.Request) (d escalation.Documents, levels []sla.Level, err error) {
	if d, err = escalation.Read(r.Context(), h.Store); err != nil {
		return d, nil, fmt.Errorf("reading the policies: %w", err)
	}
	if levels, err = h.Store.Levels(r.Context()); err != nil {
		return d, nil, fmt.Errorf("reading the levels: %w", err)
	}
	return d, levels, nil
}

// open reads the policy of an address, and makes its form; a new one where the address names none.
func (h House) open(r *room.Request) (w draft, err error) {
	if w.docs, w.levels, err = h.read(r); err != nil {
		return w, err
	}
	w.form = nested.Form{Back: "/policies", BackName: r.T("policies"), To: "/policies", ID: r.FormValue("id"), Buttons: []nested.Button{{Value: "look", Title: r.T("policies-look"), Second: true}, {Value: "save", Title: r.T("keeping-save")}}, Hint: r.T("policies-text")}
	id := r.PathValue("id")
	if id == "" {
		w.title, w.form.ID = r.T("policies-new"), cmp.Or(w.form.ID, nested.NewID())
		return w, nil
	}
	at := slices.IndexFunc(w.docs.Policies, func(one escalation.Policy) bool { return one.ID == id })
	if at < 0 {
		return w, fmt.Errorf("escalation policy %s: %w", id, storage.ErrNotFound)
	}
	w.stands = w.docs.Policies[at]
	w.title, w.form.To, w.form.Version = w.stands.Name, "/policies/"+id, strconv.Itoa(w.stands.Version)
	return w, nil
}

// shown is the form of a policy as it stands, with the contracts that it serves.
func (h House) shown(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	blank := w.stands
	if w.form.Version == "" {
		blank = escalation.Default()
		blank.Name = ""
	}
	w.form.Groups = w.groups(r, blank, len(blank.Steps)+1)
	w.form.Groups = append(w.form.Groups, h.question(r))
	if w.form.Version != "" {
		if err := w.beside(r, h.contracts(w)); err != nil {
			return nil, err
		}
	}
	return w.form.Page(r.View, w.title, http.StatusOK)
}

// beside puts what uses the policy, and the form that removes it, below everything.
func (w *draft) beside(r *room.Request, used []string) error {
	more := max(0, len(used)-usedMost)
	p, err := pages().Page("beside", "", struct {
		room.View
		To, Version string
		Serves      string
		Used        []string
		More        int
	}{r.View, w.form.To, w.form.Version, nested.ServesWords(r.View, w.stands.Serves, w.levels), used[:len(used)-more], more})
	if err == nil {
		w.form.After += p.Content
	}
	return err
}

// write looks at a policy that a form has, or writes it.
func (h House) write(out http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	w.form.Groups = append(w.groups(r, escalation.Policy{}, min(stepsMost, nested.Count(r, "step", "what", stepsMost)+1)), h.question(r))
	nested.Said(r, w.form.Groups)
	shown := r.FormValue("version")
	made, err := h.said(r, w)
	if err == nil && r.FormValue("do") != "save" {
		w.form.Version = shown
		err = h.look(r, &w, made)
		if err == nil {
			return w.form.Page(r.View, w.title, http.StatusOK)
		}
	}
	if err != nil {
		w.form.Version = shown
		return w.form.Refused(r, w.title, err)
	}
	if w.form.Version != shown {
		return w.outdated(r)
	}
	_, err = h.Store.PutPolicy(r.Context(), made)
	switch {
	case errors.Is(err, storage.ErrExists): // the form was sent a second time: what it made stands
	case errors.Is(err, storage.ErrConflict):
		groups := w.form.Groups
		if w, err = h.open(r); err != nil {
			return nil, err
		}
		w.form.Groups = groups
		return w.outdated(r)
	case err != nil:
		return nil, fmt.Errorf("writing escalation policy %s: %w", made.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "policy", made.ID)
	http.Redirect(out, r.Request, "/policies", http.StatusSeeOther)
	return nil, nil
}

func (w draft) outdated(r *room.Request) (*room.Page, error) {
	last := len(w.form.Groups) - 1 // the question is none of the document's
	question := w.form.Groups[last]
	return w.form.Outdated(r, w.title, append(w.groups(r, w.stands, len(w.stands.Steps)), question), strconv.Itoa(w.stands.Version))
}

// sound refuses a policy that cannot be right, by itself or beside the others, and spells its telephones, as the API does.
func (h House) sound(w draft, made *escalation.Policy) error {
	err := made.Check(w.docs.Engineers, w.docs.Schedules)
	if err == nil {
		err = made.CheckServes(w.docs.Policies)
	}
	if err != nil {
		return &entry.Refusal{Text: strings.TrimSuffix(err.Error(), ": "+escalation.ErrPolicy.Error())}
	}
	for i, phone := range made.Overflow {
		spelt, err := entry.Callable(h.Plan, phone)
		if err == nil {
			err = h.Telephone(spelt)
		}
		if err != nil {
			return &entry.Refusal{Field: "overflow", Text: err.Error()}
		}
		made.Overflow[i] = spelt
	}
	return nil
}

// remove removes a policy: the requests that it served have the next one, or every level of the rota.
func (h House) remove(out http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	if w.form.Version == r.FormValue("version") {
		err = h.Store.DeletePolicy(r.Context(), w.stands.ID, w.stands.Version)
	}
	if w.form.Version != r.FormValue("version") || errors.Is(err, storage.ErrConflict) {
		return nil, &room.Refusal{Status: http.StatusConflict, ID: "form-not-removed"}
	}
	if err != nil {
		return nil, fmt.Errorf("removing escalation policy %s: %w", w.stands.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff removed", "by", r.User.Name, "policy", w.stands.ID)
	http.Redirect(out, r.Request, "/policies", http.StatusSeeOther)
	return nil, nil
}
