package media_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media"
	"hotline/media/likeness"
	"hotline/media/mediatest"
	"hotline/media/sdp"
	"hotline/media/udp"
)

// stranger is a peer whom nobody knows.
func stranger() media.Peer {
	p := peer()
	p.Unverified = true
	return p
}

// arrived counts the datagrams of sound that reached a socket.
func arrived(s udp.Socket) (n int) {
	b := make([]byte, 2000)
	for {
		size, _, ok := s.Receive(b)
		if !ok {
			return n
		}
		if size > 100 {
			n++
		}
	}
}

func TestAStrangersDescriptionSendsLessThanASecondOfSoundAtAVictim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		victim, err := h.wire.Listen(netip.MustParseAddrPort("127.0.0.7:9000"))
		if err != nil {
			t.Fatal(err)
		}
		other, err := h.wire.Listen(netip.MustParseAddrPort("127.0.0.8:9000"))
		if err != nil {
			t.Fatal(err)
		}
		defer victim.Close()
		defer other.Close()
		offer := func(host string) []byte {
			return fmt.Appendf(nil, "v=0\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n", host)
		}
		ours, _, err := h.a.Answer(offer("127.0.0.7"), stranger())
		if err != nil {
			t.Fatal(err)
		}
		defer ours.Close()
		played := make(chan error, 1)
		go func() {
			played <- ours.Play(t.Context(), media.NewSound(mediatest.Tone(440, 32000)), media.PlayOptions{})
		}()
		time.Sleep(5 * time.Second)
		if n := arrived(victim); n != 0 {
			t.Errorf("%d packets before the signalling's source was proved", n)
		}
		ours.Activity() // the ACK
		time.Sleep(5 * time.Second)
		if n := arrived(victim); n == 0 || n >= 50 {
			t.Errorf("%d packets to a victim, want less than 50", n)
		}
		if _, err := ours.Reoffer(offer("127.0.0.8")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if n := arrived(other); n == 0 || n >= 50 {
			t.Errorf("%d packets to a second victim, want less than 50", n)
		}
		packet := make([]byte, 172)
		packet[0], packet[1] = 0x80, 8
		other.Send(packet, netip.AddrPortFrom(loopback, ours.LocalPort()))
		if err := <-played; err != nil {
			t.Errorf("the prompt did not go on once the stranger was heard: %v", err)
		}
		if n := arrived(other); n < 10 {
			t.Errorf("%d packets to somebody who was heard", n)
		}
		for i := range 10 { // pointed from one to the other and back
			if _, err := ours.Reoffer(offer([]string{"127.0.0.7", "127.0.0.8"}[i%2])); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Second)
		}
		if n := arrived(victim) + arrived(other); n == 0 || n > 160 {
			t.Errorf("%d packets to two victims who were pointed at again and again, want at most 160", n)
		}
	})
}

func TestAStrangerWhoNamesOurOwnPortsIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		defer h.close()
		ours, phone := h.call()
		defer ours.Close()
		defer phone.Close()
		naming := func(port uint16, more string) error {
			l, _, err := h.a.Answer(fmt.Appendf(nil, "v=0\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\n%s", port, more), stranger())
			if err == nil {
				_ = l.Close()
			}
			return err
		}
		for _, err := range []error{naming(ours.LocalPort(), ""), naming(ours.LocalPort()+1, ""), naming(9998, fmt.Sprintf("a=rtcp:%d\r\n", ours.LocalPort()))} {
			if !errors.Is(err, sdp.ErrBadAddress) {
				t.Errorf("a call that would be joined to another one: %v", err)
			}
		}
		if err := naming(9998, ""); err != nil {
			t.Errorf("another port: %v", err)
		}
		port := ours.LocalPort()
		_ = ours.Close()
		if err := naming(port, ""); err != nil && strings.Contains(err.Error(), "ours") {
			t.Errorf("a port that is free again: %v", err)
		}
	})
}

func TestAnAddressThatNoneOfOursLeadsToIsReplacedByTheSignallings(t *testing.T) {
	for _, host := range []string{"IP4 192.0.2.2", "IP6 2001:db8::2"} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, nil)
			defer h.close()
			phone, offer, err := h.b.Offer(peer())
			if err != nil {
				t.Fatal(err)
			}
			ours, answer, err := h.a.Answer([]byte(strings.ReplaceAll(string(offer), "c=IN IP4 127.0.0.1", "c=IN "+host)), peer())
			if err != nil {
				t.Fatalf("a telephone that describes itself as %s: %v", host, err)
			}
			// the other way round: it answers so
			if err := phone.Accept([]byte(strings.ReplaceAll(string(answer), "c=IN IP4 127.0.0.1", "c=IN "+host))); err != nil {
				t.Fatal(err)
			}
			rec, ear := record(t, phone)
			tone := mediatest.Tone(440, 8000)
			if err := ours.Play(t.Context(), media.NewSound(tone), media.PlayOptions{}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			rec.Stop()
			if best, _ := likeness.Correlate(ear.Samples(), tone); best < 0.999 {
				t.Errorf("%s: heard with %.3f", host, best)
			}
			_ = ours.Close()
			_ = phone.Close()
		})
	}
}

