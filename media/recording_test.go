package media_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/mediatest"
)

// A telephone that suppresses silence sends nothing once its owner is silent: that is silence too, though sound may be late.
func TestWhoSendsNothingMoreHasFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		r, err := ours.Record(new(mediatest.Listener).Open, media.RecordOptions{Endpoint: true})
		if err != nil {
			t.Fatal(err)
		}
		s := mediatest.NewSpeaker(6000, 5)
		if err := phone.Play(t.Context(), media.NewSound(s.Speech(3*time.Second)), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		h.wire.SetFilter(func(netip.AddrPort, netip.AddrPort, []byte) bool { return false })
		began := time.Now()
		end, err := r.Wait(t.Context())
		if took := time.Since(began); end != media.EndSilence || err != nil || took < 2*time.Second || took > 3*time.Second {
			t.Errorf("ended by %v, %v, %v after the last packet", end, err, took)
		}
		stats, err := r.Stop()
		if err != nil {
			t.Error(err)
		}
		if got := time.Duration(stats.Samples) * time.Second / 8000; got < 5*time.Second || got > 6*time.Second {
			t.Errorf("%s were recorded", got)
		}
	})
}

func TestRecordingEndsByKeyBySilenceUnspokenAndAtItsLongest(t *testing.T) {
	s := mediatest.NewSpeaker(6000, 5)
	for _, c := range []struct {
		name     string
		sound    []int16
		key      bool
		end      media.End
		from, to time.Duration
	}{
		{"key", s.Speech(3 * time.Second), true, media.EndKey, 3 * time.Second, 3300 * time.Millisecond},
		{"silence", append(s.Speech(3*time.Second), s.Silence(8*time.Second)...), false, media.EndSilence, 5 * time.Second, 6 * time.Second},
		{"nothing said", s.Silence(20 * time.Second), false, media.EndNoSpeech, 5900 * time.Millisecond, 6500 * time.Millisecond},
		{"nothing sent at all", nil, false, media.EndNoSpeech, 5900 * time.Millisecond, 6500 * time.Millisecond},
		{"longest", s.Speech(20 * time.Second), false, media.EndMax, 10 * time.Second, 10100 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				defer h.close()
				ours, phone := h.call()
				began := time.Now()
				ear := &mediatest.Listener{}
				r, err := ours.Record(ear.Open, media.RecordOptions{Endpoint: true, StopKey: '#', Max: 10 * time.Second})
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
				stats, err := r.Stop()
				if err != nil {
					t.Error(err)
				}
				if got := time.Duration(stats.Samples) * time.Second / 8000; got > took+100*time.Millisecond || got < took-400*time.Millisecond {
					t.Errorf("%v were recorded in %v", got, took)
				}
			})
		})
	}
}
