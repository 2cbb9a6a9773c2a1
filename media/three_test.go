package media_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/mediatest"
)

// threeTalk is three telephones, each with a tone of its own, whose lines are ours.
type threeTalk struct {
	ours, phones [3]*media.Leg
	hz           [3]float64
}

// newThreeTalk has the telephone of one place speak mu-law.
func newThreeTalk(h *house, mulaw int) *threeTalk {
	c := &threeTalk{hz: [3]float64{400, 900, 1500}}
	for i := range c.ours {
		change := func(offer string) string { return offer }
		if i == mulaw {
			change = func(offer string) string { return strings.Replace(offer, "RTP/AVP 8 0", "RTP/AVP 0 8", 1) }
		}
		c.ours[i], c.phones[i] = mediatest.Call(h.t, h.b, h.a, peer(), change)
	}
	return c
}

// speak has all telephones speak until the context ends.
func (c *threeTalk) speak(ctx context.Context, h *house) {
	for i, p := range c.phones {
		h.background(func() { _ = p.Play(ctx, media.NewSound(mediatest.Tone(c.hz[i], 8000)), media.PlayOptions{Loop: true}) })
	}
}

// hears tells for each telephone which of the tones it hears for a second.
func (c *threeTalk) hears(t *testing.T) (heard [3][3]bool) {
	t.Helper()
	var stops [3]func() []int16
	for i, p := range c.phones {
		rec, ear := record(t, p)
		stops[i] = func() []int16 { rec.Stop(); return ear.Samples() }
	}
	time.Sleep(1500 * time.Millisecond)
	for i, stop := range stops {
		samples := stop()
		if len(samples) < 10000 {
			continue
		}
		for j, hz := range c.hz {
			heard[i][j] = mediatest.Loudness(samples[2000:10000], hz) > 0.2
		}
	}
	return heard
}

func everyoneElse() (want [3][3]bool) {
	for i := range want {
		for j := range want[i] {
			want[i][j] = i != j
		}
	}
	return want
}

func pairOf(a, b int) (want [3][3]bool) {
	want[a][b], want[b][a] = true, true
	return want
}

// TestThreeHearTheTwoOthers: each of three hears the sum of the others and never itself, with either law; whoever leaves or ends lets
// the two others go on; and who comes back is the third again.
func TestThreeHearTheTwoOthers(t *testing.T) {
	for mulaw := range 3 {
		t.Run(fmt.Sprint("mu-law at ", mulaw), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				defer h.close()
				c := newThreeTalk(h, mulaw)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c.speak(ctx, h)
				caller, anna, marco := c.ours[0], c.ours[1], c.ours[2]
				annaLeaves, err := media.Join(anna, caller)
				if err != nil {
					t.Fatal(err)
				}
				if got := c.hears(t); got != pairOf(0, 1) {
					t.Errorf("two: %v", got)
				}
				marcoLeaves, err := media.Join(marco, caller)
				if err != nil {
					t.Fatal(err)
				}
				if got := c.hears(t); got != everyoneElse() {
					t.Errorf("three: %v", got)
				}
				fourth, _ := h.call()
				if _, err := media.Join(fourth, caller); err == nil || !strings.Contains(err.Error(), "three are talking already") {
					t.Errorf("a fourth: %v", err)
				}
				annaLeaves()
				annaLeaves()
				if got := c.hears(t); got != pairOf(0, 2) {
					t.Errorf("the first engineer left: %v", got)
				}
				if annaLeaves, err = media.Join(anna, caller); err != nil {
					t.Fatal(err)
				}
				if got := c.hears(t); got != everyoneElse() {
					t.Errorf("three again: %v", got)
				}
				_ = marco.Close()
				marcoLeaves()
				if got := c.hears(t); got != pairOf(0, 1) {
					t.Errorf("the third's line ended: %v", got)
				}
				annaLeaves()
				if got := c.hears(t); got != [3][3]bool{} {
					t.Errorf("alone: %v", got)
				}
			})
		})
	}
}

// TestThreeThroughALossyWire: lost and late packets of one are no holes for the others, and what each line sends to its telephone has
// a clock that never runs back.
func TestThreeThroughALossyWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		c := newThreeTalk(h, -1)
		for i := range 2 {
			leave, err := media.Join(c.ours[i+1], c.ours[0])
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
		}
		sent := h.tap(c.ours[0].LocalPort(), c.ours[1].LocalPort(), c.ours[2].LocalPort())
		time.Sleep(100 * time.Millisecond)
		h.wire.Impair(mediatest.Impairments{Loss: 0.03, Reorder: 0.05})
		rec, ear := record(t, c.ours[1])
		kept, own := record(t, c.phones[2])
		if err := c.phones[0].Play(t.Context(), media.NewSound(mediatest.Tone(200, 10*8000)), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		rec.Stop()
		kept.Stop()
		holes, heard := 0, own.Samples()
		for at := 16000; at+160 < min(len(heard), 72000); at += 160 {
			if energy(heard[at:at+160]) < 1000 {
				holes++
			}
		}
		if holes > 15 { // the telephone's own side of the wire loses 3 % again
			t.Errorf("%d of 350 frames are holes", holes)
		}
		if got := ear.Samples(); energy(got) > 200 {
			t.Errorf("the recording of who says nothing has a sound of %.0f", energy(got))
		}
		for i, l := range c.ours {
			all := sent(l.LocalPort())
			if fault := backwards(all); fault != "" || len(all) < 450 {
				t.Errorf("line %d sent %d packets: %s", i, len(all), fault)
			}
		}
	})
}

// energy is the root mean square of samples.
func energy(samples []int16) float64 {
	sum := 0.0
	for _, v := range samples {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(max(len(samples), 1)))
}

// A key that one of three presses comes to the two others, once, and from a menu's key on to nobody.
func TestKeysOfThree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		c := newThreeTalk(h, -1)
		for i := range 2 {
			leave, err := media.Join(c.ours[i+1], c.ours[0])
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
		}
		c.ours[1].KeepKeys('*')
		for _, k := range "7*4" {
			if err := c.phones[1].SendKey(t.Context(), media.Key(k), 100*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond)
		}
		for i, want := range [3]string{"7", "", "7"} {
			keys := ""
			for c.phones[i].Keys() > 0 {
				k, err := c.phones[i].Key(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				keys += k.String()
			}
			if keys != want {
				t.Errorf("telephone %d gets the keys %q, want %q", i, keys, want)
			}
		}
		if n := c.ours[1].Keys(); n != 3 {
			t.Errorf("the line has %d keys of hers", n)
		}
	})
}
