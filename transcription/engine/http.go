package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
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
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, &body)
	if err != nil {
		return Heard{}, fmt.Errorf("asking the recogniser: %w", err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	if h.KeyFile != "" {
		token, err := os.ReadFile(h.KeyFile)
		if err != nil {
			return Heard{}, fmt.Errorf("reading transcription.key_file: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	client := h.Client
	if client == nil {
		client = http.DefaultClient
	}
	answer, err := client.Do(request)
	if err != nil {
		return Heard{}, fmt.Errorf("asking the recogniser: %w", err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, largest+1))
	if err != nil {
		return Heard{}, fmt.Errorf("reading the recogniser's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return Heard{}, fmt.Errorf("the recogniser answered %s: %.200q: %w", answer.Status, said, ErrRubbish)
	}
	if len(said) > largest {
		return Heard{}, fmt.Errorf("the recogniser answered more than %d MB: %w", largest>>20, ErrRubbish)
	}
	return Read(said)
}