// Reports wait for the same proof as sound: none goes to an address from which nothing has come.
func TestNoReportGoesToAnAddressThatAStrangerNames(t *testing.T) {
	for _, more := range []string{"", "a=rtcp:9443\r\n", "a=rtcp-mux\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, nil)
			reports, sockets := map[uint16]int{}, map[string]udp.Socket{}
			for _, at := range []string{"127.0.0.7:9000", "127.0.0.7:9001", "127.0.0.7:9443", "127.0.0.8:9000", "127.0.0.8:9001", "127.0.0.8:9443"} {
				s, err := h.wire.Listen(netip.MustParseAddrPort(at))
				if err != nil {
					t.Fatal(err)
				}
				sockets[at] = s
			}
			defer func() {
				for _, s := range sockets {
					_ = s.Close()
				}
				h.close()
			}()
			h.wire.SetFilter(func(_, to netip.AddrPort, b []byte) bool {
				if b[1] >= 200 && b[1] <= 207 {
					reports[to.Port()]++
				}
				return true
			})
			ours, _, err := h.a.Answer([]byte("v=0\r\nc=IN IP4 127.0.0.7\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n"+more), stranger())
			if err != nil {
				t.Fatal(err)
			}
			ours.Activity() // the ACK
			time.Sleep(25 * time.Second)
			synctest.Wait() // the worker is done with its tick
			if len(reports) > 0 {
				t.Errorf("%q: reports by port before he was heard: %v", more, reports)
			}
			packet := make([]byte, 172)
			packet[0], packet[1] = 0x80, 8
			sockets["127.0.0.7:9000"].Send(packet, netip.AddrPortFrom(loopback, ours.LocalPort()))
			time.Sleep(11 * time.Second)
			synctest.Wait()
			if len(reports) != 1 {
				t.Errorf("%q: reports by port once he was heard: %v", more, reports)
			}
			clear(reports)
			if _, err := ours.Reoffer([]byte("v=0\r\nc=IN IP4 127.0.0.8\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n" + more)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(11 * time.Second)
			_ = ours.Close()
			if len(reports) > 0 {
				t.Errorf("%q: reports to another address that he names: %v", more, reports)
			}
		})
	}
}

// Whoever tries the ports while the caller is silent, from the start or later, hears nothing and is not heard; the caller is,
// from his first packet on.
func TestWhoeverTriesThePortsOfASilentCallerGetsNothing(t *testing.T) {
	for _, spoke := range []time.Duration{0, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			h := newHouse(t, nil)
			defer h.close()
			third, err := h.wire.Listen(netip.MustParseAddrPort("127.0.0.9:9000"))
			if err != nil {
				t.Fatal(err)
			}
			defer third.Close()
			ours, phone := h.call()
			var silent atomic.Bool
			silent.Store(true)
			h.wire.SetFilter(func(from, _ netip.AddrPort, _ []byte) bool { return from.Port() != phone.LocalPort() || !silent.Load() })
			silent.Store(spoke == 0)
			time.Sleep(spoke)
			silent.Store(true)
			r, ear := record(t, ours)
			loud := make([]byte, 172)
			for i := range 600 { // 12 s
				loud[0], loud[1], loud[2], loud[3], loud[11] = 0x80, 8, byte(i>>8), byte(i), 99
				third.Send(loud, netip.AddrPortFrom(loopback, ours.LocalPort()))
				third.Send([]byte{0x80, 101, 0, byte(i), 0, 0, byte(i), 0, 0, 0, 0, 99, 5, 0x80, 1, 0x40}, netip.AddrPortFrom(loopback, ours.LocalPort()))
				time.Sleep(20 * time.Millisecond)
			}
			if n := arrived(third); n != 0 || ours.Keys() != 0 {
				t.Errorf("silent after %s: the third host got %d packets and pressed %d keys", spoke, n, ours.Keys())
			}
			before := ours.Stats().PacketsIn
			silent.Store(false)
			time.Sleep(200 * time.Millisecond)
			r.Stop()
			if got := ours.Stats().PacketsIn - before; got < 8 || ours.Stats().Remote.Port() != phone.LocalPort() {
				t.Errorf("silent after %s: %d packets of the caller were heard once he spoke", spoke, got)
			}
			for i, s := range ear.Samples() {
				if s > 100 || s < -100 {
					t.Fatalf("sample %d of the third host is in the recording", i)
				}
			}
		})
	}
}

func TestStrangersLeaveAQuarterOfThePortsToThoseWhoAreKnown(t *testing.T) {
	for _, c := range []struct{ pairs, theirs int }{{1, 1}, {2, 1}, {4, 3}, {8, 6}, {10, 8}} {
		synctest.Test(t, func(t *testing.T) {
			e := mediatest.Start(t, media.Config{
				Bind: []netip.Addr{loopback}, Low: 22000, High: uint16(22000 + 2*c.pairs - 1), Wire: mediatest.NewWire(1),
			})
			take := func(p media.Peer) (all []*media.Leg) {
				for {
					l, _, err := e.Offer(p)
					if errors.Is(err, media.ErrNoPorts) {
						return all
					}
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, l)
				}
			}
			theirs := take(stranger())
			if len(theirs) != c.theirs {
				t.Errorf("strangers hold %d of %d pairs, want %d", len(theirs), c.pairs, c.theirs)
			}
			known := take(peer())
			if len(known) != c.pairs-len(theirs) {
				t.Errorf("known callers got %d of the other %d pairs", len(known), c.pairs-len(theirs))
			}
			if err := theirs[0].Close(); err != nil {
				t.Fatal(err)
			}
			if c.pairs > 1 && len(take(stranger())) != 0 {
				t.Error("a stranger took the last free pair")
			}
			left := take(peer())
			if len(left) != 1 {
				t.Errorf("of the one pair that a stranger left, known callers got %d", len(left))
			}
			for _, l := range slices.Concat(theirs[1:], known, left) {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
