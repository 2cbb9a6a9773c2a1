package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/schema"
	"hotline/oncall"
)

// sipAddress is a telephone of the house's own; nothing that could begin another header passes.
var sipAddress = regexp.MustCompile(`^sip:[^\s<>"',;?]{1,200}(;transport=(udp|tcp|tls))?$`)

// EngineerFields are what staff write of somebody who can be called out.
type EngineerFields struct {
	Name     string          `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Phones   []string        `json:"phones" nullable:"false" maxItems:"20" doc:"SIP addresses, or numbers through the trunk; in the order to be tried"`
	Language schema.Language `json:"language,omitempty" default:"it"`
}

type engineerInput struct {
	Keyed
	document.Precondition
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body struct {
		Said
		EngineerFields
	}
}

type engineerList struct {
	Engineers []oncall.Engineer `json:"engineers" nullable:"false"`
}

func (s *server) engineerRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/engineers", "list-engineers", "List those who can be called out"),
		func(ctx context.Context, _ *struct{}) (*answer[engineerList], error) {
			all, err := s.Oncall.Engineers(ctx)
			list := engineerList{append([]oncall.Engineer{}, all...)}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodGet, "/engineers/{id}", "get-engineer", "One engineer"),
		func(ctx context.Context, in *ByID) (*versioned[oncall.Engineer], error) {
			e, err := s.Oncall.Engineer(ctx, oncall.EngineerID(in.ID))
			return tagged(e, e.Version, err)
		})
	serve(s, api, route(http.MethodPut, "/engineers/{id}", "put-engineer", "Add or change an engineer, whole"), s.putEngineer)
	op := route(http.MethodDelete, "/engineers/{id}", "remove-engineer", "Remove an engineer whom the rota does not name")
	op.DefaultStatus = http.StatusNoContent
	serve(s, api, op, s.removeEngineer)
}

func (s *server) putEngineer(ctx context.Context, in *engineerInput) (*versioned[oncall.Engineer], error) {
	k := document.Kind[oncall.Engineer]{
		Read: func(ctx context.Context, id string) (oncall.Engineer, error) {
			return s.Oncall.Engineer(ctx, oncall.EngineerID(id))
		},
		Put:     s.Oncall.PutEngineer,
		Version: func(e *oncall.Engineer) *int { return &e.Version },
	}
	e, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "engineer " + in.ID, ID: in.ID, Said: in.Body.Version},
		func(context.Context, oncall.Engineer) (oncall.Engineer, error) {
			return s.engineerOf(in.ID, in.Body.EngineerFields)
		})
	return tagged(e, e.Version, err)
}

// engineerOf checks what no schema can.
func (s *server) engineerOf(id string, f EngineerFields) (oncall.Engineer, error) {
	if strings.TrimSpace(f.Name) == "" {
		return oncall.Engineer{}, refused("body.name", "the name cannot be blank")
	}
	f.Phones = slices.Clone(f.Phones)
	for i, p := range f.Phones {
		if number, ok := s.telephone(p); ok {
			p, f.Phones[i] = number, number
		} else if !sipAddress.MatchString(p) {
			return oncall.Engineer{}, refused(fmt.Sprintf("body.phones[%d]", i), "write sip:NAME@HOST, or a telephone number: digits, with or without + before them and blanks between them")
		}
		if err := s.Telephone(p); err != nil {
			return oncall.Engineer{}, refused(fmt.Sprintf("body.phones[%d]", i), err.Error())
		}
	}
	return oncall.Engineer{ID: oncall.EngineerID(id), Name: f.Name, Phones: f.Phones, Language: string(f.Language)}, nil
}

// removeEngineer keeps the rota whole; the store sees to it.
func (s *server) removeEngineer(ctx context.Context, in *removal) (*struct{}, error) {
	version, err := in.version(ctx, "engineer "+in.ID, func(ctx context.Context) (int, error) {
		e, err := s.Oncall.Engineer(ctx, oncall.EngineerID(in.ID))
		return e.Version, err
	})
	if err != nil {
		return nil, err
	}
	return nil, s.Oncall.DeleteEngineer(ctx, oncall.EngineerID(in.ID), version)
}

// removal deletes a document: the version that If-Match names, else whichever stands.
type removal struct {
	Keyed
	document.Precondition
	ByID
}

// version is the one that the store must compare; 0 for whichever.
func (r removal) version(ctx context.Context, name string, stands func(context.Context) (int, error)) (int, error) {
	version, err := stands(ctx)
	if err != nil {
		return 0, err
	}
	if r.IfMatch == "" || r.IfMatch == "*" {
		version = 0
	}
	return version, r.Check(name, max(version, 1))
}

// rotaView is the weekly plan as staff read and write it.
type rotaView struct {
	Zone      string            `json:"zone" minLength:"1" maxLength:"100" doc:"IANA name, such as Europe/Rome"`
	Shifts    []shiftView       `json:"shifts" nullable:"false" maxItems:"1000"`
	Overrides []oncall.Override `json:"overrides" nullable:"false" maxItems:"5000" doc:"Instead is on duty at the level from..until and engineer is not"`
	Version   int               `json:"version" required:"false" minimum:"0" doc:"The version that was read, unless If-Match says it; 409 when somebody was faster"`
}

type shiftView struct {
	Engineer string           `json:"engineer"`
	Level    int              `json:"level" minimum:"1" maximum:"100" doc:"Level 1 is called first"`
	Order    int              `json:"order,omitempty" minimum:"-1000" maximum:"1000" doc:"Within the level"`
	Day      int              `json:"day" minimum:"0" maximum:"6" doc:"0 is Sunday"`
	From     schema.TimeOfDay `json:"from" doc:"Time of day, by the wall clock"`
	Length   schema.TimeOfDay `json:"length" doc:"Up to 168:00, always on call"`
}

type duty struct {
	At       time.Time     `json:"at"`
	Attempts []attemptView `json:"attempts" nullable:"false" doc:"The telephones that would be rung, in order"`
	Gaps     []oncall.Gap  `json:"gaps" nullable:"false" doc:"Times in which nobody with a telephone is on duty"`
}

type attemptView struct {
	Engineer string `json:"engineer"`
	Name     string `json:"name"`
	Level    int    `json:"level"`
	Phone    string `json:"phone"`
}

type dutyQuery struct {
	At   time.Time `query:"at" doc:"Default: now"`
	Days int       `query:"days" minimum:"1" maximum:"60" default:"14" doc:"How far gaps are looked for"`
}

func (s *server) rotaRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/rota", "get-rota", "The weekly plan with its overrides"),
		func(ctx context.Context, _ *struct{}) (*versioned[rotaView], error) {
			r, err := s.Oncall.Rota(ctx)
			return tagged(rota(r), r.Version, err)
		})
	serve(s, api, route(http.MethodPut, "/rota", "put-rota", "Replace the plan, whole"), s.putRota)
	serve(s, api, route(http.MethodGet, "/rota/duty", "get-duty", "Who would be rung, and the gaps to come"), s.duty)
}

func rota(r oncall.Rota) rotaView {
	v := rotaView{Zone: r.Zone, Shifts: make([]shiftView, 0, len(r.Shifts)), Overrides: append([]oncall.Override{}, r.Overrides...), Version: r.Version}
	for _, sh := range r.Shifts {
		v.Shifts = append(v.Shifts, shiftView{string(sh.Engineer), sh.Level, sh.Order, int(sh.Day), schema.TimeOfDay(sh.From), schema.TimeOfDay(sh.Length)})
	}
	return v
}

func (s *server) putRota(ctx context.Context, in *struct {
	Keyed
	document.Precondition
	Body rotaView
}) (*versioned[rotaView], error) {
	next := oncall.Rota{Zone: in.Body.Zone, Overrides: in.Body.Overrides}
	for _, sh := range in.Body.Shifts {
		next.Shifts = append(next.Shifts, oncall.Shift{
			Engineer: oncall.EngineerID(sh.Engineer), Level: sh.Level, Order: sh.Order, Day: time.Weekday(sh.Day),
			From: time.Duration(sh.From), Length: time.Duration(sh.Length),
		})
	}
	k := document.Kind[oncall.Rota]{
		Read:    func(ctx context.Context, _ string) (oncall.Rota, error) { return s.Oncall.Rota(ctx) },
		Put:     s.Oncall.PutRota,
		Version: func(r *oncall.Rota) *int { return &r.Version },
	}
	stands, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "the rota", Said: in.Body.Version},
		func(ctx context.Context, _ oncall.Rota) (oncall.Rota, error) {
			engineers, err := s.Oncall.Engineers(ctx)
			if err != nil {
				return next, fmt.Errorf("reading engineers: %w", err)
			}
			if err := next.Check(engineers, s.Now()); err != nil {
				return next, refused("body", err.Error())
			}
			return next, nil
		})
	if errors.Is(err, oncall.ErrUnknownEngineer) { // removed since the check
		err = refused("body", err.Error())
	}
	return tagged(rota(stands), stands.Version, err)
}

func (s *server) duty(ctx context.Context, in *dutyQuery) (*answer[duty], error) {
	if in.At.IsZero() {
		in.At = s.Now()
	}
	r, err := s.Oncall.Rota(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the rota: %w", err)
	}
	engineers, err := s.Oncall.Engineers(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading engineers: %w", err)
	}
	d := duty{At: in.At, Attempts: []attemptView{}, Gaps: []oncall.Gap{}}
	until := in.At.AddDate(0, 0, in.Days)
	if r.Zone == "" { // no rota was ever written
		d.Gaps = append(d.Gaps, oncall.Gap{From: in.At, Until: until})
		return answered(d, nil)
	}
	attempts, _, err := oncall.Plan(r, engineers, in.At)
	if err != nil {
		return nil, err
	}
	for _, a := range attempts {
		d.Attempts = append(d.Attempts, attemptView{string(a.Engineer), a.Name, a.Level, a.Phone})
	}
	gaps, err := oncall.Gaps(r, engineers, in.At, until)
	d.Gaps = append(d.Gaps, gaps...)
	return answered(d, err)
}
