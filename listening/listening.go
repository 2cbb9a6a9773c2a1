// Package listening serves the sound of a recording over HTTP. Packages admin and web answer by it, so that whoever listens is noted in
// the same way, whether by the API or by a page.
package listening

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"hotline/tickets"
)

// Sound is a recording that somebody may listen to. It must be closed.
type Sound struct {
	recording tickets.Recording
	file      io.ReadSeekCloser
}

// Open finds a recording, opens its sound and notes who listens. Nobody listens unseen: what cannot be noted is not opened. The error
// is storage.ErrNotFound where there is no such recording, or open finds no sound of it.
func Open(ctx context.Context, store tickets.RecordingStore, open func(context.Context, tickets.Recording) (io.ReadSeekCloser, error), id, actor string, now time.Time) (*Sound, error) {
	r, _, err := store.Recording(ctx, id)
	if err != nil {
		return nil, err
	}
	file, err := open(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("opening recording %s: %w", r.ID, err)
	}
	if err := store.LogAccess(ctx, r.ID, actor, tickets.Listened, now); err != nil {
		file.Close()
		return nil, fmt.Errorf("logging the access to recording %s: %w", r.ID, err)
	}
	return &Sound{r, file}, nil
}

// Serve answers with the sound, whole or in parts (RFC 9110, section 14).
func (s *Sound) Serve(w http.ResponseWriter, q *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "audio/wav")
	h.Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", fileName(s.recording)))
	if s.recording.SHA256 != "" && !s.recording.Partial {
		h.Set("ETag", `"`+s.recording.SHA256+`"`)
	}
	http.ServeContent(w, q, "", s.recording.At, s.file)
}

// Close closes the sound.
func (s *Sound) Close() error { return s.file.Close() }

// fileName is what a browser saves the sound as; ids are opaque, so only their plain letters pass.
func fileName(r tickets.Recording) string {
	plain := make([]rune, 0, len(r.ID))
	for _, c := range r.ID {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' {
			plain = append(plain, c)
		}
	}
	return string(plain) + ".wav"
}
