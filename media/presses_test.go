package media_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hotline/media"
	"hotline/media/mediatest"
	"hotline/prove"
)

// pressed is one press of a random sequence, and what happens to its packets and before it.
type pressed struct {
	key     byte
	hold    time.Duration
	pause   time.Duration // after it
	back    uint32        // by how much the timestamp falls before it; 0 for none
	restart bool          // sequence and timestamp begin anew before it, after a while
	lost    uint32        // a bit for each packet
	info    time.Duration // it is told by INFO too, so long after its end; -1 for never
}

// traits are a random sender's.
type traits struct {
	weAsk       bool
	clock       uint32
	pt          uint8
	number      uint16
	time        uint32
	kind        habit
	sounds      bool // between the keys
	impairments mediatest.Impairments
	presses     []pressed
}

// TestEachPressIsHeardOnceInItsOrder plays random keys of random senders through loss, duplication, reordering and resets of
// timestamps and sequences.
func TestEachPressIsHeardOnceInItsOrder(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		x, want, got := randomTraits(r), "", ""
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, nil)
			defer h.close()
			s := newSender(t, h, withEvents, x.weAsk)
			defer s.close()
			s.clock, s.pt, s.sequence, s.time = x.clock, x.pt, x.number, x.time
			h.wire.Impair(x.impairments)
			s.quiet(600 * ms) // what was pressed before the call is picked up does not count
			for _, p := range x.presses {
				want += string(p.key)
				s.randomly(p, x.kind, x.sounds)
			}
			time.Sleep(500 * ms)
			got = s.heard()
		})
		if got != want {
			r.Fatalf("pressed %q, heard %q: %+v", want, got, x)
		}
	})
}

func randomTraits(r *rapid.T) traits {
	byInfo := rapid.Bool().Draw(r, "INFO too")
	return traits{
		weAsk:  rapid.Bool().Draw(r, "called by us"),
		clock:  rapid.SampledFrom([]uint32{8, 16, 48}).Draw(r, "clock"),
		pt:     rapid.SampledFrom([]uint8{101, 96, 127}).Draw(r, "payload type"),
		number: rapid.Uint16().Draw(r, "first number"), time: rapid.Uint32().Draw(r, "first timestamp"),
		kind:   rapid.SampledFrom([]habit{{}, {}, {copies: 160}, {grows: true}, {stands: true}, {alone: true}, {zero: true}}).Draw(r, "habit"),
		sounds: rapid.Bool().Draw(r, "sound between the keys"),
		impairments: mediatest.Impairments{
			Duplicate: rapid.Float64Range(0, 0.3).Draw(r, "duplicated"), Reorder: rapid.Float64Range(0, 0.2).Draw(r, "reordered"),
			Delay: time.Duration(rapid.IntRange(0, 60).Draw(r, "delay")) * ms,
		},
		presses: rapid.SliceOfN(rapid.Custom(func(r *rapid.T) pressed { return randomPress(r, byInfo) }), 1, 10).Draw(r, "presses"),
	}
}

func randomPress(r *rapid.T, byInfo bool) pressed {
	p := pressed{
		key:   rapid.SampledFrom([]byte("0123456789*#ABCD5555")).Draw(r, "key"),
		hold:  time.Duration(rapid.IntRange(3, 20).Draw(r, "hold")) * 20 * ms,
		pause: time.Duration(rapid.IntRange(4, 30).Draw(r, "pause")) * 20 * ms,
		lost:  rapid.Uint32().Draw(r, "lost") & rapid.Uint32().Draw(r, "of them"), // a quarter
		info:  -1,
	}
	if rapid.IntRange(0, 3).Draw(r, "falls") == 0 {
		p.back = rapid.Uint32Range(1, 1<<31).Draw(r, "back")
	}
	p.restart = rapid.IntRange(0, 5).Draw(r, "restarts") == 0
	if byInfo {
		p.info = time.Duration(rapid.IntRange(0, 10).Draw(r, "INFO")) * 20 * ms
		p.pause += p.info + 80*ms
	}
	return p
}

// randomly presses one key. Its first packet and its first end always come: a press of which nothing is left, or of which a
// sender with one timestamp for all leaves no beginning, cannot be told.
func (s *sender) randomly(p pressed, kind habit, sounds bool) {
	rest := func(d time.Duration) {
		if sounds {
			s.quiet(d)
			return
		}
		s.time += uint32(d.Milliseconds()) * s.clock
		time.Sleep(d)
	}
	switch {
	case p.restart:
		time.Sleep(300 * ms)
		next := uint16(p.lost)
		if away := int16(next - s.sequence); away > -1000 && away < 1000 {
			next += 2000 // numbers that begin among the last ones are those of late packets (RFC 3550 A.1)
		}
		s.sequence, s.time = next, s.time-p.back
	case kind.stands:
	default:
		s.time -= p.back
	}
	length := uint32(p.hold.Milliseconds()) * s.clock
	if kind.alone && !p.restart && s.time-s.began < s.length {
		s.time -= s.length // an end with a time of the press before may be a late copy of that press's end
	}
	s.began, s.length = s.time, length
	n, first := uint32(0), int(p.hold/(20*ms))-1
	if kind.alone {
		first = 0
	}
	s.lose = func() bool {
		n++
		return n != 1 && n != uint32(first)+1 && p.lost&(1<<(n%32)) != 0
	}
	s.press(p.key, p.hold, kind)
	s.lose = func() bool { return false }
	if p.info >= 0 {
		rest(p.info)
		s.leg.ReceiveInfo(media.Key(p.key))
		rest(p.pause - p.info)
		return
	}
	rest(p.pause)
}
