package media_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/mediatest"
)

func TestGoroutinesAndTimersAreTheSameForOneCallAndForTwoHundred(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ear := &mediatest.Listener{}
		music := media.NewSound(mediatest.Tone(440, 8000))
		count := func() (goroutines, workers, timers int) {
			time.Sleep(time.Second)
			s := h.a.Stats()
			return runtime.NumGoroutine(), s.Workers, s.Timers
		}
		players := 0
		add := func() {
			ours, phone := h.call()
			if _, err := phone.Record(ear.Open, media.RecordOptions{}); err != nil {
				t.Fatal(err)
			}
			players++
			h.background(func() { _ = ours.Play(t.Context(), music, media.PlayOptions{Loop: true}) })
		}
		add()
		g1, w1, t1 := count()
		for range 199 {
			add()
		}
		g2, w2, t2 := count()
		// each call has the goroutine of this test that waits in Play, and none of ours
		if own := (g2 - players) - (g1 - 1); own != 0 || w1 != w2 || t1 != t2 {
			t.Errorf("%d goroutines more at 200 calls; workers %d and %d, timers %d and %d", own, w1, w2, t1, t2)
		}
		before := h.a.Stats()
		time.Sleep(time.Second)
		after := h.a.Stats()
		if sent := after.PacketsOut - before.PacketsOut; sent < 9900 || sent > 10100 {
			t.Errorf("200 calls sent %d packets in a second", sent)
		}
		if ticks := after.Ticks - before.Ticks; ticks > 410 {
			t.Errorf("%d wake-ups in a second", ticks)
		}
	})
}

func TestAnIdleEngineSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, _ := h.call()
		time.Sleep(time.Second)
		if err := ours.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
		before := h.a.Stats().Ticks
		time.Sleep(time.Hour)
		if n := h.a.Stats().Ticks - before; n != 0 {
			t.Errorf("%d ticks in an hour without a call", n)
		}
	})
}

func TestRealSocketsInBothFamilies(t *testing.T) {
	for _, ip := range []netip.Addr{loopback, netip.IPv6Loopback()} {
		t.Run(ip.String(), func(t *testing.T) {
			e := mediatest.Start(t, media.Config{Bind: []netip.Addr{ip}, Low: 21000, High: 21999})
			p := media.Peer{Local: ip, Remote: ip}
			ours, phone := mediatest.Call(t, e, e, p, nil)
			r, ear := record(t, phone)
			tone := mediatest.Tone(700, 4000)
			if err := ours.Play(t.Context(), media.NewSound(tone), media.PlayOptions{}); err != nil {
				t.Fatal(err)
			}
			if err := phone.SendKey(t.Context(), '#', 60*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if k, err := ours.Key(t.Context()); err != nil || k != '#' {
				t.Errorf("key %v, %v", k, err)
			}
			r.Stop()
			if best, _ := likeness.Correlate(ear.Samples(), tone); best < 0.99 {
				t.Errorf("heard with correlation %.3f", best)
			}
		})
	}
}

func TestWhenThePortsAreUsedUpTheCallIsRefusedAndLaterTaken(t *testing.T) {
	e := mediatest.Start(t, media.Config{Bind: []netip.Addr{loopback}, Low: 22000, High: 22003})
	var first *media.Leg
	for range 2 {
		l, _, err := e.Offer(peer())
		if err != nil {
			t.Fatal(err)
		}
		first = l
	}
	if _, _, err := e.Offer(peer()); !errors.Is(err, media.ErrNoPorts) {
		t.Fatalf("third leg on two pairs of ports: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Offer(peer()); err != nil {
		t.Errorf("a freed port is not taken again: %v", err)
	}
}

func TestSoundOfStrangersIsNeitherHeardNorAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		time.Sleep(200 * time.Millisecond)
		r, ear := record(t, ours)
		at := phone.Stats().Remote
		stranger, err := h.wire.Listen(netip.MustParseAddrPort("127.0.0.9:9000"))
		if err != nil {
			t.Fatal(err)
		}
		defer stranger.Close()
		loud := make([]byte, 172)
		for i := range 100 {
			loud[0], loud[1], loud[3], loud[11] = 0x80, 8, byte(i), 99
			stranger.Send(loud, at)
			key := []byte{0x80, 101, 0, byte(i), 0, 0, byte(i), 0, 0, 0, 0, 99, 5, 0x80, 1, 0x40}
			stranger.Send(key, at)
			time.Sleep(20 * time.Millisecond)
		}
		time.Sleep(40 * time.Millisecond) // the last ones may wait behind ours
		r.Stop()
		if _, _, ok := stranger.Receive(make([]byte, 2000)); ok {
			t.Error("a stranger was answered")
		}
		if ours.Keys() != 0 {
			t.Error("a stranger pressed a key")
		}
		for i, s := range ear.Samples() {
			if s > 100 || s < -100 {
				t.Fatalf("sample %d of a stranger is in the recording", i)
			}
		}
		if n := h.a.Stats().ForeignPackets; n != 200 {
			t.Errorf("%d foreign packets were counted", n)
		}
	})
}

// BenchmarkCall is the cost of one call that plays and is recorded, both ends of it, for one second of its life.
func BenchmarkCall(b *testing.B) {
	for _, n := range []int{50, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e := mediatest.Start(b, media.Config{Bind: []netip.Addr{loopback}})
			var playing sync.WaitGroup
			defer playing.Wait()
			defer e.Stop()
			music := media.NewSound(mediatest.Tone(440, 8000))
			for range n {
				ours, _ := mediatest.Call(b, e, e, peer(), nil)
				if _, err := ours.Record(func(g711.Codec) (io.WriteCloser, error) { return nowhere{}, nil }, media.RecordOptions{}); err != nil {
					b.Fatal(err)
				}
				playing.Go(func() { _ = ours.Play(b.Context(), music, media.PlayOptions{Loop: true}) })
			}
			before, began := cpu(b), time.Now()
			for b.Loop() {
				time.Sleep(time.Second)
			}
			spent, lasted := cpu(b)-before, time.Since(began)
			b.ReportMetric(spent.Seconds()*1000/lasted.Seconds()/float64(2*n), "cpu-ms/leg-s")
		})
	}
}

// nowhere is the file of a recording that nobody keeps.
type nowhere struct{}

func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) Close() error                { return nil }
