// Package policies is the pages on which escalation policies are written: for whom they are, and the steps in which engineers are rung.
// Before one is saved it can be asked who would be rung at an instant for a blocking call of a contract, by the function that plans the
// ringing (escalation.For). What may be written is said by the checks that the API has, too (escalation.Policy.Check).
package policies

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
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
	"hotline/web/form"
	"hotline/web/form/fields"
	"hotline/web/ui"
)

// Store is what the pages read and write.
type Store interface {
	escalation.Source
	Levels(ctx context.Context) ([]sla.Level, error)
	PutPolicy(ctx context.Context, p escalation.Policy) (escalation.Policy, error)
	DeletePolicy(ctx context.Context, id string, version int) error
}

// Handlers answers these pages. It is what the pages need. Everything is required.
type Handlers struct {
	Store     Store
	Desk      *tickets.Desk
	Plan      numbers.Plan
	Telephone func(address string) error // nil result: it can be rung
	Defaults  escalation.Defaults        // of a policy that says nothing of its own
	Log       *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// formMost is what the form of a policy of so many steps may have, in octets.
const formMost = 1 << 20

// Routes are the pages and their forms. Who may write policies is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	admins, doc := []users.Role{users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /policies", Roles: users.Roles(), Serve: h.list},
		{Pattern: "GET /policies/new", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /policies", Roles: admins, Most: formMost, Serve: doc.Write},
		{Pattern: "GET /policies/{id}", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /policies/{id}", Roles: admins, Most: formMost, Serve: doc.Write},
		{Pattern: "POST /policies/{id}/remove", Roles: admins, Serve: doc.Remove},
	}
}

// draft is a policy with what its form needs beside it.
type draft struct {
	escalation.Policy
	docs   escalation.Documents
	levels []sla.Level
}

func (h Handlers) read(ctx context.Context) (d escalation.Documents, levels []sla.Level, err error) {
	if d, err = escalation.Read(ctx, h.Store); err != nil {
		return d, nil, fmt.Errorf("reading the policies: %w", err)
	}
	if levels, err = h.Store.Levels(ctx); err != nil {
		return d, nil, fmt.Errorf("reading the levels: %w", err)
	}
	return d, levels, nil
}

// document is how policies are written.
func (h Handlers) document() form.Document[draft] {
	return form.Document[draft]{
		Kind: "escalation policy", Path: "/policies", List: "/policies", ListTitle: "policies", New: "policies-new",
		Version: func(w draft) int { return w.Version }, Fields: h.fields, Said: h.said, Log: h.Log,
		Read: func(ctx context.Context, id string) (w draft, err error) {
			w.docs, w.levels, err = h.read(ctx)
			at := slices.IndexFunc(w.docs.Policies, func(one escalation.Policy) bool { return one.ID == id })
			if err == nil && at < 0 {
				err = storage.ErrNotFound
			}
			if err == nil {
				w.Policy = w.docs.Policies[at]
			}
			return w, err
		},
		From: func(r *ui.Request) (w draft, err error) {
			w.Policy = escalation.Default()
			w.ID, w.Name = "", ""
			w.docs, w.levels, err = h.read(r.Context())
			return w, err
		},
		Put: func(ctx context.Context, w draft) (made draft, err error) {
			made.Policy, err = h.Store.PutPolicy(ctx, w.Policy)
			if errors.Is(err, escalation.ErrPolicy) { // written since the check
				err = form.Refused(err, func(string) string { return "" }) // the rows that were typed are not known here
			}
			return made, err
		},
		Delete: func(r *ui.Request, id string, version int) error {
			return h.Store.DeletePolicy(r.Context(), id, version)
		},
		Looks: form.Looks[draft]{First: true, Try: "policies-look", Preview: h.look},
		Shows: form.Shows[draft]{
			Wide: true, Removal: true, Beside: h.beside,
			Place: func(_ *ui.Request, w draft) form.Place { return form.Place{Title: w.Name} },
			Above: func(r *ui.Request, _ draft) (template.HTML, error) { return form.Hint(r, "policies-text"), nil },
		},
	}
}

// beside is what uses the policy, and the form that removes it.
func (h Handlers) beside(r *ui.Request, w draft) (template.HTML, error) {
	used := h.contracts(w)
	more := max(0, len(used)-usedMost)
	p, err := pages().Page("beside", "", struct {
		ui.View
		To, Version string
		Serves      string
		Used        []string
		More        int
	}{r.View, "/policies/" + w.ID, strconv.Itoa(w.Version), fields.ServesWords(r.View, w.Serves, w.levels), used[:len(used)-more], more})
	if err != nil {
		return "", err
	}
	return p.Content, nil
}

// fieldAt is the field of the form at a path of a policy, by the rows in which its steps stand.
func fieldAt(path string, rows []int) string {
	switch field := steps().Field(path, rows); {
	case field == "serves": // the first of the fields that say it
		return "contracts"
	case field == "steps":
		return steps().At(0, "what")
	default:
		return strings.TrimSuffix(field, "_seconds")
	}
}

// sound refuses a policy that cannot be right, by itself or beside the others, and spells its telephones, as the API does.
func (h Handlers) sound(w draft, made *escalation.Policy, rows []int) error {
	err := made.Check(w.docs.Engineers, w.docs.Schedules)
	if err == nil {
		err = made.CheckServes(w.docs.Policies)
	}
	if err != nil {
		return form.Refused(err, func(path string) string { return fieldAt(path, rows) })
	}
	for i, phone := range made.Overflow {
		spelt, err := entry.Callable(h.Plan, phone)
		if err == nil {
			err = h.Telephone(spelt)
		}
		if err != nil {
			return &form.Refusal{Field: "overflow", Text: err.Error()}
		}
		made.Overflow[i] = spelt
	}
	return nil
}
