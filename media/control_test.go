package media

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"hotline/media/latch"
)

// FuzzControl feeds a leg what claims to be reports of its party.
func FuzzControl(f *testing.F) {
	sr := &rtcp.SenderReport{SSRC: 1, NTPTime: 1 << 40, Reports: []rtcp.ReceptionReport{{SSRC: 2, LastSenderReport: 5, Delay: 7, TotalLost: 3}}}
	for _, p := range [][]rtcp.Packet{{sr}, {&rtcp.ReceiverReport{SSRC: 1}, &rtcp.Goodbye{Sources: []uint32{1}}}} {
		b, err := rtcp.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	e, err := New(Config{Bind: []netip.Addr{netip.IPv4Unspecified()}})
	if err != nil {
		f.Fatal(err)
	}
	e.epoch = time.Now()
	f.Fuzz(func(t *testing.T, b []byte) {
		w := &worker{engine: e}
		l := newLeg(e, near, pair{})
		l.latch = latch.New(phoneAt, phoneAt.Addr(), nil, 0)
		w.control(l, b, phoneAt)
		if q := l.reception.report; q.roundTrip < 0 || q.roundTrip > 10*time.Second || q.losses.total > 1<<15 {
			t.Fatalf("%+v", q)
		}
	})
}

// FuzzCrypto reads keys of descriptions.
func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP")
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20")
	f.Add("2 AEAD_AES_128_GCM inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1 KDR=0")
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := readCrypto(s)
		if !ok {
			return
		}
		if again, ok := readCrypto(c.String()); !ok || again != c {
			t.Fatalf("%q is read again as %v", s, again)
		}
		if _, err := seal(c, c); err != nil {
			t.Fatal(err)
		}
	})
}

// What a receiver counts as lost is believed as far as it can be true: of packets that went to it, since the last it told of.
func TestLossThereIsOfThePacketsThatWentThere(t *testing.T) {
	type count struct {
		receiver uint32
		lost     int32
		highest  uint16
		want     uint64
	}
	for _, c := range []struct {
		name  string
		first uint16 // packet
		moves map[int]uint16
		steps []count
	}{
		{"one receiver", 100, nil, []count{{1, 3, 350, 3}, {1, 5, 600, 5}, {1, 5, 850, 5}}},
		{"a late packet is counted back", 100, nil, []count{{1, 3, 350, 3}, {1, 2, 600, 3}, {1, 3, 850, 3}, {1, 4, 1100, 4}}},
		{"more than were sent", 100, nil, []count{{1, 8000000, 350, 0}, {1, 8000001, 600, 1}}},
		{"doubled packets", 100, nil, []count{{1, -40, 350, 0}, {1, -38, 600, 2}}},
		{"numbers that wrap", 65500, nil, []count{{1, 1, 65530, 1}, {1, 4, 244, 4}}},
		{"another receiver, and back after 3000 packets", 100, map[int]uint16{1: 400, 3: 3400},
			[]count{{1, 3, 350, 3}, {2, 1, 650, 4}, {2, 2, 3350, 5}, {1, 3003, 3600, 5}, {1, 3004, 3850, 6}}},
		{"a report of before the move comes after it", 100, map[int]uint16{1: 3400},
			[]count{{1, 3, 350, 3}, {1, 4, 600, 3}, {1, 3003, 3600, 3}, {1, 3005, 3800, 5}}},
		{"a receiver that begins anew by itself", 100, nil, []count{{1, 30, 350, 30}, {9, 2, 600, 32}, {9, 3, 850, 33}}},
	} {
		s := losses{}
		s.moved(c.first)
		for i, step := range c.steps {
			if next, moved := c.moves[i]; moved {
				s.moved(next)
			}
			if s.reported(step.receiver, step.lost, step.highest); s.total != step.want {
				t.Errorf("%s: after report %d %d are lost, want %d", c.name, i, s.total, step.want)
			}
		}
	}
}
