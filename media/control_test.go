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
		if q := l.reception.report; q.roundTrip < 0 || q.roundTrip > 10*time.Second || q.lostThere > 1<<23 {
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
