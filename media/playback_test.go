package media_test

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/mediatest"
)

// sentPacket is one packet of sound on the wire.
type sentPacket struct {
	at     time.Time
	marker bool
	stamp  uint32
	silent bool
}

// watch notes the packets of sound that leave one port, or any for 0.
func watch(h *house, port uint16) func() []sentPacket {
	var mu sync.Mutex
	var all []sentPacket
	h.wire.SetFilter(func(from, _ netip.AddrPort, b []byte) bool {
		mu.Lock()
		defer mu.Unlock()
		if (port == 0 || from.Port() == port) && len(b) == 172 && b[1]&0x7f == 8 {
			silent := true
			for _, o := range b[12:] {
				silent = silent && o == g711.ALaw.Silence()
			}
			all = append(all, sentPacket{time.Now(), b[1]&0x80 != 0, binary.BigEndian.Uint32(b[4:]), silent})
		}
		return true
	})
	return func() []sentPacket {
		mu.Lock()
		defer mu.Unlock()
		return append([]sentPacket(nil), all...)
	}
}

func TestTheFirstSoundAfterTheAnswerBeginsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		_, offer, err := h.b.Offer(peer())
		if err != nil {
			t.Fatal(err)
		}
		sent := watch(h, 0)
		ours, _, err := h.a.Answer(offer, peer())
		if err != nil {
			t.Fatal(err)
		}
		answered := time.Now()
		h.background(func() { _ = ours.Play(t.Context(), media.NewSound(mediatest.Tone(440, 8000)), media.PlayOptions{}) })
		time.Sleep(50 * time.Millisecond)
		if all := sent(); len(all) == 0 || all[0].at.Sub(answered) > time.Millisecond || !all[0].marker || all[0].silent {
			t.Errorf("answered at %s, sent %+v", answered, all)
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatFollowsAKeyBeginsWithinOneTickAndKeepsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		menu := media.NewSound(mediatest.Tone(440, 80000))
		sent := watch(h, phone.Stats().Remote.Port())
		replies := 0
		h.background(func() { // the conversation: a menu that each key begins anew
			for t.Context().Err() == nil {
				err := ours.Play(t.Context(), menu, media.PlayOptions{BargeIn: true})
				if !errors.Is(err, media.ErrBargeIn) {
					return
				}
				if _, err := ours.Key(t.Context()); err != nil {
					return
				}
			}
		})
		time.Sleep(300 * time.Millisecond)
		for i := range 12 {
			time.Sleep(time.Duration(41+7*i) * time.Millisecond)
			if err := phone.SendKey(t.Context(), '5', 100*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			released := time.Now()
			time.Sleep(60 * time.Millisecond)
			for _, p := range sent() {
				if after := p.at.Sub(released); p.marker && !p.silent && after >= -15*time.Millisecond {
					replies++
					if after > 11*time.Millisecond {
						t.Errorf("key %d: the reply began %s after its end", i, after)
					}
					break
				}
			}
		}
		if replies != 12 {
			t.Errorf("%d replies to 12 keys", replies)
		}
		all := sent()
		for i, p := range all[1:] {
			step := p.stamp - all[i].stamp
			if step < 160 || step != 160 && !p.marker {
				t.Errorf("packet %d comes %d samples after the one before, marker %v", i+1, step, p.marker)
			}
			clock := p.at.Sub(all[0].at) - time.Duration(p.stamp-all[0].stamp)*time.Second/8000
			if clock < -21*time.Millisecond || clock > 21*time.Millisecond {
				t.Fatalf("packet %d is %s off the clock of its timestamps", i+1, clock)
			}
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
	})
}

// Tapes are recycled from one recording to the next: none may keep a sound of another one.
func TestEveryRecordingIsSampleExactWhileTapesAreRecycled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				for turn := range 3 {
					ours, phone := h.call()
					said := mediatest.Tone(300+float64(50*i+17*turn), 20000)
					r, ear := record(t, ours)
					if err := phone.Play(t.Context(), media.NewSound(said), media.PlayOptions{}); err != nil {
						t.Error(err)
					}
					time.Sleep(300 * time.Millisecond)
					r.Stop()
					if got := contains(ear.Samples(), said); got < 0 {
						t.Errorf("call %d.%d: what was said is not in the recording", i, turn)
					}
					if err := errors.Join(ours.Close(), phone.Close()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
	})
}

// contains finds what was said in what was recorded, each sample as A-law has it; -1 when it is not there.
func contains(heard, said []int16) int {
	coded := g711.ALaw.Samples(media.NewSound(said).Octets(g711.ALaw))
	for at := range max(0, len(heard)-len(coded)+1) {
		same := true
		for i := 0; same && i < len(coded); i++ {
			same = heard[at+i] == coded[i]
		}
		if same {
			return at
		}
	}
	return -1
}
