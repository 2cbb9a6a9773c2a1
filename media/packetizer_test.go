package media_test

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hotline/media"
	"hotline/media/likeness"
	"hotline/media/mediatest"
	"hotline/prove"
)

// callOf is a call in which both sides send packets of so many milliseconds.
func (h *house) callOf(ptime int) (ours, phone *media.Leg) {
	h.t.Helper()
	return mediatest.Call(h.t, h.b, h.a, peer(), func(offer string) string {
		return strings.Replace(offer, "a=ptime:20", fmt.Sprintf("a=ptime:%d", ptime), 1)
	})
}

// rtpSent is any packet of RTP.
type rtpSent struct {
	at       time.Time
	event    bool
	marker   bool
	sequence uint16
	stamp    uint32
	ssrc     uint32
	samples  int
}

// tap notes every packet of RTP that leaves a port.
func (h *house) tap(ports ...uint16) func(port uint16) []rtpSent {
	var mu sync.Mutex
	all := map[uint16][]rtpSent{}
	for _, p := range ports {
		all[p] = nil
	}
	h.wire.SetFilter(func(from, _ netip.AddrPort, b []byte) bool {
		mu.Lock()
		defer mu.Unlock()
		if _, tapped := all[from.Port()]; tapped && (b[1] < 200 || b[1] > 207) {
			all[from.Port()] = append(all[from.Port()], rtpSent{
				at: time.Now(), event: b[1]&0x7f == 101, marker: b[1]&0x80 != 0, sequence: binary.BigEndian.Uint16(b[2:]),
				stamp: binary.BigEndian.Uint32(b[4:]), ssrc: binary.BigEndian.Uint32(b[8:]), samples: len(b) - 12,
			})
		}
		return true
	})
	return func(port uint16) []rtpSent {
		mu.Lock()
		defer mu.Unlock()
		return append([]rtpSent(nil), all[port]...)
	}
}

// even demands packets of one length, each so long after the one before, from some time after the first on.
func even(t *testing.T, what string, all []rtpSent, ptime int, exact time.Duration) {
	t.Helper()
	last := -1
	for i := range all {
		if all[i].at.Sub(all[0].at) < 300*time.Millisecond {
			continue
		}
		if all[i].samples != 8*ptime {
			t.Fatalf("%s: packet %d has %d samples", what, i, all[i].samples)
		}
		if last >= 0 {
			step := all[i].at.Sub(all[last].at)
			if off := (step - time.Duration(ptime)*time.Millisecond).Abs(); off > exact {
				t.Fatalf("%s: packet %d leaves %s after the one before, want %d ms", what, i, step, ptime)
			}
		}
		last = i
	}
	if len(all) < 2000/ptime {
		t.Errorf("%s: %d packets only", what, len(all))
	}
}

func TestPacketsOfEveryLengthLeaveEvenly(t *testing.T) {
	for _, ptime := range []int{10, 20, 30, 40, 60} {
		for _, legs := range []int{1, 210} { // few legs have longer ticks
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				defer h.close()
				ours, phone := h.callOf(ptime)
				for range legs - 1 {
					h.callOf(ptime)
				}
				time.Sleep(93 * time.Millisecond)
				sent := h.tap(ours.LocalPort(), phone.LocalPort())
				rec, ear := record(t, phone)
				tone := mediatest.Tone(440, 3*8000)
				if err := ours.Play(t.Context(), media.NewSound(tone), media.PlayOptions{}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(200 * time.Millisecond)
				rec.Stop()
				even(t, fmt.Sprintf("our prompt of %d ms, %d legs", ptime, legs), sent(ours.LocalPort()), ptime, time.Millisecond)
				even(t, fmt.Sprintf("a telephone's silence of %d ms, %d legs", ptime, legs), sent(phone.LocalPort()), ptime, time.Millisecond)
				if best, _ := likeness.Correlate(ear.Samples(), tone); best < 0.999 {
					t.Errorf("%d ms: heard with %.3f", ptime, best)
				}
			})
		}
	}
}

