package speech

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

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
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	body, err := json.Marshal(map[string]string{"model": h.Model, "input": t.Words, "voice": h.Voices[t.Language], "response_format": "wav"})
	if err != nil {
		return Samples{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return Samples{}, fmt.Errorf("asking the voice: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "audio/wav")
	if h.KeyFile != "" {
		token, err := os.ReadFile(h.KeyFile)
		if err != nil {
			return Samples{}, fmt.Errorf("reading speech.key_file: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(request)
	if err != nil {
		return Samples{}, fmt.Errorf("asking the voice: %w", err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, largest+1))
	if err != nil {
		return Samples{}, fmt.Errorf("hearing the voice's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return Samples{}, fmt.Errorf("the voice answered %s: %.200q: %w", answer.Status, said, ErrRubbish)
	}
	s, err := readWAV(said)
	if err != nil {
		return Samples{}, fmt.Errorf("the voice answered with %w", err)
	}
	return s, nil
}
