package media_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/mediatest"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// house is two engines on one wire, as two companies would be.
type house struct {
	beside sync.WaitGroup // what background runs
	t      *testing.T
	wire   *mediatest.Wire
	a, b   *media.Engine
}

func newHouse(t *testing.T, change func(*media.Config)) *house {
	t.Helper()
	h := &house{t: t, wire: mediatest.NewWire(1)}
	h.a, h.b = h.engine(change), h.engine(nil)
	return h
}

func (h *house) engine(change func(*media.Config)) *media.Engine {
	h.t.Helper()
	c := media.Config{Workers: 2, Bind: []netip.Addr{loopback}, Wire: h.wire}
	if change != nil {
		change(&c)
	}
	return mediatest.Start(h.t, c)
}

// background runs f beside the test; close waits for it.
func (h *house) background(f func()) { h.beside.Go(f) }

func (h *house) close() {
	h.a.Stop()
	h.b.Stop()
	if n := h.wire.Open(); n != 0 {
		h.t.Errorf("%d sockets left open", n)
		h.beside.Wait()
	}
}

func peer() media.Peer { return media.Peer{Local: loopback, Remote: loopback} }

// call joins a leg of each engine by offer and answer: the phone of b calls a.
func (h *house) call() (ours, phone *media.Leg) {
	h.t.Helper()
	return mediatest.Call(h.t, h.b, h.a, peer(), nil)
}

func record(t *testing.T, l *media.Leg) (*media.Recording, *mediatest.Listener) {
	t.Helper()
	ear := &mediatest.Listener{}
	r, err := l.Record(ear.Open, media.RecordOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r, ear
}

func TestPhoneHearsThePromptSampleForSample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		time.Sleep(100 * time.Millisecond)
		r, ear := record(t, phone)
		tone := mediatest.Tone(440, 8000*5/2)
		if err := ours.Play(t.Context(), media.NewSound(tone), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		stats, _ := r.Stop()
		heard := ear.Samples()
		best, at := likeness.Correlate(heard, tone)
		if best < 0.999 {
			t.Errorf("correlation with what was played is %.4f", best)
		}
		want := make([]byte, len(tone))
		for i, s := range tone {
			want[i] = g711.ALaw.EncodeSample(s)
		}
		_, octets := ear.Octets()
		if string(octets[at:at+len(want)]) != string(want) {
			t.Error("the octets heard are not the octets played")
		}
		if stats.Missing > 400 || stats.Samples != len(heard) {
			t.Errorf("stats are %+v for %d samples", stats, len(heard))
		}
	})
}

func TestKeysComeOnceEachWhateverTheWireDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		h.wire.Impair(mediatest.Impairments{Loss: 0.15, Duplicate: 0.2, Reorder: 0.1, Delay: 30 * time.Millisecond})
		const keys = "0123456789*#ABCD00"
		for _, k := range []byte(keys) {
			if err := phone.SendKey(t.Context(), media.Key(k), 100*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Second)
		got := ""
		for ours.Keys() > 0 {
			k, err := ours.Key(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got += k.String()
		}
		if got != keys {
			t.Errorf("pressed %s, heard %s", keys, got)
		}
	})
}

func TestAKeyStopsThePromptAtItsFirstPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		time.Sleep(200 * time.Millisecond)
		long := media.NewSound(mediatest.Tone(300, 8000*10))
		pressed := make(chan time.Time, 1)
		h.background(func() {
			time.Sleep(time.Second)
			pressed <- time.Now()
			_ = phone.SendKey(t.Context(), '5', 400*time.Millisecond)
		})
		err := ours.Play(t.Context(), long, media.PlayOptions{BargeIn: true})
		if took := time.Since(<-pressed); !errors.Is(err, media.ErrBargeIn) || took > 60*time.Millisecond {
			t.Errorf("play ended with %v, %v after the key began", err, took)
		}
		if ours.Keys() != 0 {
			t.Error("the key is there before it was released")
		}
		if k, err := ours.Key(t.Context()); k != '5' || err != nil {
			t.Errorf("key %v, %v", k, err)
		}
		// a key that waits stops a prompt before it begins, and notices are not stopped
		ours.ReceiveInfo('7')
		time.Sleep(50 * time.Millisecond)
		if err := ours.Play(t.Context(), long, media.PlayOptions{BargeIn: true}); !errors.Is(err, media.ErrBargeIn) {
			t.Errorf("play over a waiting key ended with %v", err)
		}
		began := time.Now()
		notice := media.NewSound(mediatest.Tone(300, 8000))
		if err := ours.Play(t.Context(), notice, media.PlayOptions{}); err != nil || time.Since(began) < time.Second {
			t.Errorf("a notice ended with %v after %v", err, time.Since(began))
		}
	})
}

