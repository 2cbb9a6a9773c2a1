// Package voice is the API of what the line says: every prompt can be listened to, replaced by a recording of the owner's, and rolled
// back. Whole voices go out and come in as zip files, and a studio gets its script. Package admin, its one caller, mounts it.
package voice

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/admin/schema"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/speech"
	"hotline/speech/upload"
)

// Line is what is heard.
type Line = upload.Line

// Config is what the API needs. All of it is required.
type Config struct {
	Store replaced.Store
	Line  Line
	Busy  func() bool // tells whether somebody is on the telephone
	Staff func(ctx context.Context) string
	Now   func() time.Time
}

// booth is where prompts are replaced, by the rules that the pages have too.
func (c Config) booth() upload.Booth { return upload.Booth{Store: c.Store, Line: c.Line, Now: c.Now} }

// Mount adds the routes.
func Mount(set operation.Set, c Config) {
	sound := func(kind, what string) map[string]*huma.Response {
		return map[string]*huma.Response{"200": {Description: what, Content: map[string]*huma.MediaType{kind: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	}
	operation.Serve(set, set.Route(http.MethodGet, "/prompts/{language}", "list-prompts", "List everything that the line says, with its text and whose sound is played"), c.list)
	listen := set.Route(http.MethodGet, "/prompts/{language}/{key}", "get-prompt", "A prompt as it is heard, or one of its versions")
	listen.Responses = sound("audio/wav", "The sound, A-law of 8 kHz")
	operation.Serve(set, listen, c.listen)
	put := set.Route(http.MethodPut, "/prompts/{language}/{key}", "put-prompt", "Replace a prompt by a recording: WAV, FLAC or OGG Vorbis")
	put.MaxBodyBytes = upload.Largest + 1
	operation.Serve(set, put, c.put)
	operation.Serve(set, set.Route(http.MethodGet, "/prompts/{language}/{key}/versions", "list-prompt-versions", "Which recordings a prompt has had, the newest first"), c.versions)
	operation.Serve(set, set.Route(http.MethodPost, "/prompts/{language}/{key}/roll-back", "roll-back-prompt", "Let a former version of a prompt stand again, or the voice that ships"), c.rollBack)
	script := set.Route(http.MethodGet, "/prompts/{language}/script", "get-script", "What a studio records: key, file name and text of every prompt")
	script.Responses = sound("text/csv", "A table, or with format=text lines to read from")
	operation.Serve(set, script, c.script)
	out := set.Route(http.MethodGet, "/prompts/{language}/pack", "export-pack", "Everything that the line says as a zip file in the layout of Asterisk's sounds")
	out.Responses = sound("application/zip", "WAV files of 16 bits, 8 kHz")
	operation.Serve(set, out, c.exportPack)
	in := set.Route(http.MethodPut, "/prompts/{language}/pack", "import-pack", "Replace many prompts by a zip file in the layout of Asterisk's sounds")
	in.MaxBodyBytes = upload.LargestPack + 1
	operation.Serve(set, in, c.importPack)
}

// ByLanguage names a language of the line.
type ByLanguage struct {
	Language schema.Language `path:"language"`
}

// ByKey names a prompt.
type ByKey struct {
	ByLanguage
	Key string `path:"key" maxLength:"100" doc:"As the list has it"`
}

type answer[T any] struct{ Body T }

// PromptView is something that the line says.
type PromptView struct {
	Key     string  `json:"key"`
	Number  int     `json:"number" doc:"What is keyed for it on the recording line; 0: it has none"`
	Text    string  `json:"text" doc:"What is said; a bar is a short pause"`
	Kind    string  `json:"kind" enum:"sentence,infix,final,sound" doc:"infix: spoken inside a sentence; final: its last piece; sound: no speech"`
	File    string  `json:"file" doc:"Its name in a pack"`
	Version int     `json:"version" doc:"Of the owner's recording that is heard; 0: the voice that ships"`
	Seconds float64 `json:"seconds"`
}

type promptList struct {
	Language string       `json:"language"`
	Prompts  []PromptView `json:"prompts" nullable:"false"`
}

// PromptVersionView is one recording that a prompt has had.
type PromptVersionView struct {
	Language string    `json:"language"`
	Key      string    `json:"key"`
	Version  int       `json:"version"`
	At       time.Time `json:"at"`
	By       string    `json:"by"`
	Shipped  bool      `json:"shipped" doc:"The voice that ships stands again"`
	Format   string    `json:"format,omitempty" doc:"Of the file that was uploaded; telephone: it was recorded by telephone"`
	Changes  []string  `json:"changes" nullable:"false" doc:"What was changed of the recording, with figures"`
	Seconds  float64   `json:"seconds"`
}

type promptVersions struct {
	Versions []PromptVersionView `json:"versions" nullable:"false" doc:"The first one stands"`
}

func version(p replaced.Prompt) PromptVersionView {
	return PromptVersionView{
		Language: string(p.Language), Key: string(p.Key), Version: p.Version, At: p.At, By: p.By, Shipped: p.Shipped(), Format: p.Format,
		Changes: append([]string{}, p.Changes...), Seconds: seconds(p.Sound),
	}
}

func seconds(alaw []byte) float64 { return float64(len(alaw)) / 8000 }

func (c Config) list(_ context.Context, in *ByLanguage) (*answer[promptList], error) {
	entries, err := prompts.Catalogue(prompts.Language(in.Language))
	list := promptList{string(in.Language), make([]PromptView, 0, len(entries))}
	for _, e := range entries {
		alaw, version, _ := c.Line.Heard(prompts.Language(in.Language), e.ID)
		list.Prompts = append(list.Prompts, PromptView{string(e.ID), prompts.NumberOf(e.ID), e.Text, string(e.Class), upload.FileOf(prompts.Language(in.Language), e.ID), version, seconds(alaw)})
	}
	return &answer[promptList]{list}, err
}

// entry finds the text of a key.
func entry(in ByKey) (prompts.Entry, error) {
	return upload.Entry(prompts.Language(in.Language), prompts.ID(in.Key))
}

type listenInput struct {
	ByKey
	Version int `query:"version" minimum:"1" doc:"Left out: what is heard now"`
}

type soundAnswer struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (c Config) listen(ctx context.Context, in *listenInput) (*soundAnswer, error) {
	e, err := entry(in.ByKey)
	if err != nil {
		return nil, err
	}
	alaw, version, ok := c.Line.Heard(prompts.Language(in.Language), e.ID)
	by := upload.Maker(prompts.Language(in.Language), e, version)
	if in.Version > 0 {
		p, err := c.booth().Version(ctx, prompts.Language(in.Language), e.ID, in.Version)
		if err != nil {
			return nil, err
		}
		alaw, ok, by = p.Sound, !p.Shipped(), speech.Maker{}
	}
	if !ok {
		return nil, huma.Error404NotFound("this has no sound of its own: the voice that ships speaks, or nobody")
	}
	return &soundAnswer{"audio/wav", fmt.Sprintf("inline; filename=%q", in.Key+".wav"), speech.File(alaw, by)}, nil
}

func (c Config) versions(ctx context.Context, in *ByKey) (*answer[promptVersions], error) {
	e, err := entry(*in)
	if err != nil {
		return nil, err
	}
	list, err := c.Store.PromptVersions(ctx, prompts.Language(in.Language), e.ID)
	v := promptVersions{make([]PromptVersionView, 0, len(list))}
	for _, p := range list {
		v.Versions = append(v.Versions, version(p))
	}
	return &answer[promptVersions]{v}, err
}

type putInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	ByKey
	RawBody []byte `contentType:"audio/wav"`
}

func (c Config) put(ctx context.Context, in *putInput) (*answer[PromptVersionView], error) {
	e, err := entry(in.ByKey)
	if err != nil {
		return nil, err
	}
	p, err := c.take(prompts.Language(in.Language), e, in.RawBody)
	if err != nil {
		return nil, err
	}
	return c.write(ctx, p)
}

// take makes a prompt of a file.
func (c Config) take(lang prompts.Language, e prompts.Entry, file []byte) (replaced.Prompt, error) {
	p, err := c.booth().Take(lang, e, file)
	return p, refused(err)
}

// refused is a refusal as the API answers it.
func refused(err error) error {
	switch {
	case errors.Is(err, upload.ErrFixed):
		return problem.Refused("path.key", err.Error())
	case errors.Is(err, upload.ErrUnfit):
		return problem.Refused("body", err.Error())
	case errors.Is(err, upload.ErrFull):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, upload.ErrVersion):
		return problem.Refused("body.version", err.Error())
	}
	return err
}

// write keeps a prompt, and lets this node's calls hear it at once.
func (c Config) write(ctx context.Context, p replaced.Prompt) (*answer[PromptVersionView], error) {
	p, err := c.booth().Write(ctx, p, c.Staff(ctx))
	if err != nil {
		return nil, err
	}
	return &answer[PromptVersionView]{version(p)}, nil
}

type rollBackInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	ByKey
	Body struct {
		Version int `json:"version" minimum:"0" doc:"Which version is to stand again; 0: the voice that ships"`
	}
}

// rollBack writes a former version as the newest one, so that nothing is lost by it.
func (c Config) rollBack(ctx context.Context, in *rollBackInput) (*answer[PromptVersionView], error) {
	e, err := entry(in.ByKey)
	if err != nil {
		return nil, err
	}
	p, err := c.booth().RollBack(ctx, prompts.Language(in.Language), e, in.Body.Version, c.Staff(ctx))
	if err != nil {
		return nil, refused(err)
	}
	return &answer[PromptVersionView]{version(p)}, nil
}
