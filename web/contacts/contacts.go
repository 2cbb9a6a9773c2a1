// Package contacts is the pages of one engineer beside the name and the telephones (web/masterdata): how the engineer is rung and when, which
// telephones are proven, the PIN of the console by telephone, and the removal of an engineer whom nothing names any more. What may be
// written is said by the checks that the API has, too (escalation.Contact.Check).
package contacts

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
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
	oncall.Store
	escalation.Source
	PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error)
	Contact(ctx context.Context, id oncall.EngineerID) (escalation.Contact, error)
	PutContact(ctx context.Context, c escalation.Contact) (escalation.Contact, error)
	DeleteContact(ctx context.Context, id oncall.EngineerID, version int) error
	ProofsOf(ctx context.Context, id oncall.EngineerID) (oncall.Proofs, error)
}

// Handlers answers these pages. It is what the pages need. Everything is required, but NewPIN.
type Handlers struct {
	Store Store
	Desk  *tickets.Desk
	// NewPIN gives an engineer another PIN, which it returns once; nil: this process gives none.
	NewPIN func(ctx context.Context, id oncall.EngineerID, now time.Time) (stands oncall.PIN, digits string, err error)
	Log    *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// formMost is what the form of a contact with so many rules may have, in octets.
const formMost = 1 << 20

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h Handlers) []ui.Route {
	admins, doc := []users.Role{users.Admin}, h.document()
	return []ui.Route{
		{Pattern: "GET /engineers/{id}/contact", Roles: admins, Serve: doc.Form},
		{Pattern: "POST /engineers/{id}/contact", Roles: admins, Most: formMost, Serve: doc.Write},
		{Pattern: "POST /engineers/{id}/contact/remove", Roles: admins, Serve: doc.Remove},
		{Pattern: "GET /engineers/{id}/pin", Roles: admins, Serve: h.pin},
		{Pattern: "POST /engineers/{id}/pin", Roles: admins, Serve: h.newPIN},
		{Pattern: "POST /engineers/{id}/pin/end", Roles: admins, Serve: h.endPIN},
		{Pattern: "GET /engineers/{id}/remove", Roles: admins, Serve: h.parting},
		{Pattern: "POST /engineers/{id}/remove", Roles: admins, Serve: h.remove},
	}
}

// What a form may hold, as by the API.
const (
	rulesMost = 50
	zoneMost  = 100
	whyMost   = 500
	linesMost = 10_000 // characters of hours
)

// draft is how an engineer is rung, with what its form needs beside it. Version 0: nothing was written.
type draft struct {
	escalation.Contact
	engineer oncall.Engineer
}

// rules are the rules of a form. A row without a telephone is none.
func rules() form.Parts {
	return form.Parts{Name: "rule-%d-%s", API: "rules", Marks: []string{"phone"}, Blank: 1, Most: rulesMost}
}

func (h Handlers) engineer(r *ui.Request) (oncall.Engineer, error) {
	e, err := h.Store.Engineer(r.Context(), oncall.EngineerID(r.PathValue("id")))
	if err != nil {
		return e, fmt.Errorf("reading an engineer: %w", err)
	}
	return e, nil
}

// document is how it is written how an engineer is rung. Without a version it is every telephone at every hour.
func (h Handlers) document() form.Document[draft] {
	return form.Document[draft]{
		Kind: "contact", Path: "/engineers", List: "/engineers", ListTitle: "keeping-engineers",
		Version: func(w draft) int { return w.Version }, Read: h.read, Fields: fieldsOf, Said: said, Log: h.Log,
		Put: func(ctx context.Context, w draft) (made draft, err error) {
			made.Contact, err = h.Store.PutContact(ctx, w.Contact)
			return made, err
		},
		Delete: func(r *ui.Request, id string, version int) error {
			return h.Store.DeleteContact(r.Context(), oncall.EngineerID(id), version)
		},
		Shows: form.Shows[draft]{
			Wide: true, Removal: true, Beside: forgets,
			Place: func(r *ui.Request, w draft) form.Place {
				return form.Place{Title: r.T("contacts-of", w.engineer.Name), To: "/engineers/" + string(w.engineer.ID) + "/contact"}
			},
			Above: func(r *ui.Request, w draft) (template.HTML, error) {
				proven, err := h.proven(r, w.engineer)
				return proven + form.Hint(r, "contacts-text"), err
			},
		},
	}
}

