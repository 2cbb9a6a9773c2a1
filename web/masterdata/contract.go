package masterdata

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/form"
	"hotline/web/impact"
	"hotline/web/ui"
)

// Bounds of a contract's fields.
const (
	minutesMost  = 366 * 24 * 60
	keepDaysMost = 36_500
)

// contract is a contract with what its form needs beside it.
type contract struct {
	directory.Contract
	of  directory.Customer // whose a new one is
	at  time.Time          // when a new one is made
	pin string             // of a new one, as it was made
}

// contracts is how contracts are changed.
func (h Handlers) contracts() form.Document[contract] {
	return form.Document[contract]{
		Kind: "contract", Path: "/contracts", Version: func(c contract) int { return c.Version }, Fields: h.contractFields, Said: h.contractSaid, Log: h.Log,
		Read: func(ctx context.Context, id string) (contract, error) {
			c, err := h.Store.Contract(ctx, directory.ContractID(id))
			return contract{Contract: c}, err
		},
		Put: func(ctx context.Context, c contract) (made contract, err error) {
			made.Contract, err = h.Store.PutContract(ctx, c.Contract)
			return made, err
		},
		Ask: func(r *ui.Request, c contract) (template.HTML, error) {
			return impact.Ask(r, h.Desk, tickets.OfContract(c.ID), func(b *directory.Book) { b.Contracts = b.Contracts.With(c.ID, c.Contract) })
		},
		Wrote: h.contractWrote,
		Shows: form.Shows[contract]{Place: func(r *ui.Request, c contract) form.Place {
			return form.Place{Title: r.T("page-contract") + " " + string(c.ID), Back: "/customers/" + string(c.Customer), BackName: r.T("page-customer")}
		}},
	}
}

// contractWrote tells the line and the running tickets of a change.
func (h Handlers) contractWrote(r *ui.Request, was, made contract) (string, *ui.Page, error) {
	tell := h.Desk.AccessStands // which an earlier change may have failed to say
	if made.RemoteAccess != was.RemoteAccess {
		tell = h.Desk.AccessChanged // a fact of the installation: its running tickets stand still, or run on
	}
	err := h.tell(r)
	if err == nil {
		err = errors.Join(impact.Tell(r, h.Desk, tickets.OfContract(made.ID)), tell(r.Context(), made.ID, made.RemoteAccess, r.Actor(), r.Now))
	}
	return "/customers/" + string(made.Customer), nil, err
}

// further is how one more contract of a customer is written. Its first PIN is shown once.
func (h Handlers) further() form.Document[contract] {
	d := h.contracts()
	d.New, d.ID, d.Ask = "keeping-new-contract", func(*ui.Request) string { return "" }, nil
	d.From = func(r *ui.Request) (contract, error) {
		of, err := h.Store.Customer(r.Context(), directory.CustomerID(r.PathValue("id")))
		return contract{Contract: directory.Contract{Customer: of.ID, Language: string(r.Lang), AfterHours: directory.AfterHoursWait, ValidFrom: r.Now}, of: of, at: r.Now}, err
	}
	d.Place = func(_ *ui.Request, c contract) form.Place {
		back := "/customers/" + string(c.of.ID)
		return form.Place{To: back + "/contracts", Back: back, BackName: c.of.Name}
	}
	d.Put = func(ctx context.Context, c contract) (contract, error) {
		made, pin, err := h.PINs.NewContract(ctx, c.Contract, c.at)
		if errors.Is(err, storage.ErrExists) {
			err = &ui.Refusal{Status: http.StatusConflict, ID: "keeping-twice"}
		}
		return contract{made, c.of, c.at, pin}, err
	}
	d.Wrote = func(r *ui.Request, _, made contract) (string, *ui.Page, error) {
		if err := h.tell(r); err != nil {
			return "", nil, err
		}
		letter := ui.Letter(r.View, made.of.Name, string(made.ID), made.pin)
		page, err := pages().Page("pin", r.T("keeping-new-contract"), pinPage{r.View, "/customers/" + string(made.of.ID), made.of.Name, made.ID, made.pin, letter})
		return "", page, err
	}
	return d
}

// pinPage shows the PIN of a new contract, once.
type pinPage struct {
	ui.View
	Back, BackName string
	Contract       directory.ContractID
	PIN            string
	Letter         template.HTML // tells the customer the PIN, on paper
}

// limitFields are the spans that a contract promises instead of its level's, in minutes; empty: as the level.
func limitFields(r *ui.Request, c sla.Category, l *sla.Limits) (list form.Fields) {
	for i, k := range sla.Kinds() {
		f := form.Field{Name: fmt.Sprintf("%s-%s", c, k), Label: r.Words.Clock(string(k)), Kind: form.Number, Most: minutesMost, Group: r.Words.Category(string(c))}
		if l != nil {
			f.Value = strconv.Itoa(int([]time.Duration{l.Contact, l.Intervention, l.Restore}[i] / time.Minute))
		}
		list = append(list, f)
	}
	return list
}

// lastDay is the day before an instant at which a day begins.
func lastDay(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Add(-time.Second).Format(time.DateOnly)
}

func day(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.DateOnly)
}

