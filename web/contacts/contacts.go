// Package contacts is the pages of one engineer beside the name and the telephones (web/keeping): how the engineer is rung and when, which
// telephones are proven, the PIN of the console by telephone, and the removal of an engineer whom nothing names any more. What may be
// written is said by the checks that the API has, too (escalation.Contact.Check).
package contacts

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
	"time"

	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/nested"
	"hotline/web/room"
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

// House is what the pages need. Everything is required, but NewPIN.
type House struct {
	Store Store
	Desk  *tickets.Desk
	// NewPIN gives an engineer another PIN, which it returns once; nil: this process gives none.
	NewPIN func(ctx context.Context, id oncall.EngineerID, now time.Time) (stands oncall.PIN, digits string, err error)
	Log    *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() room.Templates { return room.Parse(files) })

// formMost is what the form of a contact with so many rules may have, in octets.
const formMost = 1 << 20

// Routes are the pages and their forms. Who may write what is as for the tokens of the API.
func Routes(h House) []room.Route {
	admins := []users.Role{users.Admin}
	return []room.Route{
		{Pattern: "GET /engineers/{id}/contact", Roles: admins, Serve: h.shown},
		{Pattern: "POST /engineers/{id}/contact", Roles: admins, Most: formMost, Serve: h.write},
		{Pattern: "POST /engineers/{id}/contact/remove", Roles: admins, Serve: h.forget},
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

// draft is how an engineer is rung, on its way to be written.
type draft struct {
	engineer oncall.Engineer
	stands   escalation.Contact // version 0: nothing was written
	form     nested.Form
	title    string
}

func (h House) engineer(r *room.Request) (oncall.Engineer, error) {
	e, err := h.Store.Engineer(r.Context(), oncall.EngineerID(r.PathValue("id")))
	if err != nil {
		return e, fmt.Errorf("reading an engineer: %w", err)
	}
	return e, nil
}

// open reads the contact of an address, and makes its form.
func (h House) open(r *room.Request) (w draft, err error) {
	if w.engineer, err = h.engineer(r); err != nil {
		return w, err
	}
	w.stands, err = h.Store.Contact(r.Context(), w.engineer.ID)
	if errors.Is(err, storage.ErrNotFound) {
		main, wrong := h.Store.Rota(r.Context())
		w.stands, err = escalation.Contact{Engineer: w.engineer.ID, Zone: cmp.Or(main.Zone, h.Desk.Zone().String())}, wrong
	}
	if err != nil {
		return w, fmt.Errorf("reading how %s is rung: %w", w.engineer.ID, err)
	}
	w.title = r.T("contacts-of", w.engineer.Name)
	w.form = nested.Form{
		Back: "/engineers", BackName: r.T("keeping-engineers"), To: "/engineers/" + string(w.engineer.ID) + "/contact", Version: strconv.Itoa(w.stands.Version),
		Buttons: []nested.Button{{Value: "save", Title: r.T("keeping-save")}}, Hint: r.T("contacts-text"),
	}
	return w, h.proven(r, &w)
}

// phoneRow is one telephone of an engineer, and until when it is proven.
type phoneRow struct{ Phone, Proven string }

// proven puts the engineer's telephones above the form, each with its proof.
func (h House) proven(r *room.Request, w *draft) error {
	proofs, err := h.Store.ProofsOf(r.Context(), w.engineer.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("reading the proofs of %s: %w", w.engineer.ID, err)
	}
	var rows []phoneRow
	for _, phone := range w.engineer.Phones {
		row := phoneRow{Phone: phone}
		if until := oncall.Proven(proofs.List, w.engineer.ID, phone, r.Now); until.After(r.Now) {
			row.Proven = r.Clock(until)
		}
		rows = append(rows, row)
	}
	page, err := pages().Page("proven", "", struct {
		room.View
		ID   oncall.EngineerID
		Rows []phoneRow
	}{r.View, w.engineer.ID, rows})
	if err == nil {
		w.form.Before = page.Content
	}
	return err
}

// groups are the fields of a contact, with so many rules.
func (w draft) groups(r *room.Request, c escalation.Contact, rules int) []nested.Group {
	silence := ""
	if c.Silence != nil {
		silence = c.Silence.Why
	}
	list := []nested.Group{{Fields: []nested.Field{
		{Name: "zone", Label: r.T("form-zone"), Value: c.Zone, Kind: "text", Most: zoneMost, Needed: true, Text: r.T("form-zone-text")},
		{Name: "silence", Label: r.T("contacts-silence"), Value: silence, Kind: "text", Most: whyMost, Text: r.T("contacts-silence-text")},
	}}}
	for i := range rules {
		var one escalation.Rule
		if i < len(c.Rules) {
			one = c.Rules[i]
		}
		list = append(list, w.rule(r, i, one))
	}
	return list
}

func (w draft) rule(r *room.Request, i int, one escalation.Rule) nested.Group {
	at := func(name string) string { return fmt.Sprintf("rule-%d-%s", i, name) }
	phones := []nested.Option{{Value: "", Name: r.T("contacts-no-rule")}}
	for _, p := range w.engineer.Phones {
		phones = append(phones, nested.Option{Value: p, Name: p})
	}
	if !slices.ContainsFunc(phones, func(o nested.Option) bool { return o.Value == one.Phone }) { // the engineer does not have it any more
		phones = append(phones, nested.Option{Value: one.Phone, Name: one.Phone})
	}
	g := nested.Group{Title: r.T("contacts-rule", i+1), Fields: []nested.Field{
		{Name: at("phone"), Label: r.T("contacts-phone"), Value: one.Phone, Kind: "choice", Options: phones},
		{Name: at("place"), Label: r.T("keeping-order"), Value: strconv.Itoa(i + 1), Kind: "number", Least: 1, Most: rulesMost},
		{Name: at("hours"), Label: r.T("rotas-hours"), Value: nested.Week(r.View, one.Hours), Kind: "lines", Most: linesMost, Text: r.T("form-week-text", r.Weekday(time.Saturday), r.Weekday(time.Monday), r.Weekday(time.Friday))},
	}}
	for _, c := range sla.Categories() {
		g.Fields = append(g.Fields, nested.Field{Name: at(string(c)), Label: r.Words.Category(string(c)), Value: nested.Tick(slices.Contains(one.Categories, c)), Kind: "tick"})
	}
	return g
}

// said is the contact as the form says it, checked, or an *entry.Refusal. The test calls by appointment stay.
func (w draft) said(r *room.Request) (escalation.Contact, error) {
	made := escalation.Contact{Engineer: w.engineer.ID, Test: w.stands.Test, Version: w.stands.Version}
	values, err := nested.Values(w.form.Groups)
	if err != nil {
		return made, err
	}
	made.Zone = values["zone"]
	if why := values["silence"]; why != "" {
		made.Silence = &escalation.Silence{By: r.Actor(), Why: why, At: r.Now}
		if w.stands.Silence != nil && w.stands.Silence.Why == why { // the choice stays who made it
			made.Silence = w.stands.Silence
		}
	}
	type placed struct {
		place int
		rule  escalation.Rule
	}
	var rules []placed
	for i := range len(w.form.Groups) - 1 {
		at := func(name string) string { return fmt.Sprintf("rule-%d-%s", i, name) }
		one := escalation.Rule{Phone: values[at("phone")]}
		if one.Phone == "" {
			continue
		}
		place, err := nested.Number(values, at("place"))
		if err == nil {
			one.Hours, err = nested.ReadWeek(r.View, at("hours"), values[at("hours")])
		}
		if err != nil {
			return made, err
		}
		for _, c := range sla.Categories() {
			if values[at(string(c))] != "" {
				one.Categories = append(one.Categories, c)
			}
		}
		rules = append(rules, placed{place, one})
	}
	slices.SortStableFunc(rules, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	for _, one := range rules {
		made.Rules = append(made.Rules, one.rule)
	}
	if err := made.Check(w.engineer); err != nil {
		return made, &entry.Refusal{Text: strings.TrimSuffix(err.Error(), ": "+escalation.ErrPolicy.Error())}
	}
	return made, nil
}

func (h House) shown(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	w.form.Groups = w.groups(r, w.stands, len(w.stands.Rules)+1)
	if w.stands.Version > 0 {
		page, err := pages().Page("forget", "", struct {
			room.View
			To, Version string
		}{r.View, w.form.To, w.form.Version})
		if err != nil {
			return nil, err
		}
		w.form.After = page.Content
	}
	return w.form.Page(r.View, w.title, http.StatusOK)
}

func (h House) write(out http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	w.form.Groups = w.groups(r, escalation.Contact{}, min(rulesMost, nested.Count(r, "rule", "phone", rulesMost)+1))
	nested.Said(r, w.form.Groups)
	made, err := w.said(r)
	if err != nil {
		w.form.Version = r.FormValue("version")
		return w.form.Refused(r, w.title, err)
	}
	if w.form.Version != r.FormValue("version") {
		return w.outdated(r)
	}
	_, err = h.Store.PutContact(r.Context(), made)
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrExists) {
		groups := w.form.Groups
		if w, err = h.open(r); err != nil {
			return nil, err
		}
		w.form.Groups = groups
		return w.outdated(r)
	}
	if err != nil {
		return nil, fmt.Errorf("writing how %s is rung: %w", w.engineer.ID, err)
	}
	h.wrote(r, w.engineer.ID)
	http.Redirect(out, r.Request, "/engineers", http.StatusSeeOther)
	return nil, nil
}

func (w draft) outdated(r *room.Request) (*room.Page, error) {
	return w.form.Outdated(r, w.title, w.groups(r, w.stands, len(w.stands.Rules)), strconv.Itoa(w.stands.Version))
}

// forget removes the rules of an engineer, who is rung on every telephone then.
func (h House) forget(out http.ResponseWriter, r *room.Request) (*room.Page, error) {
	w, err := h.open(r)
	if err != nil {
		return nil, err
	}
	if w.form.Version == r.FormValue("version") {
		err = h.Store.DeleteContact(r.Context(), w.engineer.ID, w.stands.Version)
	}
	if w.form.Version != r.FormValue("version") || errors.Is(err, storage.ErrConflict) {
		return nil, &room.Refusal{Status: http.StatusConflict, ID: "form-not-removed"}
	}
	if err != nil {
		return nil, fmt.Errorf("removing how %s is rung: %w", w.engineer.ID, err)
	}
	h.wrote(r, w.engineer.ID)
	http.Redirect(out, r.Request, "/engineers", http.StatusSeeOther)
	return nil, nil
}

func (h House) wrote(r *room.Request, id oncall.EngineerID) {
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "engineer", string(id), "what", r.URL.Path)
}
