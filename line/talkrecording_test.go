package line

import (
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"

	"hotline/media/g711"
	"hotline/tickets"
)

// fullSpool is a disk on which nothing can be made.
type fullSpool struct{ Spool }

func (fullSpool) CreateTwo(string, g711.Codec) (io.WriteCloser, error) {
	return nil, errors.New("no space left on the disk")
}

// TestATalkThatCannotBeRecordedIsLogged: the contract wants the talk, so that whoever runs the house must hear that there is none.
func TestATalkThatCannotBeRecordedIsLogged(t *testing.T) {
	var log strings.Builder
	r := &talkRecording{id: "417-a", spool: fullSpool{}, log: slog.New(slog.NewTextHandler(&log, nil)), sides: map[*side]bool{}, keep: func(tickets.Recording) { t.Error("a talk is kept of which there is nothing") }}
	if _, err := (&track{talkRecording: r, law: g711.ALaw}).Write(make([]byte, 160)); err == nil {
		t.Error("the sound was written")
	}
	for range 2 {
		_ = r.Close()
	}
	if strings.Count(log.String(), "417-a") != 1 || !strings.Contains(log.String(), "no space left") {
		t.Errorf("the log says %q", log.String())
	}
}
