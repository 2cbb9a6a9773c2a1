package media_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"

	"hotline/media"
	"hotline/media/dtmf"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/media/udp"
)

// sender is a telephone or gateway with habits of its own: it numbers and times each packet as its row says.
type sender struct {
	t        testing.TB
	leg      *media.Leg
	socket   udp.Socket
	pt       uint8  // of its events
	clock    uint32 // of its events, kHz
	sequence uint16
	time     uint32 // timestamp of the next packet
	lose     func() bool

	began, length uint32 // timestamp and duration of the last press
}

// described is what a sender says of itself: formats and their lines.
const (
	withEvents    = "8 101|a=rtpmap:101 telephone-event/8000|a=fmtp:101 0-15"
	withoutEvents = "8|a=rtpmap:8 PCMA/8000"
	wideEvents    = "8 101|a=rtpmap:101 telephone-event/48000"
	otherCodec    = "8 97 101|a=rtpmap:97 iLBC/8000|a=rtpmap:101 telephone-event/8000"
)

func describedAt(at netip.AddrPort, formats string) []byte {
	line, attributes, _ := strings.Cut(formats, "|")
	text := fmt.Sprintf("v=0|o=- 1 1 IN IP4 %s|s=-|c=IN IP4 %s|t=0 0|m=audio %d RTP/AVP %s|%s|", at.Addr(), at.Addr(), at.Port(), line, attributes)
	return []byte(strings.ReplaceAll(text, "|", "\r\n"))
}

// newSender calls the line; where weAsk is true the line calls it, and what it says is the answer.
func newSender(t testing.TB, h *house, formats string, weAsk bool) *sender {
	t.Helper()
	socket, err := h.wire.Listen(netip.AddrPortFrom(loopback, 0))
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{t: t, socket: socket, pt: 101, clock: 8, sequence: 65500, time: 4_000_000_000, lose: func() bool { return false }}
	if weAsk {
		if s.leg, _, err = h.a.Offer(peer()); err == nil {
			err = s.leg.Accept(describedAt(socket.Addr(), formats))
		}
	} else {
		s.leg, _, err = h.a.Answer(describedAt(socket.Addr(), formats), peer())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *sender) close() {
	_ = s.leg.Close()
	_ = s.socket.Close()
}

func (s *sender) send(pt uint8, marker bool, timestamp uint32, payload []byte) {
	p := rtp.Packet{Header: rtp.Header{Version: 2, Marker: marker, PayloadType: pt, SequenceNumber: s.sequence, Timestamp: timestamp, SSRC: 7}, Payload: payload}
	s.sequence++
	b, err := p.Marshal()
	if err != nil {
		s.t.Fatal(err)
	}
	if !s.lose() {
		s.socket.Send(b, netip.AddrPortFrom(loopback, s.leg.LocalPort()))
	}
}

func (s *sender) event(k byte, marker, end bool, timestamp uint32, duration uint16) {
	code, err := dtmf.Key(k).Code()
	if err != nil {
		s.t.Fatal(err)
	}
	b := make([]byte, dtmf.EventOctets)
	dtmf.Event{Code: code, End: end, Duration: duration}.Put(b)
	s.send(s.pt, marker, timestamp, b)
}

// sound sends samples in packets of 20 ms, as fast as they sound.
func (s *sender) sound(pcm []int16) {
	for len(pcm) >= 160 {
		b := make([]byte, 160)
		for i, v := range pcm[:160] {
			b[i] = g711.ALaw.EncodeSample(v)
		}
		s.send(8, false, s.time, b)
		s.time += 160
		pcm = pcm[160:]
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *sender) quiet(d time.Duration) { s.sound(make([]int16, d.Milliseconds()*8)) }

func (s *sender) tone(k byte, d time.Duration) {
	pcm := make([]int16, d.Milliseconds()*8)
	dtmf.Key(k).Tone(0, pcm)
	s.sound(pcm)
}

// habit is how a sender times the packets of a press.
type habit struct {
	grows  bool   // each packet carries its own time
	stands bool   // all presses have one timestamp
	copies uint32 // by how much each copy of the end is later
	ends   int    // copies of the end, 3 by default; -1 for none
	alone  bool   // nothing but ends
	zero   bool   // no duration is ever said
}

// press presses a key by events of 20 ms, the end three times at once.
func (s *sender) press(k byte, d time.Duration, h habit) {
	start, step := s.time, uint32(20)*s.clock
	length := uint32(d.Milliseconds()) * s.clock
	say := func(end bool, at uint32, duration uint32, marker bool) {
		if h.grows {
			at += duration - step
		}
		if h.zero {
			duration = 0
		}
		s.event(k, marker, end, at, uint16(duration))
	}
	for duration := step; duration < length; duration += step {
		if !h.alone {
			say(false, start, duration, duration == step)
		}
		time.Sleep(20 * time.Millisecond)
	}
	ends := 3
	if h.ends != 0 {
		ends = h.ends
	}
	for i := range max(ends, 0) {
		at := start + uint32(i)*h.copies
		if h.grows {
			at += uint32(i) * step
		}
		say(true, at, length, false)
	}
	time.Sleep(20 * time.Millisecond)
	if !h.stands {
		s.time = start + length
	}
}

// heard is which keys wait.
func (s *sender) heard() string {
	s.t.Helper()
	keys := ""
	for s.leg.Keys() > 0 {
		k, err := s.leg.Key(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		keys += k.String()
	}
	return keys
}

// row is one habit of telephones and gateways, and what must be heard of it.
type row struct {
	name    string
	formats string
	weAsk   bool
	do      func(s *sender)
	want    string
}

func TestEverySenderIsHeard(t *testing.T) {
	for _, r := range slices.Concat(eventRows(), restartRows(), mixedRows(), toneRows()) {
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHouse(t, nil)
				defer h.close()
				s := newSender(t, h, r.formats, r.weAsk)
				defer s.close()
				s.quiet(100 * time.Millisecond)
				r.do(s)
				time.Sleep(400 * time.Millisecond)
				if got := s.heard(); got != r.want {
					t.Errorf("heard %q, want %q", got, r.want)
				}
			})
		})
	}
}

