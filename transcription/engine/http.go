package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hotline/backend"
)

// HTTP is a recogniser behind the form of OpenAI's /v1/audio/transcriptions, which many servers speak; whisper.cpp's own server
// takes the same fields at /inference.
type HTTP struct {
	URL     string // whole, with its path
	Model   string
	KeyFile string // holds the bearer token alone; empty: none is sent
	Timeout time.Duration
	Client  *http.Client // nil: the default one
}

// Ready is nil: whether the server answers is found out by asking it.
func (h HTTP) Ready() error { return nil }

// Name is the server and its model.
func (h HTTP) Name() string {
	host := h.URL
	if u, err := url.Parse(h.URL); err == nil {
		host = u.Host
	}
	return strings.TrimSpace(h.Model + " " + host)
}

// Transcribe asks the server.
func (h HTTP) Transcribe(ctx context.Context, s Sound) (Heard, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, field := range [][2]string{{"model", h.Model}, {"language", s.Language}, {"response_format", "verbose_json"}, {"temperature", "0"}} {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return Heard{}, err
		}
	}
	part, err := form.CreateFormFile("file", "recording.wav")
	if err != nil {
		return Heard{}, err
	}
	if _, err := part.Write(s.WAV); err != nil {
		return Heard{}, err
	}
	if err := form.Close(); err != nil {
		return Heard{}, err
	}
	said, err := backend.Server{URL: h.URL, KeyFile: h.KeyFile, Timeout: h.Timeout, Client: h.Client}.Post(ctx, backend.Question{
		Type: form.FormDataContentType(), Body: &body, Most: largest,
	})
	if errors.Is(err, backend.ErrAnswer) {
		err = fmt.Errorf("%w: %w", ErrRubbish, err)
	}
	if err != nil {
		return Heard{}, fmt.Errorf("asking the recogniser: %w", err)
	}
	return Read(said)
}
