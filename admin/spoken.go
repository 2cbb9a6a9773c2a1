package admin

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/document"
	"hotline/admin/schema"
	"hotline/directory"
	"hotline/oncall"
	"hotline/prompts"
)

type spokenInput struct {
	ByID
	Language schema.Language `query:"lang" doc:"Which language's voice; the configuration's when it is left out"`
}

// spokenAnswer is sound, or that there is none yet.
type spokenAnswer struct {
	Status      int
	ContentType string `header:"Content-Type"`
	RetryAfter  int    `header:"Retry-After" doc:"Seconds, of 202"`
	Body        []byte
}

type spokenChange struct {
	document.Keyed
	document.Precondition
	ByID
	Body struct {
		Spoken string `json:"spoken" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" patternDescription:"one line of text" doc:"How the name is written for the voice, such as sìrti for Sirti; empty: as it is"`
	}
}

func (s *server) spokenRoutes(api huma.API) {
	get := route(http.MethodGet, "/customers/{id}/spoken", "get-customer-spoken", "A customer's name as engineers hear it")
	sound := map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	get.Responses = map[string]*huma.Response{
		"200": {Description: "The sound, A-law of 8 kHz", Content: sound},
		"202": {Description: "It is being spoken: ask again"},
		"404": {Description: "There is nobody of that id, or no voice that can say the name"},
	}
	serve(s, api, get, s.spoken)
	engineer := route(http.MethodGet, "/engineers/{id}/spoken", "get-engineer-spoken", "An engineer's name as colleagues hear it")
	engineer.Responses = get.Responses
	serve(s, api, engineer, s.spokenEngineer)
	serve(s, api, route(http.MethodPut, "/customers/{id}/spoken", "put-customer-spoken", "How a customer's name is pronounced"), s.pronounce)
}

// spoken gives the sound of a name.
func (s *server) spoken(ctx context.Context, in *spokenInput) (*spokenAnswer, error) {
	c, err := s.Store.Customer(ctx, directory.CustomerID(in.ID))
	if err != nil {
		return nil, err
	}
	if s.Spoken == nil {
		return nil, huma.Error404NotFound("there is no voice: speech.driver is none")
	}
	return sounding(s.Spoken.File(c, s.heardIn(in.Language)))
}

// spokenEngineer gives the sound of an engineer's name.
func (s *server) spokenEngineer(ctx context.Context, in *spokenInput) (*spokenAnswer, error) {
	e, err := s.Oncall.Engineer(ctx, oncall.EngineerID(in.ID))
	if err != nil {
		return nil, err
	}
	if s.Spoken == nil {
		return nil, huma.Error404NotFound("there is no voice: speech.driver is none")
	}
	return sounding(s.Spoken.FileOfEngineer(e, s.heardIn(in.Language)))
}

// heardIn is the language in which a name is heard.
func (s *server) heardIn(asked schema.Language) prompts.Language {
	return cmp.Or(prompts.Language(asked), s.language(), prompts.Italian)
}

// sounding is the answer with a sound, or with what is missing for it.
func sounding(wav []byte, rendering bool, err error) (*spokenAnswer, error) {
	switch {
	case err != nil:
		return nil, huma.Error404NotFound("the name is not spoken: " + err.Error())
	case rendering:
		return &spokenAnswer{Status: http.StatusAccepted, ContentType: "text/plain; charset=utf-8", RetryAfter: 1, Body: []byte("the name is being spoken\n")}, nil
	}
	return &spokenAnswer{Status: http.StatusOK, ContentType: "audio/wav", Body: wav}, nil
}

// pronounce writes how a name is said, on whatever stands of the customer.
func (s *server) pronounce(ctx context.Context, in *spokenChange) (*document.Versioned[customerView], error) {
	edit := document.Edit{Precondition: in.Precondition, Name: "customer " + in.ID, ID: in.ID, Changes: true, Merges: true}
	c, err := s.customers().Do(ctx, edit, func(_ context.Context, stands directory.Customer) (directory.Customer, error) {
		stands.Spoken = strings.TrimSpace(in.Body.Spoken)
		return stands, nil
	})
	if err == nil {
		s.refresh(ctx)
		s.speak(c)
	}
	return document.Tagged(customer(c), c.Version, err)
}

// speak has a customer's name spoken in the background.
func (s *server) speak(c directory.Customer) {
	if s.Spoken != nil {
		s.Spoken.Want(c)
	}
}

// language is the house's; empty where nobody has said it.
func (s *server) language() prompts.Language {
	if s.Locale.Language == nil {
		return ""
	}
	return s.Locale.Language()
}
