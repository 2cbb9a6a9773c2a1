package media

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"hotline/media/latch"
)

func TestEachReportIsHeardWithWhatItTellsOfTheSound(t *testing.T) {
	e, err := New(Config{Bind: []netip.Addr{netip.IPv4Unspecified()}})
	if err != nil {
		t.Fatal(err)
	}
	e.epoch = time.Now()
	w := &worker{engine: e, now: 7 * time.Second}
	l := newLeg(e, near, pair{})
	l.in.latch = latch.New(phoneAt, phoneAt.Addr(), nil, 0)
	var heard []Report
	l.rtcp.hear = func(r Report) { heard = append(heard, r) }
	for _, p := range []rtcp.Packet{
		&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: l.out.stream.SSRC, FractionLost: 64, Jitter: 80}}},
		&rtcp.SenderReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: l.out.stream.SSRC + 1, FractionLost: 64}}},
	} {
		b, err := rtcp.Marshal([]rtcp.Packet{p})
		if err != nil {
			t.Fatal(err)
		}
		w.report(l, b, phoneAt)
	}
	at := e.epoch.Add(7 * time.Second)
	if want := []Report{{At: at, Measured: true, Lost: 0.25, Jitter: 10 * time.Millisecond}, {At: at, Sender: true}}; !slices.Equal(heard, want) {
		t.Errorf("got  %+v\nwant %+v", heard, want)
	}
}

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
		l.in.latch = latch.New(phoneAt, phoneAt.Addr(), nil, 0)
		w.report(l, b, phoneAt)
		if q := &l.rtcp; q.roundTrip < 0 || q.roundTrip > 10*time.Second || q.losses.Total() > 1<<15 {
			t.Fatalf("%+v", q)
		}
	})
}