func TestABridgeOfAnyTwoLengthsIsPacedOnBothSides(t *testing.T) {
	for _, one := range []int{10, 20, 30, 40, 60} {
		for _, two := range []int{10, 20, 30, 40, 60} {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				defer h.close()
				h.wire.Impair(mediatest.Impairments{Delay: 2 * time.Millisecond}) // nothing comes at the very instant of a look
				a, caller := h.callOf(one)
				b, engineer := h.callOf(two)
				unjoin, err := media.Join(a, b)
				if err != nil {
					t.Fatal(err)
				}
				defer unjoin()
				time.Sleep(500 * time.Millisecond)
				sent := h.tap(a.LocalPort(), b.LocalPort())
				rec, ear := record(t, engineer)
				tone := mediatest.Tone(440, 3*8000)
				if err := caller.Play(t.Context(), media.NewSound(tone), media.PlayOptions{}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(300 * time.Millisecond)
				rec.Stop()
				even(t, fmt.Sprintf("%d ms towards %d", one, two), sent(b.LocalPort()), two, 5*time.Millisecond)
				even(t, fmt.Sprintf("%d ms towards %d", two, one), sent(a.LocalPort()), one, 5*time.Millisecond)
				if best, _ := likeness.Correlate(ear.Samples(), tone); best < 0.999 {
					t.Errorf("%d ms towards %d: heard with %.3f", one, two, best)
				}
			})
		}
	}
}

// Sound that the network holds up does not stay late where packets wait for their instant.
func TestAHeldUpBunchIsMadeUpForWhereLengthsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		a, caller := h.callOf(60)
		b, _ := h.callOf(20)
		unjoin, err := media.Join(a, b)
		if err != nil {
			t.Fatal(err)
		}
		defer unjoin()
		var speaks sync.WaitGroup
		defer func() { _ = caller.Close(); speaks.Wait() }()
		speaks.Go(func() {
			_ = caller.Play(t.Context(), media.NewSound(mediatest.Tone(440, 8000)), media.PlayOptions{Loop: true})
		})
		time.Sleep(time.Second)
		sent := h.tap(b.LocalPort())
		h.wire.Impair(mediatest.Impairments{Delay: 200 * time.Millisecond})
		time.Sleep(time.Second)
		h.wire.Impair(mediatest.Impairments{})
		time.Sleep(4 * time.Second)
		all := sent(b.LocalPort())
		first, last := all[0], all[len(all)-1]
		if late := last.at.Sub(first.at) - time.Duration(last.stamp-first.stamp)*time.Second/8000; late > 45*time.Millisecond {
			t.Errorf("four seconds after it the sound is %s late", late)
		}
	})
}

// Whatever follows what on a leg (silence, prompt, music, key, talk, hold with music or without, resume, a partner whose clock
// stands still, a network that holds up), its timestamps never run backwards, and tell the time.
func TestTimestampsNeverRunBackwards(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		ptimes := [2]int{rapid.SampledFrom([]int{10, 20, 30, 60}).Draw(r, "ptime"), rapid.SampledFrom([]int{20, 20, 30}).Draw(r, "partner's ptime")}
		steps := rapid.SliceOfN(rapid.SampledFrom([]string{
			"prompt", "prompt cut", "music", "stop music", "key", "join", "unjoin", "partner speaks", "partner holds", "partner resumes", "hold", "resume",
			"partner prompt", "partner stalls", "partner's network stalls", "partner is gone", "partner is back", "nothing",
			"third joins", "third joins the partner", "third speaks", "third leaves", "third holds", "third resumes",
		}), 1, 25).Draw(r, "steps")
		pauses := rapid.SliceOfN(rapid.SampledFrom([]int{0, 7, 20, 33, 100, 450, 1100, 3000, 13000}), len(steps), len(steps)).Draw(r, "pauses")
		var fault string
		synctest.Test(t, func(t *testing.T) { fault = play(t, ptimes, steps, pauses) })
		if fault != "" {
			r.Fatal(fault)
		}
	})
}

