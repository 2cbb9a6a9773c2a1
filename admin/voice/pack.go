package voice

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"hotline/admin/problem"
	"hotline/admin/schema"
	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/speech"
	"hotline/speech/upload"
)

// keyOf is the prompt that a file of a pack is the sound of; folders before that of the language, such as sounds, do not count.
func keyOf(lang prompts.Language, name string) (prompts.ID, error) {
	parts := strings.Split(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"), "/")
	for n, p := range parts {
		if p != string(lang) {
			continue
		}
		file := strings.TrimSuffix(parts[len(parts)-1], path.Ext(name))
		switch inside := parts[n+1 : len(parts)-1]; {
		case len(inside) == 0:
			return prompts.ID(file), nil
		case len(inside) == 1 && inside[0] == upload.Digits:
			return prompts.ID("n-" + file), nil
		}
		return "", errors.New("the line knows no sounds in this folder")
	}
	return "", fmt.Errorf("it does not lie in the folder of the language, %s", lang)
}

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
		z := zip.NewWriter(w)
		z.RegisterCompressor(zip.Deflate, fast)
		voice, signals := speech.Shipped(lang, prompts.Whole), speech.Shipped(lang, prompts.Sound)
		for _, e := range entries {
			alaw, version, ok := c.Line.Heard(lang, e.ID)
			if !ok || version == 0 && in.Only == "owner" {
				continue
			}
			by := voice
			switch {
			case version > 0:
				by = speech.Maker{} // the owner
			case e.Class == prompts.Sound:
				by = signals
			}
			f, err := z.CreateHeader(&zip.FileHeader{Name: upload.FileOf(lang, e.ID), Method: zip.Deflate, Modified: c.Now()})
			if err == nil {
				_, err = f.Write(linear(alaw, by))
			}
			if err != nil {
				return // the client has gone
			}
		}
		_ = z.Close() // the same
	}}, nil
}

// fast packs with the least work: a voice is eighteen megabytes of sound, and the line needs the processor more than an export does.
func fast(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) }

// linear is a sound as a WAV file of 16 bits, as Asterisk reads it, which says who has made it.
func linear(alaw []byte, by speech.Maker) []byte {
	pcm := g711.ALaw.Samples(alaw)
	octets := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		octets = append(octets, byte(s), byte(uint16(s)>>8))
	}
	return wav.Labelled(wav.Linear, octets, by.Label())
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
	z, err := zip.NewReader(bytes.NewReader(in.RawBody), int64(len(in.RawBody)))
	if err != nil {
		return nil, problem.Refused("body", "this is no zip file: "+err.Error())
	}
	if len(z.File) > mostFiles {
		return nil, problem.Refused("body", fmt.Sprintf("the pack has more than %d files", mostFiles))
	}
	v, left, began := packTaken{Files: []PromptFileView{}}, int64(largestUnpacked), time.Now()
	for n, f := range z.File {
		if time.Since(began) > importTime {
			v.Left = len(z.File) - n
			break
		}
		if strings.HasSuffix(f.Name, "/") || strings.EqualFold(path.Ext(f.Name), ".txt") {
			continue
		}
		from := time.Now()
		file, err := c.importFile(ctx, prompts.Language(in.Language), f, &left)
		if outage := (*storeError)(nil); errors.As(err, &outage) {
			return nil, outage.error // what was taken stands; the same pack again brings the rest
		}
		if !c.rest(ctx, time.Since(from)) {
			return nil, ctx.Err()
		}
		switch {
		case err != nil:
			file.Refused = err.Error()
			v.Refused++
		case file.Version == 0:
			v.Same++
			continue
		default:
			v.Taken++
		}
		v.Files = append(v.Files, file)
	}
	return &answer[packTaken]{v}, nil
}

const (
	mostFiles       = 2000
	largestUnpacked = 256 << 20       // octets
	importTime      = 4 * time.Minute // within which an answer can still be written
)

// storeError is one of the store, which ends an import.
type storeError struct{ error }

// importFile takes one file of a pack; version 0 where it sounds as what stands. left is how much may still be unpacked.
func (c Config) importFile(ctx context.Context, lang prompts.Language, f *zip.File, left *int64) (PromptFileView, error) {
	v := PromptFileView{File: upload.Shown(f.Name)}
	key, err := keyOf(lang, f.Name)
	if err != nil {
		return v, err
	}
	e, err := entry(ByKey{ByLanguage{schema.Language(lang)}, string(key)})
	if err != nil {
		return v, errors.New("the line says nothing of this name; the script lists what it says")
	}
	v.Key = string(key)
	r, err := f.Open()
	if err != nil {
		return v, fmt.Errorf("it cannot be unpacked: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, min(*left, upload.Largest)+1))
	if *left -= int64(len(b)); err != nil || *left < 0 {
		return v, errors.Join(errors.New("it cannot be unpacked, or the pack is too large"), err)
	}
	standing, _, _ := c.Line.Heard(lang, key)
	if upload.Sounds(b, standing) {
		return v, nil
	}
	p, err := c.take(lang, e, b)
	if err != nil {
		return v, errors.New(reason(err))
	}
	if p.SHA256 == replaced.Hash(standing) { // the same recording was taken before
		return v, nil
	}
	written, err := c.write(ctx, p)
	if err != nil {
		return v, &storeError{err}
	}
	v.Version, v.Changes = written.Body.Version, written.Body.Changes
	return v, nil
}

// reason is what a problem says.
func reason(err error) string {
	if m := (*huma.ErrorModel)(nil); errors.As(err, &m) && len(m.Errors) > 0 {
		return m.Errors[0].Message
	}
	return err.Error()
}

// rest leaves the machine to calls: nine times as long as a file took while somebody is on the telephone. False when ctx ended.
func (c Config) rest(ctx context.Context, took time.Duration) bool {
	if !c.Busy() {
		return ctx.Err() == nil
	}
	t := time.NewTimer(9 * took)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
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