const ms = time.Millisecond

// pressing presses keys of 100 ms with pauses of sound.
func pressing(keys string, pause time.Duration, h habit) func(s *sender) {
	return func(s *sender) {
		for _, k := range []byte(keys) {
			s.press(k, 100*ms, h)
			s.quiet(pause)
		}
	}
}

func eventRows() []row {
	return []row{
		{"RFC 4733 as it is written", withEvents, false, pressing("1223#", 80*ms, habit{}), "1223#"},
		{"RFC 4733, called by us", withEvents, true, pressing("1223#", 80*ms, habit{}), "1223#"},
		{"copies of the end with timestamps of their own", withEvents, false, pressing("5566", 100*ms, habit{copies: 160}), "5566"},
		{"copies of the end with timestamps of their own, called by us", withEvents, true, pressing("5566", 100*ms, habit{copies: 160}), "5566"},
		{"copies of the end with the timestamp of the end and later", withEvents, false, func(s *sender) {
			for _, k := range []byte("5566") {
				s.press(k, 100*ms, habit{ends: 1})
				for i := range uint32(2) {
					s.event(k, false, true, s.time+160*i, 800)
					time.Sleep(20 * ms)
				}
				s.quiet(100 * ms)
			}
		}, "5566"},
		{"each packet with its own time (Sonus)", withEvents, false, pressing("7788", 100*ms, habit{grows: true}), "7788"},
		{"one timestamp for all presses", withEvents, false, pressing("31#31", 80*ms, habit{stands: true}), "31#31"},
		{"one timestamp for all presses of one key", withEvents, false, pressing("4444", 80*ms, habit{stands: true}), "4444"},
		{"nothing but ends", withEvents, false, pressing("9901", 80*ms, habit{alone: true}), "9901"},
		{"one end and nothing else", withEvents, false, pressing("9901", 80*ms, habit{alone: true, ends: 1}), "9901"},
		{"never an end", withEvents, false, pressing("2255", 140*ms, habit{ends: -1}), "2255"},
		{"never a duration", withEvents, false, pressing("6677", 80*ms, habit{zero: true}), "6677"},
		{"no sound between the keys", withEvents, false, func(s *sender) {
			for _, k := range []byte("1122") {
				s.press(k, 100*ms, habit{})
				s.time += 4800
				time.Sleep(600 * ms)
			}
		}, "1122"},
		{"a payload number that was never agreed on", withEvents, false, func(s *sender) { s.pt = 96; pressing("314#", 80*ms, habit{})(s) }, "314#"},
		{"a payload number that was never agreed on, called by us", withEvents, true, func(s *sender) { s.pt = 126; pressing("314#", 80*ms, habit{})(s) }, "314#"},
		{"events although none were agreed on", withoutEvents, false, pressing("314#", 80*ms, habit{}), "314#"},
		{"events although none were agreed on, called by us", withoutEvents, true, pressing("314#", 80*ms, habit{}), "314#"},
		{"events at 48 kHz", wideEvents, false, func(s *sender) { s.clock = 48; pressing("3314#", 80*ms, habit{})(s) }, "3314#"},
		{"events at 16 kHz", strings.ReplaceAll(wideEvents, "48000", "16000"), false, func(s *sender) { s.clock = 16; pressing("3314#", 80*ms, habit{})(s) }, "3314#"},
		{"a codec that was described is no event", otherCodec, false, func(s *sender) { s.pt = 97; pressing("314#", 80*ms, habit{})(s) }, ""},
		{"a payload that is not shaped as an event", withEvents, false, func(s *sender) {
			for _, b := range [][]byte{{1, 0x8a, 3, 0x20, 0}, {1, 0x8a, 3}, {1, 0xca, 3, 0x20}, {16, 0x8a, 3, 0x20}} {
				s.send(99, true, s.time, b)
				s.quiet(100 * ms)
			}
		}, ""},
		{"a key behind ten minutes of lost and late sound", withEvents, false, func(s *sender) {
			pressing("1", 80*ms, habit{})(s)
			for range 16 {
				s.sequence += 2900
				s.time += 2900 * 160
				s.quiet(20 * ms)
			}
			pressing("1", 80*ms, habit{})(s)
		}, "11"},
		{"a key that is held for nine seconds, in segments", withEvents, false, func(s *sender) {
			for at := uint32(0); at < 72000; at += 160 {
				segment := at / 0xffff
				s.event('5', at == 0, false, s.time+segment*0xffff, uint16(min(at-segment*0xffff+160, 0xffff)))
				time.Sleep(20 * ms)
			}
		}, "5"},
		{"a key that hangs counts once, after ten seconds", withEvents, false, func(s *sender) {
			for at := uint32(0); at < 12*8000; at += 160 {
				s.event('5', at == 0, false, s.time+at/0xffff*0xffff, uint16(at%0xffff))
				time.Sleep(20 * ms)
			}
		}, "5"},
	}
}

