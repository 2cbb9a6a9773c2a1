package line_test

import (
	"context"
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
	"hotline/oncall/ring/recorded"
	"hotline/phone"
	"hotline/tickets"
)

// rec is what is kept of talks. Safe for concurrent use.
type rec struct {
	mu    sync.Mutex
	named int
	kept  []tickets.Recording
}

// session names recordings a1, a2 and so on.
func (r *rec) session() *recorded.Session {
	return &recorded.Session{
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

// recordedTalk is a talk that is to be recorded. The caller speaks at 700 Hz.
type recordedTalk struct {
	policy    bool
	caller    int        // seconds for which the caller speaks, and then hangs up
	engineers []speaking // in the order in which they are rung
	how       string     // together; after: one when the other has left; menu: one, whose join is left for a second
	pitches   []float64  // of the second channel
	seconds   [2]float64 // at least and at most
}

// speaking is an engineer who speaks at a pitch for some seconds, and then hangs up.
type speaking struct {
	pitch float64
	lasts int
}

// TestATalkIsOneRecording, whoever ends it, in whatever order: what the caller says stands in the first channel without the engineers, and
// what they say in the second without the caller. It goes on behind the menu, with a second engineer, and after a hand-over, and ends with
// the last leg that is joined. Where nobody asks for it nothing is recorded.
func TestATalkIsOneRecording(t *testing.T) {
	for name, c := range map[string]recordedTalk{
		"the engineer hangs up":            {true, 6, []speaking{{1300, 3}}, "together", []float64{1300}, [2]float64{2, 4}},
		"the caller hangs up":              {true, 3, []speaking{{1300, 7}}, "together", []float64{1300}, [2]float64{1.5, 4}},
		"of two the first one leaves":      {true, 9, []speaking{{1300, 3}, {1900, 6}}, "together", []float64{1300, 1900}, [2]float64{4.5, 7}},
		"of two the second one leaves":     {true, 9, []speaking{{1300, 6}, {1900, 3}}, "together", []float64{1300, 1900}, [2]float64{4.5, 7}},
		"of three the caller hangs up":     {true, 4, []speaking{{1300, 7}, {1900, 7}}, "together", []float64{1300, 1900}, [2]float64{2.5, 5}},
		"behind the menu it goes on":       {true, 9, []speaking{{1300, 6}}, "menu", []float64{1300}, [2]float64{4.5, 7}},
		"it is handed over":                {true, 10, []speaking{{1300, 2}, {1900, 3}}, "after", []float64{1300, 1900}, [2]float64{5, 8}},
		"handed over, the caller hangs up": {true, 5, []speaking{{1300, 2}, {1900, 7}}, "after", []float64{1300, 1900}, [2]float64{3.5, 6.5}},
		"no policy":                        {false, 5, []speaking{{1300, 2}}, "together", nil, [2]float64{}},
	} {
		t.Run(name, func(t *testing.T) {
			r := &rec{}
			x := talks(t, r, c)
			want := 0
			if c.policy {
				want = 1
			}
			if len(r.kept) != want {
				t.Fatalf("%d recordings are kept: %+v", len(r.kept), r.kept)
			}
			for _, k := range r.kept {
				sound := g711.ALaw.Samples(x.spool.kept[k.ID])
				if k.Kind != tickets.Talk || k.Partial || k.Law != "alaw" || k.SHA256 == "" || k.Call == "" || k.At.IsZero() || k.Seconds < c.seconds[0] || k.Seconds > c.seconds[1] || int(k.Seconds*8000+0.5)*2 != len(sound) {
					t.Errorf("the recording is %+v, with %d samples", k, len(sound))
				}
				var channels [2][]int16
				for at, v := range sound {
					channels[at%2] = append(channels[at%2], v)
				}
				for channel, pitches := range [][]float64{{700}, c.pitches} {
					if got := hears(channels[channel]); !slices.Equal(got, pitches) {
						t.Errorf("channel %d has the pitches %v, want %v alone", channel, got, pitches)
					}
				}
			}
		})
	}
}

// talks joins engineers to a caller, as it is said.
func talks(t *testing.T, r *rec, c recordedTalk) *exchange {
	t.Helper()
	ended, board := make(chan struct{}), make(chan *line.Switchboard, 1)
	var addresses []string
	for i, e := range c.engineers {
		p := plugIn(t, fmt.Sprint("engineer", i), func(ctx context.Context, in *phone.Incoming) {
			if call, err := in.PickUp(ctx); err == nil {
				_ = call.Say(ctx, mediatest.Tone(e.pitch, 8000*e.lasts))
				call.Hangup()
			}
		})
		addresses = append(addresses, p.Address())
	}
	x := newExchange(t, func(ctx context.Context, l *line.Line) {
		defer close(ended)
		joinAll(ctx, t, l, <-board, addresses, r, c)
	})
	board <- x.board
	caller, err := plugIn(t, "caller", nil).Dial(t.Context(), x.address())
	if err != nil {
		t.Fatal(err)
	}
	_ = caller.Say(t.Context(), mediatest.Tone(700, 8000*c.caller))
	caller.Hangup()
	<-ended
	return x
}

// joinAll joins them, and comes back when all are gone.
func joinAll(ctx context.Context, t *testing.T, l *line.Line, b *line.Switchboard, addresses []string, r *rec, c recordedTalk) {
	j := ring.Joining{Silence: 5 * time.Second, Talk: time.Minute}
	if c.policy {
		j.Recording = r.session()
		defer j.Recording.End()
	}
	var joined sync.WaitGroup
	defer joined.Wait()
	for _, address := range addresses {
		tel, err := b.Ring(context.WithoutCancel(ctx), address, ring.Introduction{Name: "hotline"})
		if err != nil {
			t.Error(err)
			return
		}
		talk := func() {
			defer tel.Hangup()
			if c.how == "menu" {
				aside, back := context.WithTimeout(ctx, 2*time.Second)
				defer back()
				_ = tel.Join(aside, string(l.Caller().ID), j)
				away, over := context.WithTimeout(ctx, time.Second)
				defer over()
				<-away.Done()
			}
			_ = tel.Join(ctx, string(l.Caller().ID), j)
		}
		if c.how == "after" {
			talk()
			continue
		}
		joined.Go(talk)
	}
}