// play lets the steps happen on a leg and its partner and gives what is wrong with the timestamps that they sent.
func play(t *testing.T, ptimes [2]int, steps []string, pauses []int) (fault string) {
	h := &house{t: t, wire: mediatest.NewWire(1)}
	patient := func(c *media.Config) { c.Timeout, c.HoldTimeout = time.Hour, time.Hour }
	h.a, h.b = h.engine(patient), h.engine(patient)
	a, phone := h.callOf(ptimes[0])
	b, partner := h.callOf(ptimes[1])
	c, third := h.callOf(20)
	sent := h.tap(a.LocalPort(), b.LocalPort(), c.LocalPort())
	ctx, cancel := context.WithCancel(t.Context())
	var playing sync.WaitGroup
	defer func() { cancel(); h.close(); playing.Wait() }()
	sound := func(l *media.Leg, ctx context.Context, seconds float64, loop bool) {
		playing.Go(func() {
			_ = l.Play(ctx, media.NewSound(mediatest.Tone(440, int(seconds*8000))), media.PlayOptions{Loop: loop})
		})
	}
	unjoin, leave, stopMusic := func() {}, func() {}, context.CancelFunc(func() {})
	ways := map[string]string{
		"hold": "sendonly", "resume": "sendrecv", "partner holds": "sendonly", "partner resumes": "sendrecv", "third holds": "sendonly", "third resumes": "sendrecv",
	}
	thirds := map[string]*media.Leg{"third joins": a, "third joins the partner": b}
	reoffer := func(l, phone *media.Leg, way string) { _, _ = l.Reoffer(describe(phone, way)) }
	for i, step := range steps {
		switch step {
		case "prompt":
			sound(a, ctx, 0.73, false)
		case "prompt cut":
			short, stop := context.WithTimeout(ctx, 250*time.Millisecond)
			defer stop()
			sound(a, short, 5, false)
		case "music":
			stopMusic()
			var music context.Context
			music, stopMusic = context.WithCancel(ctx)
			sound(a, music, 1, true)
		case "stop music":
			stopMusic()
		case "key":
			playing.Go(func() { _ = a.SendKey(ctx, '5', 100*time.Millisecond) })
		case "join":
			if u, err := media.Join(a, b); err == nil {
				unjoin = u
			}
		case "unjoin":
			unjoin()
		case "third joins", "third joins the partner":
			if l, err := media.Join(c, thirds[step]); err == nil {
				leave = l
			}
		case "third leaves":
			leave()
		case "third speaks":
			sound(third, ctx, 2, false)
		case "third holds", "third resumes":
			reoffer(c, third, ways[step])
		case "partner speaks":
			sound(partner, ctx, 2, false)
		case "partner prompt":
			sound(b, ctx, 0.5, false)
		case "partner holds", "partner resumes":
			reoffer(b, partner, ways[step])
		case "hold", "resume":
			reoffer(a, phone, ways[step])
		case "partner stalls":
			h.wire.Stall(partner.LocalPort(), 700*time.Millisecond)
		case "partner's network stalls":
			h.wire.Impair(mediatest.Impairments{Delay: 1300 * time.Millisecond})
		case "partner is gone": // a hold without music: its clock stands still
			_, _ = partner.Reoffer(describe(b, "sendonly"))
		case "partner is back":
			h.wire.Impair(mediatest.Impairments{})
			_, _ = partner.Reoffer(describe(b, "sendrecv"))
		}
		time.Sleep(time.Duration(pauses[i]) * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	stopMusic()
	return cmp.Or(backwards(sent(a.LocalPort())), backwards(sent(b.LocalPort())), backwards(sent(c.LocalPort())))
}

// backwards finds a packet that is out of the order of its numbers, or of a time that was told already.
func backwards(all []rtpSent) (fault string) {
	for i := range max(0, len(all)-1) {
		was, is := all[i], all[i+1]
		step := int32(is.stamp - was.stamp)
		switch {
		case is.ssrc != was.ssrc || is.sequence != was.sequence+1:
			return fmt.Sprintf("packet %d is %+v, the one before %+v", i+1, is, was)
		case step < 0 || step == 0 && !is.event || !is.event && !was.event && step < int32(was.samples):
			return fmt.Sprintf("packet %d is %+v, %d samples after the one before, %+v", i+1, is, step, was)
		}
	}
	return ""
}