func restartRows() []row {
	return []row{
		{"timestamps that fall under one SSRC", withEvents, false, func(s *sender) {
			for _, k := range []byte("314159") {
				s.press(k, 100*ms, habit{})
				s.quiet(80 * ms)
				s.time -= 1 << 29
			}
		}, "314159"},
		{"a gateway that restarts under one SSRC", withEvents, false, func(s *sender) {
			for i, k := range []byte("112233") {
				if i%2 == 1 {
					time.Sleep(300 * ms)
					s.sequence, s.time = uint16(10*i), uint32(1000*i)
				}
				s.press(k, 100*ms, habit{})
				s.quiet(80 * ms)
			}
		}, "112233"},
		{"SIPp's digit files one after the other", withEvents, false, sippFiles("3211*0#19", 200*ms), "3211*0#19"},
		{"SIPp's digit files with long pauses", withEvents, false, sippFiles("3211*0#19", 2*time.Second), "3211*0#19"},
	}
}

// sippFiles plays the digit files that come with SIPp, each with its own numbers, under the one SSRC.
func sippFiles(keys string, pause time.Duration) func(s *sender) {
	first := map[byte][2]uint32{
		'1': {7984, 13280}, '2': {8042, 23200}, '3': {8087, 31040}, '9': {8293, 67840}, '0': {12080, 17632}, '*': {8397, 85760}, '#': {8436, 92640},
	}
	return func(s *sender) {
		for _, k := range []byte(keys) {
			s.sequence, s.time = uint16(first[k][0]), first[k][1]
			for at := range uint16(7) {
				s.event(k, at == 0, false, s.time, at*320)
				time.Sleep(20 * ms)
			}
			s.event(k, false, true, s.time, 2240)
			s.sequence--
			s.event(k, false, true, s.time, 2240)
			time.Sleep(pause - 140*ms)
		}
	}
}

