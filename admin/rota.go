package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/admin/schedules"
	"hotline/oncall"
	"hotline/validation"
)

// rotaView is the weekly plan as staff read and write it.
type rotaView struct {
	Zone      string                `json:"zone" minLength:"1" maxLength:"100" doc:"IANA name, such as Europe/Rome"`
	Shifts    []schedules.ShiftView `json:"shifts" nullable:"false" maxItems:"1000"`
	Overrides []overrideView        `json:"overrides" nullable:"false" maxItems:"5000" doc:"Instead is on duty at the level from..until and engineer is not"`
	Version   int                   `json:"version" required:"false" minimum:"0" doc:"The version that was read, unless If-Match says it; 409 when somebody was faster"`
}

// overrideView puts one engineer in the place of another for a time; either may be left out.
type overrideView struct {
	Engineer string    `json:"engineer,omitempty"`
	Instead  string    `json:"instead,omitempty"`
	Level    int       `json:"level"`
	From     time.Time `json:"from"`
	Until    time.Time `json:"until"`
	Reason   string    `json:"reason,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text" doc:"Why; an override by telephone says who, whose shift it was, and when"`
}

// gapView is a time in which nobody with a telephone is on duty.
type gapView struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// dutyView is who would be rung at an instant.
type dutyView struct {
	At       time.Time     `json:"at"`
	Attempts []attemptView `json:"attempts" nullable:"false" doc:"The telephones that would be rung, in order"`
	Gaps     []gapView     `json:"gaps" nullable:"false" doc:"Times in which nobody with a telephone is on duty"`
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
		func(ctx context.Context, _ *struct{}) (*document.Versioned[rotaView], error) {
			r, err := s.Oncall.Rota(ctx)
			return document.Tagged(rota(r), r.Version, err)
		})
	serve(s, api, route(http.MethodPut, "/rota", "put-rota", "Replace the plan, whole"), s.putRota)
	serve(s, api, route(http.MethodGet, "/rota/duty", "get-duty", "Who would be rung, and the gaps to come"), s.duty)
}

func rota(r oncall.Rota) rotaView {
	v := rotaView{Zone: r.Zone, Shifts: make([]schedules.ShiftView, 0, len(r.Shifts)), Overrides: make([]overrideView, 0, len(r.Overrides)), Version: r.Version}
	for _, sh := range r.Shifts {
		v.Shifts = append(v.Shifts, schedules.ShowShift(sh))
	}
	for _, o := range r.Overrides {
		v.Overrides = append(v.Overrides, overrideView{string(o.Engineer), string(o.Instead), o.Level, o.From, o.Until, o.Reason})
	}
	return v
}

// rotaOf makes a rota of what a body says.
func rotaOf(v rotaView) oncall.Rota {
	r := oncall.Rota{Zone: v.Zone, Overrides: make([]oncall.Override, 0, len(v.Overrides))}
	for _, sh := range v.Shifts {
		r.Shifts = append(r.Shifts, sh.Shift())
	}
	for _, o := range v.Overrides {
		r.Overrides = append(r.Overrides, oncall.Override{Engineer: oncall.EngineerID(o.Engineer), Instead: oncall.EngineerID(o.Instead), Level: o.Level, From: o.From, Until: o.Until, Reason: o.Reason})
	}
	return r
}

func (s *server) putRota(ctx context.Context, in *struct {
	document.Keyed
	document.Precondition
	Body rotaView
}) (*document.Versioned[rotaView], error) {
	next := rotaOf(in.Body)
	k := document.Kind[oncall.Rota]{
		Read:    func(ctx context.Context, _ string) (oncall.Rota, error) { return s.Oncall.Rota(ctx) },
		Put:     s.Oncall.PutRota,
		Version: func(r *oncall.Rota) *int { return &r.Version },
	}
	stands, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "the rota", BodyVersion: document.BodyVersion{Version: in.Body.Version}},
		func(ctx context.Context, _ oncall.Rota) (oncall.Rota, error) {
			engineers, err := s.Oncall.Engineers(ctx)
			if err != nil {
				return next, fmt.Errorf("reading engineers: %w", err)
			}
			if err := next.Check(engineers, s.Now()); err != nil {
				field, text := validation.Of(err)
				return next, problem.Refused("body."+field, text)
			}
			return next, nil
		})
	if errors.Is(err, oncall.ErrUnknownEngineer) { // removed since the check
		err = problem.Refused("body", err.Error())
	}
	return document.Tagged(rota(stands), stands.Version, err)
}

func (s *server) duty(ctx context.Context, in *dutyQuery) (*answer[dutyView], error) {
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
	d := dutyView{At: in.At, Attempts: []attemptView{}, Gaps: []gapView{}}
	until := in.At.AddDate(0, 0, in.Days)
	if r.Zone == "" { // no rota was ever written
		d.Gaps = append(d.Gaps, gapView{in.At, until})
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
	for _, g := range gaps {
		d.Gaps = append(d.Gaps, gapView{g.From, g.Until})
	}
	return answered(d, err)
}
