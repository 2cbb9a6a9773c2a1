package schedules

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/schema"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
)

type absencesInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		Absences []absenceView `json:"absences" nullable:"false" maxItems:"1000"`
	}
}

type absenceView struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	Note  string    `json:"note,omitempty" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	UID   string    `json:"uid,omitempty" doc:"Of the iCalendar event that it came from; left out: staff wrote it"`
}

type absencesView struct {
	Engineer string        `json:"engineer"`
	Absences []absenceView `json:"absences" nullable:"false"`
	Left     []string      `json:"left_out,omitempty" doc:"Events of a file that were not taken, with their lines"`
	Version  int           `json:"version"`
}

func absences(id string, a rota.Absences) absencesView {
	v := absencesView{Engineer: id, Absences: []absenceView{}, Version: a.Version}
	for _, one := range a.List {
		v.Absences = append(v.Absences, absenceView{one.From, one.Until, one.Note, one.UID})
	}
	return v
}

func (c Config) absenceRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/engineers/{id}/absences", "get-absences", "When an engineer is away"), func(ctx context.Context, in *document.ByID) (*document.Versioned[absencesView], error) {
		if _, err := c.engineer(ctx, in.ID); err != nil {
			return nil, err
		}
		a, err := orNone(c.Store.AbsencesOf(ctx, oncall.EngineerID(in.ID)))
		return document.Tagged(absences(in.ID, a), a.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/engineers/{id}/absences", "put-absences", "Write when an engineer is away, whole"), func(ctx context.Context, in *absencesInput) (*document.Versioned[absencesView], error) {
		a, err := c.editAbsences(ctx, document.Edit{Precondition: in.Precondition, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(rota.Absences) (rota.Absences, error) {
			next := rota.Absences{Engineer: oncall.EngineerID(in.ID)}
			for i, v := range in.Body.Absences {
				one := rota.Absence{Engineer: next.Engineer, From: v.From, Until: v.Until, Note: v.Note, UID: v.UID}
				if err := one.Check(); err != nil {
					return next, refused(fmt.Sprintf("body.absences[%d]", i), err)
				}
				next.List = append(next.List, one)
			}
			return next, nil
		})
		return document.Tagged(absences(in.ID, a), a.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPost, "/engineers/{id}/absences", "import-absences", "Take an engineer's absences from an iCalendar file; those of an earlier file are replaced, those that staff wrote stay"), c.importAbsences)
}

func (c Config) editAbsences(ctx context.Context, e document.Edit, change func(rota.Absences) (rota.Absences, error)) (rota.Absences, error) {
	if _, err := c.engineer(ctx, e.ID); err != nil {
		return rota.Absences{}, err
	}
	e.Name = "the absences of " + e.ID
	k := document.Kind[rota.Absences]{
		Read: func(ctx context.Context, id string) (rota.Absences, error) {
			return c.Store.AbsencesOf(ctx, oncall.EngineerID(id))
		},
		Put:     c.Store.PutAbsences,
		Version: func(a *rota.Absences) *int { return &a.Version },
	}
	return k.Do(ctx, e, func(_ context.Context, stands rota.Absences) (rota.Absences, error) { return change(stands) })
}

type importInput struct {
	document.Write
	Zone    string `query:"zone" maxLength:"100" default:"Europe/Rome" doc:"Of whole days and of times without a zone"`
	RawBody []byte `contentType:"text/calendar"`
}

func (c Config) importAbsences(ctx context.Context, in *importInput) (*document.Versioned[absencesView], error) {
	zone, err := sla.Zone(in.Zone)
	if err != nil {
		return nil, refused("query.zone", err)
	}
	list, left, err := rota.ReadAbsences(bytes.NewReader(in.RawBody), oncall.EngineerID(in.ID), zone)
	if err != nil {
		return nil, refused("body", err)
	}
	a, err := c.editAbsences(ctx, document.Edit{Precondition: in.Precondition, ID: in.ID, Merges: true}, func(stands rota.Absences) (rota.Absences, error) {
		next := rota.Absences{Engineer: oncall.EngineerID(in.ID)}
		for _, one := range stands.List {
			if one.UID == "" {
				next.List = append(next.List, one)
			}
		}
		for _, one := range list {
			if one.UID == "" { // what comes from a file is replaced by the next one
				one.UID = fmt.Sprintf("without-uid-%d", one.From.Unix())
			}
			next.List = append(next.List, one)
		}
		if len(next.List) > rota.MostAbsences {
			return next, refused("body", fmt.Errorf("these would be %d absences; keep at most %d", len(next.List), rota.MostAbsences))
		}
		return next, nil
	})
	v := absences(in.ID, a)
	for _, l := range left {
		v.Left = append(v.Left, l.String())
	}
	return document.Tagged(v, a.Version, err)
}

type contactInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		ContactFields
	}
}

// ContactFields are how an engineer is rung.
type ContactFields struct {
	Zone    string      `json:"zone" minLength:"1" maxLength:"100" doc:"IANA name, of the hours"`
	Rules   []phoneRule `json:"rules,omitempty" maxItems:"50" doc:"The telephones that are rung, in order; where none fits, every telephone is, the proven ones first"`
	Silence *silence    `json:"silence,omitempty" doc:"The engineer is never rung"`
	Test    *testWeekly `json:"test_call,omitempty" doc:"When every telephone of the engineer's is rung for a test, every week; left out: only when somebody asks for it"`
}

type testWeekly struct {
	Day int              `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday"`
	At  schema.TimeOfDay `json:"at" doc:"By the wall clock of the contact's zone"`
}

