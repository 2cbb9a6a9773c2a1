package media_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/g711"
)

// noise is sound of which no 20 ms are like any other.
func noise(samples int) media.Sound {
	dice, out := rand.New(rand.NewPCG(1, 2)), make([]int16, samples)
	for i := range out {
		out[i] = int16(dice.IntN(16000) - 8000)
	}
	return media.NewSound(out)
}

// places finds each 20 ms of what was said in what was heard: how many are not there, and by how much those that follow
// are later than those before, each time that it changes.
func places(said media.Sound, heard []byte) (lost int, later []time.Duration) {
	octets, shift := said.Octets(g711.ALaw), -1
	for at := 0; at < len(octets); at += 160 {
		place := bytes.Index(heard, octets[at:at+160])
		switch {
		case place < 0:
			lost++
		case shift < 0:
			shift = place - at
		case place-at != shift:
			later = append(later, time.Duration(place-at-shift)*time.Second/8000)
			shift = place - at
		}
	}
	return lost, later
}

// talk is a caller whom an engineer hears through us, each in an engine of its own.
type talk struct {
	*house
	caller, ours, theirs, engineer *media.Leg // theirs is ours towards the engineer
}

func newTalk(t *testing.T) (k *talk, end func()) {
	t.Helper()
	k = &talk{house: newHouse(t, nil)}
	callers, engineers := k.b, k.engine(nil)
	k.ours, k.caller = k.call()
	k.b = engineers
	k.theirs, k.engineer = k.call()
	k.b = callers
	unjoin, err := media.Join(k.ours, k.theirs)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	return k, func() { unjoin(); engineers.Stop(); k.close() }
}

// stalled lets the caller speak for four seconds while somebody's worker is kept from running, and gives what we recorded,
// what the engineer heard and what went to him.
func (k *talk) stalled(who []*media.Leg, at, lasts time.Duration) (said media.Sound, recorded, heard []byte, sent []sentPacket) {
	k.t.Helper()
	said = noise(4 * 8000)
	message, messageEar := record(k.t, k.ours)
	receiver, receiverEar := record(k.t, k.engineer)
	passed := watch(k.house, k.theirs.LocalPort())
	time.AfterFunc(at, func() {
		for _, l := range who {
			k.wire.Stall(l.LocalPort(), lasts)
		}
	})
	if err := k.caller.Play(k.t.Context(), said, media.PlayOptions{}); err != nil {
		k.t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	message.Stop()
	receiver.Stop()
	_, recorded = messageEar.Octets()
	_, heard = receiverEar.Octets()
	return said, recorded, heard, passed()
}

// A machine that is kept from running makes up for 160 ms; what it cannot make up for is a pause in the timestamps of what
// it says itself. Whatever it hears and passes on is neither lost nor moved, and nothing stays late.
func TestNoStallLosesSoundOrMovesItOrKeepsItLate(t *testing.T) {
	const madeUp, turn = 160 * time.Millisecond, 25 * time.Millisecond
	for _, c := range []struct {
		who   string
		legs  func(k *talk) []*media.Leg
		pause bool
	}{
		{"the caller's telephone", func(k *talk) []*media.Leg { return []*media.Leg{k.caller} }, true},
		{"our worker at the caller's leg", func(k *talk) []*media.Leg { return []*media.Leg{k.ours} }, false},
		{"our worker at the engineer's leg", func(k *talk) []*media.Leg { return []*media.Leg{k.theirs} }, false},
		{"the engineer's telephone", func(k *talk) []*media.Leg { return []*media.Leg{k.engineer} }, false},
		{"the machine of all of them", func(k *talk) []*media.Leg { return []*media.Leg{k.caller, k.ours, k.engineer} }, true},
	} {
		for _, lasts := range []time.Duration{100, 170, 210, 230, 300, 500, 900} {
			for _, at := range []time.Duration{1000, 1200, 1700} {
				lasts, at := lasts*time.Millisecond, at*time.Millisecond
				t.Run(fmt.Sprintf("%s for %s after %s", c.who, lasts, at), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						k, end := newTalk(t)
						defer end()
						began := time.Now()
						said, recorded, heard, sent := k.stalled(c.legs(k), at, lasts)
						for what, octets := range map[string][]byte{"our recording": recorded, "what the engineer heard": heard} {
							lost, later := places(said, octets)
							least, most := time.Duration(0), time.Duration(0)
							if c.pause {
								least, most = max(0, lasts-madeUp-turn), max(0, lasts-madeUp)
							}
							pause := append(later, 0)[0]
							if lost > 0 || len(later) > 1 || pause < least || pause > most {
								t.Errorf("%s lacks %d frames and moves by %v, want none and %s to %s", what, lost, later, least, most)
							}
						}
						for _, p := range sent {
							late := p.at.Sub(sent[0].at) - time.Duration(int32(p.stamp-sent[0].stamp))*time.Second/8000
							if since := p.at.Sub(began) - at - lasts; (since < -lasts || since > 2*turn) && late.Abs() > turn {
								t.Fatalf("%s after it a packet is sent %s after its time", since, late)
							}
						}
					})
				})
			}
		}
	}
}
