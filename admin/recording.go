package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"hotline/admin/access"
	"hotline/admin/document"
	"hotline/admin/problem"
	"hotline/directory"
	"hotline/listening"
	"hotline/tickets"
)

type recordingInput struct {
	ID    string `path:"id"`
	Range string `header:"Range" doc:"Bytes (RFC 9110, section 14)"`
}

func (s *server) recordingRoutes(api huma.API) {
	op := route(http.MethodGet, "/recordings/{id}/audio", "get-audio", "The sound of a recording; every access is logged. 410: it was erased")
	sound := map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The whole recording", Content: sound},
		"206": {Description: "The octets asked for", Content: sound},
		"416": {Description: "The recording has no such octets"},
	}
	serve(s, api, op, s.audio)
	serve(s, api, route(http.MethodGet, "/recordings/{id}/accesses", "list-accesses", "Who listened to a recording, exported or erased it, and when"), s.accesses)
	serve(s, api, route(http.MethodGet, "/recordings/accesses", "list-all-accesses", "Who listened to recordings, exported or erased them: the newest first"), s.allAccesses)
	serve(s, api, route(http.MethodPost, "/recordings/{id}/erase", "erase-recording", "Erase one recording, for good, on every node; 409 while a legal hold stands"), s.eraseOne)
	export := route(http.MethodGet, "/recordings/export", "export-recordings",
		"What one person said, as a ZIP: the WAV files as they were recorded, and manifest.json with their SHA-256, times, tickets and contracts; each file is an access of its own")
	export.Responses = map[string]*huma.Response{
		"200": {Description: "The archive", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
	}
	serve(s, api, export, s.export)
	serve(s, api, route(http.MethodGet, "/contracts/{id}/hold", "get-contract-hold", "The legal hold of a contract, with all that were set and lifted"), s.contractHold)
	for verb, lifted := range map[string]bool{"hold": false, "lift-hold": true} {
		summary := map[bool]string{false: "Put a legal hold on a contract: no recording of its tickets is erased until it is lifted", true: "Lift the legal hold of a contract"}[lifted]
		serve(s, api, route(http.MethodPost, "/contracts/{id}/"+verb, verb+"-contract", summary),
			func(ctx context.Context, in *becauseOfContract) (*answer[holdView], error) {
				return s.holdContract(ctx, in, lifted)
			})
	}
}

// accessView is one look into a recording, or its end.
type accessView struct {
	Recording string    `json:"recording"`
	Ticket    int64     `json:"ticket" doc:"0: not known"`
	Actor     string    `json:"actor"`
	Action    string    `json:"action" enum:"listened,exported,erased"`
	At        time.Time `json:"at"`
}

type accessList struct {
	Accesses []accessView `json:"accesses" nullable:"false" doc:"In the order noted; a part of the sound is an access of its own"`
}

func accessViews(list []tickets.Access) []accessView {
	views := make([]accessView, 0, len(list))
	for _, a := range list {
		views = append(views, accessView{a.Recording, int64(a.Ticket), a.Actor, string(a.Action), a.At})
	}
	return views
}

// accesses lists who listened, also to what was erased.
func (s *server) accesses(ctx context.Context, in *ByID) (*answer[accessList], error) {
	list, err := s.Store.Accesses(ctx, in.ID)
	if err == nil && len(list) == 0 {
		_, _, err = s.Store.Recording(ctx, in.ID)
	}
	return answered(accessList{accessViews(list)}, err)
}

type accessQuery struct {
	Recording string `query:"recording" maxLength:"200"`
	Ticket    int64  `query:"ticket"`
	Actor     string `query:"actor" maxLength:"200" doc:"As it stands in actor, such as staff:anna"`
	Action    string `query:"action" enum:"listened,exported,erased"`
	Page
}

type accessPage struct {
	accessList
	pageView
}

func (s *server) allAccesses(ctx context.Context, q *accessQuery) (*listed[accessPage], error) {
	found, err := s.Store.ListAccesses(ctx, tickets.AccessFilter{
		Recording: q.Recording, Ticket: tickets.Number(q.Ticket), Actor: q.Actor, Action: tickets.Action(q.Action), After: q.After, Limit: q.Limit,
	})
	if err != nil {
		return nil, badCursor(err)
	}
	return &listed[accessPage]{q.link(found.Next), accessPage{accessList{accessViews(found.Items)}, pageOf(found)}}, nil
}

