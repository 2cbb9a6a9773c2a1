package app

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"time"

	"hotline/media/g711"
	"hotline/oncall/ring"
)

// tapes is the spool as the line asks for it.
type tapes struct{ *App }

// Create begins a recording.
func (t tapes) Create(id string, c g711.Codec) (io.WriteCloser, error) {
	tape, err := t.spool.Create(id, c)
	if err != nil {
		t.log.Error("a message is not recorded", "recording", id, "error", err)
		return nil, err
	}
	if t.cfg.Sabotage == "recording" {
		return blank{tape}, nil
	}
	return tape, nil
}

// Remove deletes a recording that nobody keeps.
func (t tapes) Remove(id string) error { return t.spool.Remove(id) }

// Octets reads a recording back.
func (t tapes) Octets(id string) (g711.Codec, []byte, error) { return t.spool.Octets(id) }

// Sum is the SHA-256 of a recording.
func (t tapes) Sum(id string) (string, error) { return t.spool.Sum(id) }

// blank is a recording that keeps silence only: the sabotage of the demo's recording.
type blank struct{ io.WriteCloser }

func (b blank) Write(octets []byte) (int, error) {
	silence := make([]byte, len(octets))
	for i := range silence {
		silence[i] = g711.ALaw.Silence()
	}
	return b.WriteCloser.Write(silence)
}

// deaf rings telephones that are joined in the books only: the sabotage of the demo's sound.
type deaf struct{ ring.Telephones }

func (d deaf) Ring(ctx context.Context, address string, as ring.Introduction) (ring.Telephone, error) {
	t, err := d.Telephones.Ring(ctx, address, as)
	if err != nil {
		return nil, err
	}
	return unjoined{t}, nil
}

type unjoined struct{ ring.Telephone }

func (u unjoined) Join(ctx context.Context, _ string, j ring.Joining) error {
	talk := time.NewTimer(j.Talk)
	defer talk.Stop()
	for {
		select {
		case <-talk.C:
			j.Talked()
		case <-u.Context().Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// randomness is the system's.
type randomness struct{}

func (randomness) Read(b []byte) (int, error) { return rand.Read(b) }

// quiet keeps a library's everyday lines out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(above{log.Handler()}) }

// above passes warnings and worse.
type above struct{ slog.Handler }

func (a above) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && a.Handler.Enabled(ctx, l)
}

func (a above) WithAttrs(attrs []slog.Attr) slog.Handler { return above{a.Handler.WithAttrs(attrs)} }

func (a above) WithGroup(name string) slog.Handler { return above{a.Handler.WithGroup(name)} }
