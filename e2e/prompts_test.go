package e2e_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/wav"
)

// TestTheNextCallerHearsTheOwnersRecording: somebody replaces the welcome by a FLAC file while the program runs, and calls.
func TestTheNextCallerHearsTheOwnersRecording(t *testing.T) {
	t.Parallel()
	h := open(t)
	file, err := os.ReadFile(filepath.Join("..", "speech", "upload", "testdata", "goodbye.flac"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+h.http+"/api/v1/prompts/it/welcome", bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer demo")
	req.Header.Set("Content-Type", "audio/flac")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(said), "rate: 16000 Hz became 8000") {
		t.Fatalf("%s: %s, %v", answer.Status, said, err)
	}
	var sound []byte
	if _, err := h.call(http.MethodGet, "/api/v1/prompts/it/welcome", nil, &sound); err != nil {
		t.Fatal(err)
	}
	_, alaw, err := wav.Read(bytes.NewReader(sound))
	if err != nil {
		t.Fatal(err)
	}
	c := h.dial(t, telephone(t, "0699999998"))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_ = c.Wait(ctx, 5*time.Second) // it ends when the time is over
	c.Hangup()
	holds(t, "the welcome", c.Heard(), g711.ALaw.Samples(alaw), speech(t, "it", "welcome"))
}
