package waveform

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/storage"
	"hotline/tickets"
)

// speech is seconds of a tone, loud or not.
func speech(seconds, loud float64) []int16 {
	list := make([]int16, int(seconds*rate))
	for i := range list {
		list[i] = int16(loud * math.Sin(float64(i)))
	}
	return list
}

func TestSilenceIsFoundBetweenWords(t *testing.T) {
	for name, c := range map[string]struct {
		samples []int16
		want    []string
	}{
		"words, a pause, words":            {slices.Concat(speech(2, 9000), speech(4, 30), speech(1, 9000)), []string{"2.3-5.7"}},
		"a breath is no pause":             {slices.Concat(speech(2, 9000), speech(1, 30), speech(1, 9000)), nil},
		"before, and to the end":           {slices.Concat(speech(3, 0), speech(1, 9000), speech(2, 0)), []string{"0.3-2.7", "4.3-5.7"}},
		"a quiet voice is none":            {slices.Concat(speech(2, 900), speech(4, 20), speech(1, 900)), []string{"2.3-5.7"}},
		"noise of the line under a voice":  {slices.Concat(speech(2, 20000), speech(4, 700), speech(2, 20000)), []string{"2.3-5.7"}},
		"nothing but noise is no voice":    {speech(5, 100), []string{"0.3-4.7"}},
		"no sound at all":                  {nil, nil},
		"less than a window":               {speech(.05, 9000), nil},
		"the loudest sample has a measure": {[]int16{math.MinInt16}, nil},
	} {
		if got := silent(c.samples); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if svg := string(draw(c.samples)); !strings.HasPrefix(svg, "<svg ") || strings.Count(svg, "M") != columns || strings.Contains(svg, "NaN") || strings.Contains(svg, "V-") {
			t.Errorf("%s: %s", name, svg)
		}
	}
	svg := string(draw(slices.Concat(speech(1, whole), speech(1, 0))))
	if !strings.Contains(svg, `data-seconds="2.00"`) || !strings.Contains(svg, "M10.5 0.0V48.0") || !strings.Contains(svg, "M230.5 23.5V24.5") {
		t.Error(svg)
	}
}

type sound struct{ *bytes.Reader }

func (sound) Close() error { return nil }

func TestADrawingIsMadeOnceUnlessTheRecordingWasCut(t *testing.T) {
	octets := g711.ALaw.Octets(speech(2, 9000))
	file := append(wav.Header(wav.G711(g711.ALaw), len(octets)), octets...)
	opened := 0
	h := Handlers{Open: func(context.Context, tickets.Recording) (io.ReadSeekCloser, error) {
		opened++
		return sound{bytes.NewReader(file)}, nil
	}}
	d := &drawings{Handlers: h, turn: make(chan struct{}, 1), kept: map[string][]byte{}}
	for _, r := range []tickets.Recording{{ID: "a"}, {ID: "a"}, {ID: "b", Partial: true}, {ID: "b", Partial: true}} {
		svg, err := d.drawing(t.Context(), r)
		if err != nil || !bytes.Contains(svg, []byte(`data-seconds="2.00"`)) {
			t.Errorf("%s: %s, %v", r.ID, svg, err)
		}
	}
	if opened != 3 || len(d.kept) != 1 {
		t.Errorf("opened %d times, %d kept", opened, len(d.kept))
	}
	for i := range keptMost + 5 {
		if _, err := d.drawing(t.Context(), tickets.Recording{ID: strings.Repeat("x", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.kept) != keptMost {
		t.Errorf("%d are kept", len(d.kept))
	}
	file = []byte("no sound")
	if _, err := d.drawing(t.Context(), tickets.Recording{ID: "c"}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a file that is no sound: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	d.turn <- struct{}{}
	if _, err := d.drawing(gone, tickets.Recording{ID: "a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("a browser that has gone: %v", err)
	}
}
