package load

import (
	"testing"
	"time"

	"hotline/prompts"
	"hotline/prompts/packs"
)

func TestTheToneIsToldFromEverythingElseThatALineSays(t *testing.T) {
	pack, err := packs.Load(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range pack.Manifest.Clips {
		sound, _ := pack.Clip(c.ID)
		tones := 0
		for at := 0; at+frameSize <= len(sound); at += frameSize {
			if isTone(sound[at : at+frameSize]) {
				tones++
			}
		}
		if want := c.ID == prompts.Tone; (tones > 5) != want || !want && tones > 0 {
			t.Errorf("%s: %d frames of the tone", c.ID, tones)
		}
	}
}

func TestSharesOfASpan(t *testing.T) {
	var h histogram
	for i := range 1000 {
		h.add(int64(i+1) * int64(time.Millisecond) / 10) // 0.1 to 100 ms
	}
	h.add(int64(3 * time.Second))
	if s := h.spread(); s.Count != 1001 || s.P50 < 49.9 || s.P50 > 50.2 || s.P99 < 98.9 || s.P99 > 99.2 || s.Max != 3000 {
		t.Errorf("%+v", s)
	}
	h.reset()
	if h.spread() != (Spread{}) {
		t.Error("a histogram remembers what it has forgotten")
	}
}

// A far end whose packets are late, lost or begin a new talkspurt is judged by the clock of the packets alone.
func TestAStreamIsJudgedByItsOwnClock(t *testing.T) {
	k := &Crowd{}
	c := &call{}
	const ms = int64(time.Millisecond)
	packet := func(sequence uint16, marker bool, at int64) {
		b := make([]byte, headerSize+frameSize)
		b[0], b[1], b[3], b[2] = 0x80, 8, byte(sequence), byte(sequence>>8)
		if marker {
			b[1] |= 0x80
		}
		k.packet(c, b, at)
	}
	for i := range int64(10) {
		packet(uint16(65530+i), false, 1000*ms+20*i*ms)
	}
	packet(4, false, 1200*ms+25*ms)              // 25 ms late
	packet(6, false, 1240*ms)                    // one lost
	packet(7, true, 1240*ms+300*ms)              // a pause, and another phase
	packet(8, false, 1240*ms+320*ms+1*ms)        // 1 ms late in it
	packet(9, false, 1240*ms+340*ms+80*ms)       // a gap, and late
	packet(10, false, 1240*ms+360*ms-5*ms+80*ms) // less late
	s := &k.sums
	if s.packets != 16 || s.late != 3 || s.lost != 1 || s.gaps != 1 {
		t.Errorf("%d packets, %d late, %d lost, %d gaps", s.packets, s.late, s.lost, s.gaps)
	}
}