func TestTheReplyToAKeyBeginsWithin60Milliseconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		r, ear := record(t, phone)
		time.Sleep(time.Second)
		if err := phone.SendKey(t.Context(), '1', 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		if _, err := ours.Key(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := ours.Play(t.Context(), media.NewSound(mediatest.Tone(800, 4000)), media.PlayOptions{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(at) - 500*time.Millisecond; took > 60*time.Millisecond {
			t.Errorf("the reply had been played %v after its length from the key's end", took)
		}
		r.Stop()
		if best, _ := likeness.Correlate(ear.Samples(), mediatest.Tone(800, 3800)); best < 0.99 {
			t.Errorf("the reply correlates %.2f", best)
		}
	})
}

func TestRecordingKeepsItsLengthThroughLossAndSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		h.wire.Impair(mediatest.Impairments{Loss: 0.05, Duplicate: 0.05, Reorder: 0.05, Delay: 40 * time.Millisecond})
		time.Sleep(100 * time.Millisecond)
		r, ear := record(t, ours)
		_ = phone.Play(t.Context(), media.NewSound(mediatest.Tone(500, 8000*8)), media.PlayOptions{})
		h.wire.SetFilter(func(netip.AddrPort, netip.AddrPort, []byte) bool { return false })
		time.Sleep(2 * time.Second)
		stats, _ := r.Stop()
		if got := float64(stats.Samples) / 8000; got < 9.75 || got > 10.05 {
			t.Errorf("ten seconds became %.2f", got)
		}
		for i, n := range ear.Blocks()[:len(ear.Blocks())-1] {
			if n != 8000 {
				t.Errorf("block %d has %d octets", i, n)
			}
		}
		if share := mediatest.Loudness(ear.Samples()[8000:16000], 500); share < 0.7 {
			t.Errorf("the tone is %.2f of what was recorded", share)
		}
	})
}

func TestALegThatHearsNothingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *media.Config) { c.Timeout = 5 * time.Second })
		defer h.close()
		ours, _ := h.call()
		time.Sleep(time.Second)
		h.wire.SetFilter(func(_, _ netip.AddrPort, b []byte) bool { return false })
		time.Sleep(4 * time.Second)
		ours.Activity()
		time.Sleep(4900 * time.Millisecond)
		if err := ours.Err(); err != nil {
			t.Fatalf("ended early: %v", err)
		}
		began := time.Now()
		err := ours.Play(t.Context(), media.NewSound(mediatest.Tone(300, 80000)), media.PlayOptions{})
		if !errors.Is(err, media.ErrTimeout) || time.Since(began) > time.Second {
			t.Errorf("play ended with %v after %v", err, time.Since(began))
		}
		if _, err := ours.Key(t.Context()); !errors.Is(err, media.ErrTimeout) {
			t.Errorf("key: %v", err)
		}
	})
}

// TestSilenceOfALegIsToldFromItsLoss holds by what a telephone that says nothing is told from one that is gone: a telephone
// on hold, or one that suppresses silence and only reports.
func TestSilenceOfALegIsToldFromItsLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		time.Sleep(time.Second)
		if _, err := ours.Reoffer(describe(phone, "sendonly")); err != nil {
			t.Fatal(err)
		}
		soundless := func(_, to netip.AddrPort, b []byte) bool { return b[1] >= 200 && b[1] <= 207 } // RFC 5761 section 4
		h.wire.SetFilter(func(_, _ netip.AddrPort, b []byte) bool { return false })
		time.Sleep(20 * time.Second)
		if s := ours.SilentFor(); s > time.Second {
			t.Errorf("a telephone on hold counts as silent for %v", s)
		}
		if _, err := ours.Reoffer(describe(phone, "sendrecv")); err != nil {
			t.Fatal(err)
		}
		h.wire.SetFilter(soundless)
		for range 20 {
			time.Sleep(time.Second)
			if s := ours.SilentFor(); s > 8*time.Second {
				t.Fatalf("a telephone that reports counts as silent for %v", s)
			}
		}
		h.wire.SetFilter(func(_, _ netip.AddrPort, b []byte) bool { return false })
		time.Sleep(20 * time.Second)
		if s := ours.SilentFor(); s < 12*time.Second {
			t.Errorf("a telephone that is gone counts as silent for %v only", s)
		}
	})
}

