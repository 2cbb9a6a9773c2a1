package recorded_test

import (
	"io"
	"testing"

	"hotline/oncall/ring/recorded"
)

// TestATapeIsOneReel: whoever joins gets the one that runs; it is closed once, and there is none after it.
func TestATapeIsOneReel(t *testing.T) {
	var none *recorded.Tape
	none.End()
	tape, begun := &recorded.Tape{}, 0
	r := &reel{}
	for range 3 {
		if tape.Reel(func() io.Closer { begun++; return r }) != r {
			t.Error("there are two")
		}
	}
	tape.End()
	tape.End()
	if tape.Reel(func() io.Closer { begun++; return r }) != nil || begun != 1 || r.closed != 1 {
		t.Errorf("%d were begun, and closed %d times", begun, r.closed)
	}
}

type reel struct{ closed int }

func (r *reel) Close() error { r.closed++; return nil }