func mixedRows() []row {
	rows := []row{
		{"tones and events", withEvents, false, func(s *sender) {
			s.leg.DetectTones()
			for _, k := range []byte("1123") {
				s.tone(k, 40*ms)
				s.press(k, 100*ms, habit{})
				s.quiet(100 * ms)
			}
		}, "1123"},
		{"tones and INFO in the middle of them", withoutEvents, false, func(s *sender) {
			for _, k := range []byte("1123") {
				s.tone(k, 80*ms)
				s.leg.ReceiveInfo(media.Key(k))
				s.tone(k, 60*ms)
				s.quiet(100 * ms)
			}
		}, "1123"},
		{"two keys by INFO alone", withEvents, false, func(s *sender) {
			s.leg.ReceiveInfo('5')
			time.Sleep(100 * ms)
			s.leg.ReceiveInfo('5')
		}, "55"},
		{"another key by INFO", withEvents, false, func(s *sender) {
			s.press('5', 100*ms, habit{})
			s.leg.ReceiveInfo('6')
		}, "56"},
		{"an event long after the INFO", withEvents, false, func(s *sender) {
			s.leg.ReceiveInfo('5')
			s.quiet(600 * ms)
			s.press('5', 100*ms, habit{})
		}, "55"},
	}
	for _, gap := range []time.Duration{0, 60 * ms, 160 * ms, 300 * ms} {
		rows = append(rows,
			row{fmt.Sprintf("an event and INFO %v later", gap), withEvents, false, func(s *sender) {
				for _, k := range []byte("5561") {
					s.press(k, 100*ms, habit{})
					s.quiet(gap)
					s.leg.ReceiveInfo(media.Key(k))
					s.quiet(440*ms - gap)
				}
			}, "5561"},
			row{fmt.Sprintf("INFO and an event %v later", gap), withEvents, false, func(s *sender) {
				for _, k := range []byte("5561") {
					s.leg.ReceiveInfo(media.Key(k))
					s.quiet(gap)
					s.press(k, 100*ms, habit{})
					s.quiet(440*ms - gap)
				}
			}, "5561"})
	}
	return rows
}

func toneRows() []row {
	tones := func(keys string) func(s *sender) {
		return func(s *sender) {
			for _, k := range []byte(keys) {
				s.tone(k, 100*ms)
				s.quiet(100 * ms)
			}
		}
	}
	return []row{
		{"tones where none else was agreed on", withoutEvents, false, tones("3145#"), "3145#"},
		{"tones where our offer of events was not taken", withoutEvents, true, tones("3145#"), "3145#"},
		{"tones where events were agreed on", withEvents, true, tones("31"), ""},
		{"tones where events were agreed on, once they are listened to", withEvents, true, func(s *sender) { s.leg.DetectTones(); tones("3145#")(s) }, "3145#"},
		{"tones once events have come are only sound", withEvents, true, func(s *sender) {
			s.leg.DetectTones()
			s.press('7', 100*ms, habit{})
			tones("31")(s)
		}, "7"},
		{"a tone and then no packet at all", withoutEvents, false, func(s *sender) { s.tone('1', 100*ms) }, "1"},
		{"tones that no packets part", withoutEvents, false, func(s *sender) {
			for _, k := range []byte("1123") {
				s.tone(k, 100*ms)
				s.time += 4000
				time.Sleep(500 * ms)
			}
		}, "1123"},
		{"a tone in whose middle packets are late", withoutEvents, false, func(s *sender) {
			s.tone('1', 80*ms)
			time.Sleep(200 * ms)
			s.tone('1', 80*ms)
			s.quiet(200 * ms)
		}, "1"},
		{"a tone in whose middle packets are lost", withoutEvents, false, func(s *sender) {
			s.tone('1', 80*ms)
			s.sequence += 2
			s.time += 320
			s.tone('1', 80*ms)
			s.quiet(200 * ms)
		}, "1"},
	}
}

// TestAHeldKeyIsNoPause is a caller who leans on a key for longer than the pause between two digits.
func TestAHeldKeyIsNoPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		s := newSender(t, h, withEvents, false)
		defer s.close()
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.quiet(500 * ms)
			s.press('5', 6*time.Second, habit{})
			s.quiet(3 * time.Second)
		}()
		none := errors.New("no key")
		if k, err := s.leg.KeyWithin(t.Context(), time.Second, none); err != nil || k != '5' {
			t.Errorf("heard %q, %v", k, err)
		}
		if _, err := s.leg.KeyWithin(t.Context(), time.Second, none); !errors.Is(err, none) {
			t.Errorf("after it: %v", err)
		}
		<-done
	})
}

// TestAToneThatHasEndedNoLongerSilencesTheSound is a press told by INFO while its tone is heard.
func TestAToneThatHasEndedNoLongerSilencesTheSound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		s := newSender(t, h, withoutEvents, false)
		defer s.close()
		rec, ear := record(t, s.leg)
		s.tone('5', 80*ms)
		s.leg.ReceiveInfo('5')
		s.tone('5', 60*ms)
		s.quiet(200 * ms)
		s.sound(mediatest.Tone(440, 8000))
		rec.Stop()
		heard := ear.Samples()
		if share := mediatest.Loudness(heard[len(heard)-4000:], 440); share < 0.9 {
			t.Errorf("440 Hz is %.2f of what was heard after the key", share)
		}
	})
}
