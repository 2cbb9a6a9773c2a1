package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"hotline/admin/access"
	"hotline/admin/problem"
	"hotline/listening"
)

type recordingInput struct {
	ID    string `path:"id"`
	Range string `header:"Range" doc:"Bytes (RFC 9110, section 14)"`
}

func (s *server) recordingRoutes(api huma.API) {
	op := route(http.MethodGet, "/recordings/{id}/audio", "get-audio", "The sound of a recording; every access is logged")
	sound := map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The whole recording", Content: sound},
		"206": {Description: "The octets asked for", Content: sound},
		"416": {Description: "The recording has no such octets"},
	}
	serve(s, api, op, s.audio)
	serve(s, api, route(http.MethodGet, "/recordings/{id}/accesses", "list-accesses", "Who listened to a recording, and when"), s.accesses)
}

// accessView is one look into a recording.
type accessView struct {
	Actor string    `json:"actor"`
	At    time.Time `json:"at"`
}

type accessList struct {
	Accesses []accessView `json:"accesses" nullable:"false" doc:"In the order noted; a part of the sound is an access of its own"`
}

// accesses lists who listened.
func (s *server) accesses(ctx context.Context, in *ByID) (*answer[accessList], error) {
	if _, _, err := s.Store.Recording(ctx, in.ID); err != nil {
		return nil, err
	}
	list, err := s.Store.Accesses(ctx, in.ID)
	v := accessList{make([]accessView, 0, len(list))}
	for _, a := range list {
		v.Accesses = append(v.Accesses, accessView{a.Actor, a.At})
	}
	return answered(v, err)
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
