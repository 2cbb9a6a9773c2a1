package line_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline/line"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/mediatest"
	"hotline/oncall/ring"
	"hotline/phone"
	"hotline/tickets"
)

// rec is what is kept of talks. Safe for concurrent use.
type rec struct {
	mu    sync.Mutex
	named int
	kept  []tickets.Recording
}

// tape names recordings a1, a2 and so on.
func (r *rec) tape() *ring.Tape {
	return &ring.Tape{
		Told: func() bool { return true },
		Name: func() string { r.mu.Lock(); defer r.mu.Unlock(); r.named++; return fmt.Sprint("a", r.named) },
		Keep: func(t tickets.Recording) { r.mu.Lock(); defer r.mu.Unlock(); r.kept = append(r.kept, t) },
	}
}

// hears tells which of the pitches a sound has.
func hears(sound []int16) (hz []float64) {
	for _, pitch := range []float64{700, 1300, 1900} {
		if best, _ := likeness.Correlate(sound, mediatest.Tone(pitch, 4000)); best > 0.5 {
			hz = append(hz, pitch)
		}
	}
	return hz
}

// TestTalksAreRecordedInTwoChannels: what the caller says stands in the first channel and what the engineer says in the second, each
// without the other. Of two engineers the first one's talk is recorded; when that one leaves, the talk of who stays begins another
// recording, and it ends with the last one. Where nobody asks for it nothing is recorded.
func TestTalksAreRecordedInTwoChannels(t *testing.T) {
	for name, c := range map[string]struct {
		policy    bool
		engineers []float64 // what each of them says, in the order in which they hang up
		want      [][2]float64
	}{
		"one engineer":  {true, []float64{1300}, [][2]float64{{700, 1300}}},
		"two engineers": {true, []float64{1300, 1900}, [][2]float64{{700, 1300}, {700, 1900}}},
		"no policy":     {false, []float64{1300}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rec{}
			x, err := talks(t, r, c.policy, c.engineers)
			if err != nil {
				t.Errorf("the talk ended with %v", err)
			}
			if len(r.kept) != len(c.want) {
				t.Fatalf("%d recordings are kept: %+v", len(r.kept), r.kept)
			}
			for i, want := range c.want {
				k := r.kept[i]
				sound := g711.ALaw.Samples(x.spool.kept[k.ID])
				if k.Kind != tickets.Talk || k.Partial || k.Law != "alaw" || k.SHA256 == "" || k.Call == "" || k.Seconds < 1 || k.Seconds > 4 || int(k.Seconds*8000+0.5)*2 != len(sound) {
					t.Errorf("recording %d is %+v, with %d samples", i, k, len(sound))
				}
				var channels [2][]int16
				for at, v := range sound {
					channels[at%2] = append(channels[at%2], v)
				}
				for channel, hz := range want {
					if got := hears(channels[channel]); !slices.Equal(got, []float64{hz}) {
						t.Errorf("recording %d, channel %d has the pitches %v, want %v alone", i, channel, got, hz)
					}
				}
			}
		})
	}
}

// talks joins engineers to a caller who speaks on, and hangs up after the last one of them.
func talks(t *testing.T, r *rec, policy bool, engineers []float64) (*exchange, error) {
	t.Helper()
	ended, board := make(chan error, 1), make(chan *line.Switchboard, 1)
	var addresses []string
	for i, hz := range engineers {
		p := plugIn(t, fmt.Sprint("engineer", i), func(ctx context.Context, in *phone.Incoming) {
			if call, err := in.PickUp(ctx); err == nil {
				_ = call.Say(ctx, mediatest.Tone(hz, 8000*5/2*(i+1)))
				call.Hangup()
			}
		})
		addresses = append(addresses, p.Address())
	}
	x := newExchange(t, func(ctx context.Context, l *line.Line) { ended <- joinAll(ctx, l, <-board, addresses, r, policy) })
	board <- x.board
	caller, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Hangup()
	_ = caller.Say(t.Context(), mediatest.Tone(700, 8000*6))
	return x, <-ended
}

func joinAll(ctx context.Context, l *line.Line, b *line.Switchboard, addresses []string, r *rec, policy bool) error {
	var joined sync.WaitGroup
	errs := make([]error, len(addresses))
	for i, address := range addresses {
		tel, err := b.Ring(ctx, address, ring.Introduction{Name: "hotline"})
		if err != nil {
			return err
		}
		j := ring.Joining{Silence: 5 * time.Second, Talk: time.Minute}
		if policy {
			j.Tape = r.tape()
		}
		joined.Go(func() {
			defer tel.Hangup()
			errs[i] = tel.Join(ctx, string(l.Caller().ID), j)
		})
	}
	joined.Wait()
	return errors.Join(errs...)
}
