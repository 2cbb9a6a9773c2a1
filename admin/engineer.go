package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/access"
	"hotline/admin/calling"
	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/admin/schedules"
	"hotline/admin/schema"
	"hotline/directory/entry"
	"hotline/oncall"
	"hotline/oncall/pins"
	"hotline/sla"
	"hotline/storage"
)

// EngineerFields are what staff write of somebody who can be called out.
type EngineerFields struct {
	Name     string          `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text"`
	Phones   []string        `json:"phones" nullable:"false" maxItems:"20" doc:"SIP addresses, or numbers through the trunk; in the order to be tried"`
	Language schema.Language `json:"language,omitempty" default:"it"`
	Spoken   string          `json:"spoken,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text" doc:"How the name is written for the voice; empty: as it is"`
}

type engineerInput struct {
	document.Keyed
	document.Precondition
	ID   string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body struct {
		document.BodyVersion
		EngineerFields
	}
}

// engineerView is somebody who can be called out.
type engineerView struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Phones   []string `json:"phones"`
	Language string   `json:"language"`
	Spoken   string   `json:"spoken,omitempty" doc:"How the name is written for the voice; empty: as it is"`
	Version  int      `json:"version"`
}

type engineerList struct {
	Engineers []engineerView `json:"engineers" nullable:"false"`
}

// engineerPIN is the one answer that holds an engineer's PIN.
type engineerPIN struct {
	Engineer string    `json:"engineer"`
	PINAt    time.Time `json:"pin_at" doc:"When it was given"`
	PIN      string    `json:"pin,omitempty" doc:"Eight digits, for the console by telephone; shown this once: a repeated answer does not hold it"`
}

func engineer(e oncall.Engineer) engineerView {
	return engineerView{string(e.ID), e.Name, e.Phones, e.Language, e.Spoken, e.Version}
}

func (s *server) engineerRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/engineers", "list-engineers", "List those who can be called out"),
		func(ctx context.Context, _ *struct{}) (*answer[engineerList], error) {
			all, err := s.Oncall.Engineers(ctx)
			list := engineerList{make([]engineerView, 0, len(all))}
			for _, e := range all {
				list.Engineers = append(list.Engineers, engineer(e))
			}
			return answered(list, err)
		})
	serve(s, api, route(http.MethodGet, "/engineers/{id}", "get-engineer", "One engineer"),
		func(ctx context.Context, in *ByID) (*document.Versioned[engineerView], error) {
			e, err := s.Oncall.Engineer(ctx, oncall.EngineerID(in.ID))
			return document.Tagged(engineer(e), e.Version, err)
		})
	serve(s, api, route(http.MethodPut, "/engineers/{id}", "put-engineer", "Add or change an engineer, whole"), s.putEngineer)
	serve(s, api, route(http.MethodPost, "/engineers/{id}/pin", "renew-engineer-pin", "Give an engineer a PIN for the console by telephone, or another one; the answer shows it, once"), s.renewEngineerPIN)
	op := route(http.MethodDelete, "/engineers/{id}/pin", "end-engineer-pin", "End an engineer's PIN for the console by telephone; there is none then")
	op.DefaultStatus = http.StatusNoContent
	serve(s, api, op, func(ctx context.Context, in *ByID) (*struct{}, error) {
		return nil, s.Oncall.EndEngineerPIN(ctx, oncall.EngineerID(in.ID))
	})
	op = route(http.MethodDelete, "/engineers/{id}", "remove-engineer", "Remove an engineer who has no ticket in hand, and whom neither a rota nor an escalation policy names")
	op.DefaultStatus = http.StatusNoContent
	serve(s, api, op, s.removeEngineer)
}

func (s *server) putEngineer(ctx context.Context, in *engineerInput) (*document.Versioned[engineerView], error) {
	k := document.Kind[oncall.Engineer]{
		Read: func(ctx context.Context, id string) (oncall.Engineer, error) {
			return s.Oncall.Engineer(ctx, oncall.EngineerID(id))
		},
		Put:     s.Oncall.PutEngineer,
		Version: func(e *oncall.Engineer) *int { return &e.Version },
	}
	e, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "engineer " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion},
		func(context.Context, oncall.Engineer) (oncall.Engineer, error) {
			return s.engineerOf(in.ID, in.Body.EngineerFields)
		})
	if err == nil && s.Spoken != nil {
		s.Spoken.WantEngineer(e)
	}
	return document.Tagged(engineer(e), e.Version, err)
}