func (h Handlers) read(ctx context.Context, id string) (w draft, err error) {
	if w.engineer, err = h.Store.Engineer(ctx, oncall.EngineerID(id)); err != nil {
		return w, err
	}
	w.Contact, err = h.Store.Contact(ctx, w.engineer.ID)
	if errors.Is(err, storage.ErrNotFound) {
		main, wrong := h.Store.Rota(ctx)
		w.Contact, err = escalation.Contact{Engineer: w.engineer.ID, Zone: cmp.Or(main.Zone, h.Desk.Zone().String())}, wrong
	}
	return w, err
}

// forgets is the form that removes what was written.
func forgets(r *ui.Request, w draft) (template.HTML, error) {
	if w.Version == 0 {
		return "", nil
	}
	page, err := pages().Page("forget", "", struct {
		ui.View
		To, Version string
	}{r.View, "/engineers/" + string(w.engineer.ID) + "/contact", strconv.Itoa(w.Version)})
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// phoneRow is one telephone of an engineer, and until when it is proven.
type phoneRow struct{ Phone, Proven string }

// proven is the engineer's telephones, each with its proof.
func (h Handlers) proven(r *ui.Request, e oncall.Engineer) (template.HTML, error) {
	proofs, err := h.Store.ProofsOf(r.Context(), e.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", fmt.Errorf("reading the proofs of %s: %w", e.ID, err)
	}
	var rows []phoneRow
	for _, phone := range e.Phones {
		row := phoneRow{Phone: phone}
		if until := oncall.Proven(proofs.List, e.ID, phone, r.Now); until.After(r.Now) {
			row.Proven = r.Clock(until)
		}
		rows = append(rows, row)
	}
	page, err := pages().Page("proven", "", struct {
		ui.View
		ID   oncall.EngineerID
		Rows []phoneRow
	}{r.View, e.ID, rows})
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

func fieldsOf(r *ui.Request, w draft) (form.Fields, error) {
	silence := ""
	if w.Silence != nil {
		silence = w.Silence.Why
	}
	list := form.Fields{
		{Name: "zone", Label: r.T("form-zone"), Value: w.Zone, Kind: form.Text, Most: zoneMost, Needed: true, Help: r.T("form-zone-text")},
		{Name: "silence", Label: r.T("contacts-silence"), Value: silence, Kind: form.Text, Most: whyMost, Help: r.T("contacts-silence-text")},
	}
	phones := []form.Option{{Name: r.T("contacts-no-rule")}}
	for _, p := range w.engineer.Phones {
		phones = append(phones, form.Option{Value: p, Name: p})
	}
	for i := range rules().Rows(r, len(w.Rules)) {
		var one escalation.Rule
		if i < len(w.Rules) {
			one = w.Rules[i]
		}
		at, group := func(what string) string { return rules().At(i, what) }, r.T("contacts-rule", i+1)
		list = append(list,
			form.Field{Name: at("phone"), Label: r.T("contacts-phone"), Value: one.Phone, Kind: form.Choice, Options: form.WithOption(phones, one.Phone), Group: group}, // which the engineer may not have any more
			rules().Place(r, i, group),
			form.Field{Name: at("hours"), Label: r.T("rotas-hours"), Value: fields.Week(r.View, one.Hours), Kind: form.Lines, Most: linesMost, Help: fields.WeekHelp(r), Group: group},
		)
		for _, c := range sla.Categories() {
			list = append(list, form.Field{Name: at(string(c)), Label: r.Words.Category(string(c)), Value: form.Ticked(slices.Contains(one.Categories, c)), Kind: form.Tick, Group: group})
		}
	}
	return list, nil
}

// said is the contact as the form says it, checked, or a *form.Refusal. The test calls by appointment stay.
func said(r *ui.Request, _ string, f form.Fields, stands draft) (draft, error) {
	made := draft{escalation.Contact{
		Engineer: stands.engineer.ID, Test: stands.Test, Version: stands.Version, Zone: f.Value("zone"), Silence: fields.Silence(r, f.Value("silence"), stands.Silence),
	}, stands.engineer}
	for _, i := range rules().Said(f) {
		at := func(what string) string { return rules().At(i, what) }
		was := escalation.Rule{}
		if i < len(stands.Rules) {
			was = stands.Rules[i]
		}
		hours, err := fields.ReadWeek(r.View, at("hours"), f.Value(at("hours")))
		if err != nil {
			return made, err
		}
		made.Rules = append(made.Rules, escalation.Rule{Phone: f.Value(at("phone")), Hours: hours, Categories: form.Among(f, at(""), was.Categories)})
	}
	return made, form.Refused(made.Check(stands.engineer), func(path string) string { return rules().Field(path, rules().Said(f)) })
}

func (h Handlers) wrote(r *ui.Request, id oncall.EngineerID) {
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "engineer", string(id), "what", r.URL.Path)
}