type phoneRule struct {
	Phone      string      `json:"phone"`
	Hours      []weekHours `json:"hours,omitempty" maxItems:"100" doc:"Left out: always"`
	Categories []string    `json:"categories,omitempty" maxItems:"5" doc:"Left out: all"`
}

type silence struct {
	Why string    `json:"why" minLength:"1" doc:"Why nobody is rung; plans and tickets repeat it"`
	By  string    `json:"by,omitempty" required:"false" doc:"Written by the house"`
	At  time.Time `json:"at,omitzero" required:"false" doc:"Written by the house"`
}

type contactView struct {
	Engineer string `json:"engineer"`
	ContactFields
	Version int `json:"version"`
}

func silenceView(s *escalation.Silence) *silence {
	if s == nil {
		return nil
	}
	return &silence{s.Why, s.By, s.At}
}

// silenceOf writes a choice down: with who made it and when; a choice that stands already stays who made it.
func (c Config) silenceOf(ctx context.Context, s *silence, stands *escalation.Silence) *escalation.Silence {
	if s == nil || stands != nil && stands.Why == s.Why {
		if s == nil {
			return nil
		}
		return stands
	}
	return &escalation.Silence{By: c.Staff(ctx), Why: s.Why, At: c.Now()}
}

func contact(id string, k escalation.Contact) contactView {
	v := contactView{Engineer: id, Version: k.Version, ContactFields: ContactFields{Zone: k.Zone, Silence: silenceView(k.Silence)}}
	if k.Test != nil {
		v.Test = &testWeekly{int(k.Test.Day), schema.TimeOfDay(k.Test.At)}
	}
	for _, r := range k.Rules {
		v.Rules = append(v.Rules, phoneRule{r.Phone, hoursView(r.Hours), texts[sla.Category, string](r.Categories)})
	}
	return v
}

func (c Config) contactRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/engineers/{id}/contact", "get-contact", "How an engineer is rung"), func(ctx context.Context, in *document.ByID) (*document.Versioned[contactView], error) {
		k, err := c.Store.Contact(ctx, oncall.EngineerID(in.ID))
		return document.Tagged(contact(in.ID, k), k.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/engineers/{id}/contact", "put-contact", "Write how an engineer is rung, whole"), func(ctx context.Context, in *contactInput) (*document.Versioned[contactView], error) {
		e, err := c.engineer(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		kind := document.Kind[escalation.Contact]{
			Read: func(ctx context.Context, id string) (escalation.Contact, error) {
				return c.Store.Contact(ctx, oncall.EngineerID(id))
			},
			Put: c.Store.PutContact, Version: func(k *escalation.Contact) *int { return &k.Version },
		}
		k, err := kind.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "the contact of " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(ctx context.Context, stands escalation.Contact) (escalation.Contact, error) {
			next := escalation.Contact{Engineer: e.ID, Zone: in.Body.Zone, Silence: c.silenceOf(ctx, in.Body.Silence, stands.Silence)}
			if t := in.Body.Test; t != nil {
				next.Test = &escalation.Appointment{Day: time.Weekday(t.Day), At: time.Duration(t.At)}
			}
			for _, r := range in.Body.Rules {
				phone := r.Phone
				if spelt, err := c.Telephone(phone); err == nil {
					phone = spelt
				}
				next.Rules = append(next.Rules, escalation.Rule{Phone: phone, Hours: hoursOf(r.Hours), Categories: texts[string, sla.Category](r.Categories)})
			}
			if err := next.Check(e); err != nil {
				return next, refused("body", err)
			}
			return next, nil
		})
		return document.Tagged(contact(in.ID, k), k.Version, err)
	})
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/engineers/{id}/contact", "remove-contact", "Remove the rules of an engineer, who is rung on every telephone then"), "the contact of",
		func(ctx context.Context, id string) (int, error) {
			k, err := c.Store.Contact(ctx, oncall.EngineerID(id))
			return k.Version, err
		},
		func(ctx context.Context, id string, version int) error {
			return c.Store.DeleteContact(ctx, oncall.EngineerID(id), version)
		})
}

type proofsView struct {
	Engineer string      `json:"engineer"`
	Proofs   []proofView `json:"proofs" nullable:"false" doc:"Of each telephone the newest; it holds for 7 days"`
}

func (c Config) proofRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/engineers/{id}/proofs", "get-proofs", "Which telephones an engineer has proven by key and sound"), func(ctx context.Context, in *document.ByID) (*answer[proofsView], error) {
		if _, err := c.engineer(ctx, in.ID); err != nil {
			return nil, err
		}
		p, err := orNone(c.Store.ProofsOf(ctx, oncall.EngineerID(in.ID)))
		v := proofsView{in.ID, []proofView{}}
		for _, one := range p.List {
			v.Proofs = append(v.Proofs, proofView{one.Phone, one.At, one.Key, one.Sound, one.How})
		}
		return &answer[proofsView]{v}, err
	})
}