// audio serves the sound.
func (s *server) audio(ctx context.Context, in *recordingInput) (*huma.StreamResponse, error) {
	sound, err := listening.Open(ctx, s.Store, s.Recordings, in.ID, access.Staff(ctx), s.Now())
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer sound.Close()
		request, plain := humachi.Unwrap(c)
		sound.Serve(problem.Translate(plain), request)
	}}, nil
}

func (s *server) eraseAll(ctx context.Context, n tickets.Number, actor, reason string, now time.Time) (tickets.Ticket, error) {
	return s.Desk.EraseRecordings(ctx, n, nil, actor, reason, now)
}

// eraseOne erases one recording. One that was erased already is erased once more: where its sound could not be deleted then, it is now.
func (s *server) eraseOne(ctx context.Context, in *struct {
	document.Keyed
	ByID
	Body becauseInput
}) (*answer[ticketWhole], error) {
	_, n, err := s.Store.Recording(ctx, in.ID)
	if err == nil || errors.Is(err, tickets.ErrErased) {
		_, err = s.Desk.EraseRecordings(ctx, n, []string{in.ID}, access.Staff(ctx), in.Body.Reason, s.Now())
	}
	return s.afterwards(ctx, n, err)
}

type exportQuery struct {
	Ticket int64  `query:"ticket" doc:"The recordings of one ticket"`
	Caller string `query:"caller" maxLength:"100" doc:"Or those of all tickets of one telephone number"`
}

func (s *server) export(ctx context.Context, q *exportQuery) (*huma.StreamResponse, error) {
	if (q.Ticket == 0) == (q.Caller == "") {
		return nil, problem.Refused("query", "say whose recordings: a ticket, or a caller's number")
	}
	list, err := listening.Find(ctx, s.Desk, tickets.Number(q.Ticket), s.Plan.E164(q.Caller))
	if err != nil {
		return nil, err
	}
	a := listening.Archive{Store: s.Store, Open: s.Recordings, Actor: access.Staff(ctx), At: s.Now()}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		_, plain := humachi.Unwrap(c)
		if err := a.Serve(ctx, plain, list); err != nil {
			s.Log.ErrorContext(ctx, "an export of recordings was broken off", "error", err)
			panic(http.ErrAbortHandler) // so that nobody takes half an archive for a whole one
		}
	}}, nil
}

type becauseOfContract struct {
	document.Keyed
	ByID
	Body becauseInput
}

// holdView is whether a legal hold stands.
type holdView struct {
	Held    bool       `json:"held"`
	History []holdLine `json:"history" nullable:"false" doc:"In the order noted"`
}

type holdLine struct {
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	Lifted bool      `json:"lifted" doc:"false: it was set"`
}

func (s *server) contractHold(ctx context.Context, in *ByID) (*answer[holdView], error) {
	if _, err := s.Store.Contract(ctx, directory.ContractID(in.ID)); err != nil {
		return nil, err
	}
	list, err := s.Store.ContractHolds(ctx, directory.ContractID(in.ID))
	v := holdView{History: make([]holdLine, 0, len(list))}
	_, v.Held = tickets.StandingHold(list)
	for _, h := range list {
		v.History = append(v.History, holdLine{h.At, h.Actor, h.Reason, h.Lifted})
	}
	return answered(v, err)
}

// holdContract sets the legal hold of a contract, or lifts it.
func (s *server) holdContract(ctx context.Context, in *becauseOfContract, lifted bool) (*answer[holdView], error) {
	id := directory.ContractID(in.ID)
	if _, err := s.Store.Contract(ctx, id); err != nil {
		return nil, err
	}
	h := tickets.Hold{Contract: id, Actor: access.Staff(ctx), Reason: in.Body.Reason, Lifted: lifted}
	if err := s.Desk.HoldContract(ctx, h, s.Now()); err != nil {
		return nil, fmt.Errorf("the legal hold of contract %s: %w", in.ID, err)
	}
	return s.contractHold(ctx, &in.ByID)
}
