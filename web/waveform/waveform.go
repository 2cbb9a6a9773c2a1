// Package waveform is what the pages show of a recording beside the audio element: its waveform as a drawing, and where nobody speaks.
// Both are worked out once on each node and kept in memory, so that nothing of a sealed recording lies on the disk in the clear.
package waveform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"hotline/media/wav"
	"hotline/storage"
	"hotline/tickets"
	"hotline/users"
	"hotline/web/ui"
)

// Handlers answers these pages. It is where recordings are.
type Handlers struct {
	Recording func(ctx context.Context, id string) (tickets.Recording, tickets.Number, error)
	Open      func(ctx context.Context, r tickets.Recording) (io.ReadSeekCloser, error) // storage.ErrNotFound when it is gone from the disk
}

// keptMost is how many drawings a node keeps, each of some kilobytes.
const keptMost = 200

// drawings are those that were worked out. Safe for concurrent use.
type drawings struct {
	Handlers
	turn chan struct{} // one is worked out at a time: calls need the cores. Who has it owns what is kept
	kept map[string][]byte
}

// Routes are the room's. A waveform is for those who may listen.
func Routes(h Handlers) []ui.Route {
	d := &drawings{Handlers: h, turn: make(chan struct{}, 1), kept: map[string][]byte{}}
	return []ui.Route{
		{Pattern: "GET /recordings/{id}/wave.svg", Roles: []users.Role{users.Engineer, users.Staff, users.Admin}, Serve: d.serve},
	}
}

func (d *drawings) serve(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	rec, _, err := d.Recording(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("recording %s: %w", r.PathValue("id"), err)
	}
	svg, err := d.drawing(r.Context(), rec)
	if err != nil {
		return nil, err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(svg) // a browser that has gone needs none
	return nil, nil
}

// drawing gives the drawing of a recording. One that was cut by a fault may still be mended: it is not kept.
func (d *drawings) drawing(ctx context.Context, rec tickets.Recording) ([]byte, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if svg, ok := d.kept[rec.ID]; ok {
		return svg, nil
	}
	file, err := d.Open(ctx, rec)
	if err != nil {
		return nil, fmt.Errorf("opening recording %s: %w", rec.ID, err)
	}
	defer file.Close()
	format, octets, err := wav.Read(file)
	if errors.Is(err, wav.ErrBad) {
		return nil, fmt.Errorf("recording %s, %w: %w", rec.ID, err, storage.ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("reading recording %s: %w", rec.ID, err)
	}
	svg := draw(format.Samples(octets))
	if rec.Partial {
		return svg, nil
	}
	for id := range d.kept { // any one goes
		if len(d.kept) < keptMost {
			break
		}
		delete(d.kept, id)
	}
	d.kept[rec.ID] = svg
	return svg, nil
}