func TestJoinedLegsHearEachOtherAndKeepTheirKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		callerLeg, caller := h.call()
		engineerLeg, engineer := h.call()
		unjoin, err := media.Join(callerLeg, engineerLeg)
		if err != nil {
			t.Fatal(err)
		}
		rc, heardByCaller := record(t, caller)
		re, heardByEngineer := record(t, engineer)
		spool, kept := record(t, callerLeg)
		ctx, cancel := context.WithCancel(t.Context())
		h.background(func() { _ = caller.Play(ctx, media.NewSound(mediatest.Tone(400, 8000)), media.PlayOptions{Loop: true}) })
		h.background(func() {
			_ = engineer.Play(ctx, media.NewSound(mediatest.Tone(900, 8000)), media.PlayOptions{Loop: true})
		})
		time.Sleep(3 * time.Second)
		cancel()
		time.Sleep(100 * time.Millisecond)
		if err := engineer.SendKey(t.Context(), '9', 100*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		if engineerLeg.Keys() != 1 || callerLeg.Keys() != 0 {
			t.Errorf("keys: engineer %d, caller %d", engineerLeg.Keys(), callerLeg.Keys())
		}
		unjoin()
		unjoin()
		rc.Stop()
		re.Stop()
		spool.Stop()
		for _, c := range []struct {
			who   string
			heard []int16
			hz    float64
		}{{"caller", heardByCaller.Samples(), 900}, {"engineer", heardByEngineer.Samples(), 400}, {"recording", kept.Samples(), 400}} {
			if share := mediatest.Loudness(c.heard[8000:16000], c.hz); share < 0.95 {
				t.Errorf("%s: %v Hz is %.2f of what was heard", c.who, c.hz, share)
			}
		}
		if s := caller.Stats(); s.Lost != 0 {
			t.Errorf("the caller lost %d packets", s.Lost)
		}
	})
}

func TestHeldCallerIsSentNothingAndThePromptWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(c *media.Config) { c.Timeout = 5 * time.Second; c.HoldTimeout = 60 * time.Second })
		defer h.close()
		ours, phone := h.call()
		played := make(chan error, 1)
		go func() {
			played <- ours.Play(t.Context(), media.NewSound(mediatest.Tone(440, 16000)), media.PlayOptions{})
		}()
		time.Sleep(time.Second)
		hold := describe(phone, "sendonly")
		if _, err := ours.Reoffer(hold); err != nil {
			t.Fatal(err)
		}
		sent := ours.Stats().PacketsOut
		time.Sleep(20 * time.Second)
		if now := ours.Stats().PacketsOut; now != sent {
			t.Errorf("%d packets went to a phone on hold", now-sent)
		}
		if _, err := ours.Reoffer(describe(phone, "sendrecv")); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := <-played; err != nil || time.Since(began) < 900*time.Millisecond {
			t.Errorf("the prompt ended with %v, %v after the hold", err, time.Since(began))
		}
	})
}

// describe writes the phone's offer with another direction.
func describe(phone *media.Leg, way string) []byte {
	offer, err := phone.Reoffer(nil)
	if err != nil {
		panic(err)
	}
	const before = "a=sendrecv"
	return append(offer[:len(offer)-len(before)-2], []byte("a="+way+"\r\n")...)
}

func TestMediaStopsWithItsLegsWhileTheyPlayAndRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		ours, _ := h.call()
		_, ear := record(t, ours)
		played := make(chan error, 1)
		go func() {
			played <- ours.Play(context.Background(), media.NewSound(mediatest.Tone(440, 160000)), media.PlayOptions{})
		}()
		time.Sleep(1500 * time.Millisecond)
		h.close()
		h.close()
		if err := <-played; !errors.Is(err, media.ErrClosed) {
			t.Errorf("play ended with %v", err)
		}
		if n := len(ear.Samples()); n < 11000 {
			t.Errorf("the recording has %d samples", n)
		}
		if err := ours.Close(); err != nil {
			t.Error(err)
		}
		if _, _, err := h.a.Offer(peer()); !errors.Is(err, media.ErrClosed) {
			t.Errorf("offer after the stop: %v", err)
		}
	})
}
