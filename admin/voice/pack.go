package voice

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"hotline/admin/problem"
	"hotline/prompts"
	"hotline/speech/upload"
	"hotline/speech/upload/pack"
)

type exportInput struct {
	ByLanguage
	Only string `query:"only" enum:"owner,all" default:"all" doc:"owner: the owner's recordings alone"`
}

// exportPack writes the file while it is sent.
func (c Config) exportPack(_ context.Context, in *exportInput) (*huma.StreamResponse, error) {
	lang := prompts.Language(in.Language)
	entries, err := prompts.Catalogue(lang)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humachi.Unwrap(ctx)
		w.Header().Set("Content-Type", "application/zip")
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "hotline-"+string(lang)+".zip"))
		_ = pack.Export(w, c.Line, lang, entries, in.Only == "owner", c.Now()) // else the client has gone
	}}, nil
}

type packInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	ByLanguage
	RawBody []byte `contentType:"application/zip"`
}

// PromptFileView is what became of one file of a pack.
type PromptFileView struct {
	File    string   `json:"file"`
	Key     string   `json:"key,omitempty"`
	Version int      `json:"version,omitempty"`
	Refused string   `json:"refused,omitempty" doc:"Why this file was not taken"`
	Changes []string `json:"changes,omitempty"`
}

type packTaken struct {
	Taken   int              `json:"taken"`
	Same    int              `json:"same" doc:"Files that sound as what stands already"`
	Refused int              `json:"refused"`
	Left    int              `json:"left" doc:"Files that were not looked at, because calls went first for too long: send the pack again"`
	Files   []PromptFileView `json:"files" nullable:"false" doc:"Those that were taken or refused, in the order of the pack"`
}

// importPack takes one file after the other; one that is refused keeps no other from being taken.
func (c Config) importPack(ctx context.Context, in *packInput) (*answer[packTaken], error) {
	m := pack.Import{Booth: c.booth(), Busy: c.Busy, By: c.Staff(ctx)}
	found, err := m.Run(ctx, prompts.Language(in.Language), bytes.NewReader(in.RawBody), int64(len(in.RawBody)))
	switch {
	case errors.Is(err, pack.ErrNoZip), errors.Is(err, pack.ErrMany):
		return nil, problem.Refused("body", err.Error())
	case err != nil:
		return nil, err
	}
	v := packTaken{Taken: found.Taken, Same: found.Same, Refused: found.Refused, Left: found.Left, Files: []PromptFileView{}}
	for _, f := range found.Files {
		v.Files = append(v.Files, PromptFileView{File: f.Name, Key: string(f.Key), Version: f.Version, Refused: f.Refused, Changes: f.Changes})
	}
	return &answer[packTaken]{v}, nil
}

type scriptInput struct {
	ByLanguage
	Format string `query:"format" enum:"csv,text" default:"csv"`
}

// script is the sheet from which a studio records; a bar in a text becomes a pause that is marked.
func (c Config) script(_ context.Context, in *scriptInput) (*soundAnswer, error) {
	entries, err := prompts.Catalogue(prompts.Language(in.Language))
	if err != nil {
		return nil, err
	}
	kind, name, sheet := upload.Script(prompts.Language(in.Language), entries, in.Format == "text")
	return &soundAnswer{kind, fmt.Sprintf("attachment; filename=%q", name), sheet}, nil
}
