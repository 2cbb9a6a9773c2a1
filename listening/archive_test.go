package listening_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"testing"
	"time"

	"hotline/listening"
	"hotline/memory"
	"hotline/tickets"
)

// slow is an answer on a socket with a deadline.
type slow struct {
	*httptest.ResponseRecorder
	extended int
}

func (s *slow) SetWriteDeadline(t time.Time) error {
	if time.Until(t) > time.Minute {
		s.extended++
	}
	return nil
}

type sound struct{ *bytes.Reader }

func (sound) Close() error { return nil }

// TestALongExportIsNotCutOff: each recording has its own time, or a large archive would end where the server's for one answer does.
func TestALongExportIsNotCutOff(t *testing.T) {
	x := tickets.Ticket{Number: 417}
	for i := range 20 {
		x.Recordings = append(x.Recordings, tickets.Recording{ID: fmt.Sprint("417-", i)})
	}
	a := listening.Archive{Store: memory.New(417), Actor: "staff:anna", Open: func(context.Context, tickets.Recording) (io.ReadSeekCloser, error) {
		return sound{bytes.NewReader([]byte("sound"))}, nil
	}}
	w := &slow{ResponseRecorder: httptest.NewRecorder()}
	if err := a.Serve(t.Context(), w, []tickets.Ticket{x}); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(w.Body.Bytes()), int64(w.Body.Len()))
	if err != nil || len(z.File) != 21 || w.extended != 20 {
		t.Errorf("the deadline was extended %d times for %v, %v", w.extended, z, err)
	}
}