// renewEngineerPIN ends the PIN that an engineer has, if any.
func (s *server) renewEngineerPIN(ctx context.Context, in *struct {
	document.Keyed
	ByID
}) (*answer[engineerPIN], error) {
	p, digits, err := s.EngineerPINs.Renew(ctx, oncall.EngineerID(in.ID), s.Now())
	switch {
	case errors.Is(err, pins.ErrJustRenewed):
		return nil, huma.Error409Conflict(fmt.Sprintf("the PIN of engineer %s was renewed a moment ago, and the new one was shown then; to renew it once more ask again in ten seconds", in.ID))
	case errors.Is(err, storage.ErrConflict):
		return nil, huma.Error409Conflict(fmt.Sprintf("the PIN of engineer %s was renewed by somebody else at this moment, who was shown it; to renew it once more ask again in ten seconds", in.ID))
	}
	return answered(engineerPIN{in.ID, p.At, digits}, err)
}

// engineerOf checks what no schema can.
func (s *server) engineerOf(id string, f EngineerFields) (oncall.Engineer, error) {
	if strings.TrimSpace(f.Name) == "" {
		return oncall.Engineer{}, problem.Refused("body.name", "the name cannot be blank")
	}
	f.Phones = slices.Clone(f.Phones)
	for i, p := range f.Phones {
		spelt, err := s.spelt(p)
		if err != nil {
			return oncall.Engineer{}, problem.Refused(fmt.Sprintf("body.phones[%d]", i), err.Error())
		}
		f.Phones[i] = spelt
	}
	return oncall.Engineer{ID: oncall.EngineerID(id), Name: f.Name, Phones: f.Phones, Language: string(f.Language), Spoken: strings.TrimSpace(f.Spoken)}, nil
}

// removeEngineer removes an engineer who has no ticket in hand, and whom the store finds on no rota and in no escalation policy.
func (s *server) removeEngineer(ctx context.Context, in *removal) (*struct{}, error) {
	version, err := in.Removed(ctx, "engineer "+in.ID, func(ctx context.Context) (int, error) {
		e, err := s.Oncall.Engineer(ctx, oncall.EngineerID(in.ID))
		return e.Version, err
	})
	if err != nil {
		return nil, err
	}
	if held, err := s.Desk.HeldBy(ctx, in.ID, 1); err != nil || len(held) > 0 {
		if err == nil {
			err = huma.Error409Conflict(fmt.Sprintf("ticket %d is assigned to engineer %s, and nobody else would be rung for it; assign it to somebody else, or close it, first", held[0].Number, in.ID))
		}
		return nil, err
	}
	return nil, s.Oncall.DeleteEngineer(ctx, oncall.EngineerID(in.ID), version)
}

// schedules is what the API of rotas, policies and readiness works with.
func (s *server) schedules() schedules.Config {
	return schedules.Config{
		Oncall: s.Oncall, Store: s.Schedules.Store, Defaults: s.Schedules.Defaults, Directory: s.Store, Tickets: s.Store, Calls: s.Store, Published: s.Store, Own: s.ownHours, Telephone: s.spelt, Staff: access.Staff, Numbers: s.Locale.Numbers, Now: s.Now,
	}
}

// ownHours are the house's own; nil where they cannot be read.
func (s *server) ownHours() *sla.Hours {
	own, err := s.Desk.Entitlement("")
	if err != nil {
		return nil
	}
	return own.Hours
}

// calling is what the API of telephones that are rung works with.
func (s *server) calling() calling.Config {
	return calling.Config{
		Engineer: func(ctx context.Context, id oncall.EngineerID) (oncall.Engineer, error) {
			return s.Oncall.Engineer(ctx, id)
		}, Tests: s.Tests, Trunk: s.trunkNamed, Spelt: s.spelt, Language: func() string { return string(s.language()) }, Chains: s.Chains, Node: s.Node, Now: s.Now, Route: route,
		Proofs: func(ctx context.Context, id oncall.EngineerID) ([]oncall.Proof, error) {
			p, err := s.Schedules.ProofsOf(ctx, id)
			if errors.Is(err, storage.ErrNotFound) {
				return nil, nil
			}
			return p.List, err
		},
		Explain: s.explain,
	}
}

// spelt checks a telephone that the line may ring, and gives it as it is kept.
func (s *server) spelt(p string) (string, error) {
	p, err := entry.Callable(s.Plan, p)
	if err != nil {
		return p, err
	}
	return p, s.Telephone(p)
}
