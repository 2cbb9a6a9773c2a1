package media_test

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/mediatest"
)

// speaker makes speech-like sound: a voice of 120 Hz with formants that move, in syllables.
type speaker struct {
	dice  *rand.Rand
	level float64 // of the voice
	noise float64 // root mean square of the room
}

// silence is the room.
func (s *speaker) silence(d time.Duration) []int16 {
	out := make([]int16, d*8/time.Millisecond)
	for i := range out {
		out[i] = int16(s.dice.NormFloat64() * s.noise)
	}
	return out
}

// says speaks for d: syllables of 150 to 250 ms with short gaps.
func (s *speaker) says(d time.Duration) []int16 {
	out := s.silence(d)
	for at := 0; at < len(out); {
		n := 1200 + s.dice.IntN(800)
		first, second := 300+s.dice.Float64()*500, 900+s.dice.Float64()*1400
		for i := range min(n, len(out)-at) {
			envelope, v := math.Sin(math.Pi*float64(i)/float64(n)), 0.0
			for h := 1.0; h*120 < 3600; h++ {
				f := h * 120
				gain := 1/(1+math.Pow((f-first)/120, 2)) + 0.5/(1+math.Pow((f-second)/160, 2)) + 0.02
				v += gain * math.Sin(2*math.Pi*f*float64(at+i)/8000)
			}
			out[at+i] += int16(s.level * envelope * v)
		}
		at += n + 300 + s.dice.IntN(600)
	}
	return out
}

func TestAMessageEndsAfterItsLastWordAndNotInAPause(t *testing.T) {
	for _, c := range []struct {
		name         string
		level, noise float64
	}{{"quiet room", 6000, 5}, {"soft voice", 1200, 5}, {"noisy line", 6000, 120}, {"digital silence", 6000, 0}} {
		t.Run(c.name, func(t *testing.T) {
			s := &speaker{dice: rand.New(rand.NewPCG(4, 2)), level: c.level, noise: c.noise}
			e := media.NewEndpointer(0, 0)
			message := append(s.silence(2*time.Second), s.says(4*time.Second)...)
			message = append(message, s.silence(1700*time.Millisecond)...)
			message = append(message, s.says(3*time.Second)...)
			if v := feed(e, message); v.ended || v.never {
				t.Fatalf("the message was cut short after %v", v.at)
			}
			v := feed(e, s.silence(5*time.Second))
			if !v.ended || v.at < 2*time.Second || v.at > 3*time.Second {
				t.Errorf("ended %v, %v after the last word", v.ended, v.at)
			}
		})
	}
}

type heard struct {
	ended, never bool
	at           time.Duration
}

// feed gives sound to the ear, frame by frame, until it says that somebody has finished.
func feed(e *media.Endpointer, sound []int16) heard {
	for at := 0; at+160 <= len(sound); at += 160 {
		switch e.Feed(sound[at : at+160]) {
		case media.SpeechEnded:
			return heard{ended: true, at: time.Duration(at) * time.Second / 8000}
		case media.NeverSpoke:
			return heard{never: true, at: time.Duration(at) * time.Second / 8000}
		}
	}
	return heard{}
}

func TestWhoSaysNothingIsNotWaitedForLongerThanSixSeconds(t *testing.T) {
	for _, noise := range []float64{0, 10, 200} {
		s := &speaker{dice: rand.New(rand.NewPCG(4, 2)), noise: noise}
		v := feed(media.NewEndpointer(0, 0), s.silence(20*time.Second))
		if !v.never || v.at < 5900*time.Millisecond || v.at > 7500*time.Millisecond {
			t.Errorf("noise %v: never %v at %v", noise, v.never, v.at)
		}
	}
}

// A telephone that suppresses silence sends nothing once its owner is silent: that is silence too, though sound may be late.
func TestWhoSendsNothingMoreHasFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		r, err := ours.Record(&mediatest.Listener{}, media.RecordOptions{Endpoint: true})
		if err != nil {
			t.Fatal(err)
		}
		s := &speaker{dice: rand.New(rand.NewPCG(4, 2)), level: 6000, noise: 5}
		if err := phone.Play(t.Context(), media.NewSound(s.says(3*time.Second)), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		h.wire.SetFilter(func(netip.AddrPort, netip.AddrPort, []byte) bool { return false })
		began := time.Now()
		end, err := r.Wait(t.Context())
		if took := time.Since(began); end != media.EndSilence || err != nil || took < 2*time.Second || took > 3*time.Second {
			t.Errorf("ended by %v, %v, %v after the last packet", end, err, took)
		}
		if got := time.Duration(r.Stop().Samples) * time.Second / 8000; got < 5*time.Second || got > 6*time.Second {
			t.Errorf("%s were recorded", got)
		}
	})
}

func TestRecordingEndsByKeyBySilenceUnspokenAndAtItsLongest(t *testing.T) {
	s := &speaker{dice: rand.New(rand.NewPCG(4, 2)), level: 6000, noise: 5}
	for _, c := range []struct {
		name     string
		sound    []int16
		key      bool
		end      media.End
		from, to time.Duration
	}{
		{"key", s.says(3 * time.Second), true, media.EndKey, 3 * time.Second, 3300 * time.Millisecond},
		{"silence", append(s.says(3*time.Second), s.silence(8*time.Second)...), false, media.EndSilence, 5 * time.Second, 6 * time.Second},
		{"nothing said", s.silence(20 * time.Second), false, media.EndNoSpeech, 5900 * time.Millisecond, 6500 * time.Millisecond},
		{"nothing sent at all", nil, false, media.EndNoSpeech, 5900 * time.Millisecond, 6500 * time.Millisecond},
		{"longest", s.says(20 * time.Second), false, media.EndMax, 10 * time.Second, 10100 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				defer h.close()
				ours, phone := h.call()
				began := time.Now()
				ear := &mediatest.Listener{}
				r, err := ours.Record(ear, media.RecordOptions{Endpoint: true, StopKey: '#', Max: 10 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				h.background(func() {
					_ = phone.Play(t.Context(), media.NewSound(c.sound), media.PlayOptions{})
					if c.key {
						_ = phone.SendKey(t.Context(), '#', 100*time.Millisecond)
					}
				})
				end, err := r.Wait(t.Context())
				took := time.Since(began)
				if end != c.end || err != nil || took < c.from || took > c.to {
					t.Errorf("ended by %v, %v after %v", end, err, took)
				}
				if ours.Keys() != 0 {
					t.Error("the stop key is left in the queue")
				}
				stats := r.Stop()
				if got := time.Duration(stats.Samples) * time.Second / 8000; got > took+100*time.Millisecond || got < took-400*time.Millisecond {
					t.Errorf("%v were recorded in %v", got, took)
				}
			})
		})
	}
}