func (h Handlers) contractFields(r *ui.Request, c contract) (form.Fields, error) {
	levels, err := h.Store.Levels(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the levels: %w", err)
	}
	calendars, err := h.Store.Calendars(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the calendars: %w", err)
	}
	of, hours := []form.Option{}, []form.Option{{Name: r.T("keeping-as-level")}}
	for _, l := range levels {
		of = append(of, form.Option{Value: string(l.ID), Name: l.Name})
	}
	for _, c := range calendars {
		hours = append(hours, form.Option{Value: string(c.ID), Name: c.Name})
	}
	access := ""
	if c.ID != "" {
		access = map[bool]string{true: "yes", false: "no"}[c.RemoteAccess]
	}
	list := form.Fields{
		{Name: "level", Label: r.T("page-level-name"), Value: string(c.Level), Kind: form.Choice, Options: of},
		{Name: "valid_from", Label: r.T("keeping-first-day"), Value: day(c.ValidFrom, r.Zone), Kind: form.Day, Needed: true},
		{Name: "valid_until", Label: r.T("keeping-last-day"), Value: lastDay(c.ValidUntil, r.Zone), Kind: form.Day, Help: r.T("keeping-last-day-text")},
		{Name: "remote_access", Label: r.T("page-access"), Value: access, Kind: form.Choice, Options: []form.Option{{Name: r.T("keeping-choose")}, {Value: "yes", Name: r.T("page-access-yes")}, {Value: "no", Name: r.T("page-access-no")}}, Needed: true, Help: r.T("keeping-access")},
		{Name: "language", Label: r.T("keeping-language"), Value: c.Language, Kind: form.Choice, Options: languages(r)},
		{Name: "calendar", Label: r.T("page-calendar"), Value: string(c.Calendar), Kind: form.Choice, Options: hours},
		{Name: "after_hours", Label: r.T("keeping-after-hours"), Value: string(c.AfterHours), Kind: form.Choice, Options: []form.Option{{Value: string(directory.AfterHoursWait), Name: r.T("keeping-wait")}, {Value: string(directory.AfterHoursRing), Name: r.T("keeping-ring")}}},
	}
	list = append(list, form.Field{Kind: form.Note, Help: r.T("keeping-limits")})
	list = append(append(list, limitFields(r, sla.Blocking, c.Blocking)...), limitFields(r, sla.NonBlocking, c.NonBlocking)...)
	return append(list,
		form.Field{Name: "evo_support", Label: r.T("keeping-evo"), Value: form.Ticked(c.EvoSupport), Kind: form.Tick},
		form.Field{Name: "confirm", Label: r.T("keeping-confirm"), Value: form.Ticked(c.ConfirmByCall), Kind: form.Tick},
		form.Field{Name: "slow_menus", Label: r.T("keeping-slow"), Value: form.Ticked(c.SlowMenus), Kind: form.Tick},
		form.Field{Name: "record_talks", Label: r.T("keeping-talks"), Value: form.Ticked(c.RecordTalks), Kind: form.Tick},
		form.Field{Name: "monthly_statement", Label: r.T("keeping-statement"), Value: form.Ticked(c.Statement), Kind: form.Tick, Help: r.T("keeping-statement-text")},
		form.Field{Name: "keep_days", Label: r.T("keeping-keep-days"), Value: form.Count(c.KeepDays), Kind: form.Number, Least: 1, Most: keepDaysMost, Help: r.T("keeping-keep-days-text")}), nil
}

// limits reads the spans of a category: nil where all are left empty. One that is empty beside others is 0, which the checks refuse. The seconds
// beside whole minutes, which the form does not show, stay where nobody has changed a span.
func limits(f form.Fields, c sla.Category, stands *sla.Limits) *sla.Limits {
	l, any := &sla.Limits{}, false
	if stands == nil {
		stands = &sla.Limits{}
	}
	for i, k := range sla.Kinds() {
		name := fmt.Sprintf("%s-%s", c, k)
		any = any || f.Value(name) != ""
		span := []time.Duration{stands.Contact, stands.Intervention, stands.Restore}[i]
		if n := time.Duration(f.Number(name)); n != span/time.Minute {
			span = n * time.Minute
		}
		*[]*time.Duration{&l.Contact, &l.Intervention, &l.Restore}[i] = span
	}
	if !any {
		return nil
	}
	return l
}

// contractSaid is the contract as a form says it; else a *form.Refusal, or an error of the store.
func (h Handlers) contractSaid(r *ui.Request, id string, f form.Fields, stands contract) (contract, error) {
	access := f.Value("remote_access") == "yes"
	c := entry.Contract{
		ID: id, Customer: string(stands.Customer), Level: f.Value("level"), Language: f.Value("language"), Calendar: f.Value("calendar"), AfterHours: f.Value("after_hours"),
		ValidFrom: f.Day(r, "valid_from"), RemoteAccess: &access, Blocking: limits(f, sla.Blocking, stands.Blocking), NonBlocking: limits(f, sla.NonBlocking, stands.NonBlocking), KeepDays: f.Number("keep_days"),
		EvoSupport: f.Yes("evo_support"), ConfirmByCall: f.Yes("confirm"), SlowMenus: f.Yes("slow_menus"), RecordTalks: f.Yes("record_talks"), Statement: f.Yes("monthly_statement"),
	}
	// an instant within a day, which the form does not show, stays
	if stands.Version > 0 && f.Value("valid_from") == day(stands.ValidFrom, r.Zone) {
		c.ValidFrom = stands.ValidFrom
	}
	switch text := f.Value("valid_until"); text {
	case "":
	case lastDay(stands.ValidUntil, r.Zone):
		c.ValidUntil = &stands.ValidUntil
	default:
		c.ValidUntil = new(f.Day(r, "valid_until").AddDate(0, 0, 1))
	}
	next, err := stands, error(nil)
	next.Contract, err = c.Check(r.Context(), h.Store)
	var wrong *form.Refusal
	if errors.As(err, &wrong) {
		wrong.Field = strings.Replace(wrong.Field, ".", "-", 1) // of a clock's limit
	}
	next.PINAt, next.Version = stands.PINAt, stands.Version
	return next, err
}
