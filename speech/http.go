package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"hotline/backend"
	"hotline/prompts"
)

// HTTP is a voice behind the form of OpenAI's /v1/audio/speech, which many servers speak.
type HTTP struct {
	URL     string // whole, with its path
	Model   string
	Voices  map[prompts.Language]string
	KeyFile string // holds the bearer token alone; empty: none is sent
	Timeout time.Duration
	Client  *http.Client // nil: the default one
}

// Ready is nil: whether the server answers is found out by asking it.
func (h HTTP) Ready() error { return nil }

// Voice is the server, its model and the voice.
func (h HTTP) Voice(lang prompts.Language) string {
	return strings.Join([]string{"http", h.URL, h.Model, h.Voices[lang]}, "\x00")
}

// Speak asks the server.
func (h HTTP) Speak(ctx context.Context, t Text) (Samples, error) {
	body, err := json.Marshal(map[string]string{"model": h.Model, "input": t.Words, "voice": h.Voices[t.Language], "response_format": "wav"})
	if err != nil {
		return Samples{}, err
	}
	said, err := backend.Server{URL: h.URL, KeyFile: h.KeyFile, Timeout: h.Timeout, Client: h.Client}.Post(ctx, backend.Question{
		Type: "application/json", Accept: "audio/wav", Body: bytes.NewReader(body), Most: largest,
	})
	if errors.Is(err, backend.ErrAnswer) {
		err = fmt.Errorf("%w: %w", ErrRubbish, err)
	}
	if err != nil {
		return Samples{}, fmt.Errorf("asking the voice: %w", err)
	}
	s, err := readWAV(said)
	if err != nil {
		return Samples{}, fmt.Errorf("the voice answered with %w", err)
	}
	return s, nil
}
