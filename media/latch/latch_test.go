package latch

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

const ms = time.Millisecond

var (
	phoneAt    = netip.MustParseAddrPort("192.0.2.1:4000")
	behindNAT  = netip.MustParseAddrPort("192.0.2.1:61000")
	atHome     = netip.MustParseAddrPort("10.0.0.7:4000") // what a telephone behind a NAT describes
	pooled     = netip.MustParseAddrPort("192.0.2.77:9000")
	proxyAt    = netip.MustParseAddr("203.0.113.5")
	strangerAt = netip.MustParseAddrPort("198.51.100.9:4000")
)

// step is one packet at the latch.
type step struct {
	at   time.Duration
	from netip.AddrPort
	ssrc uint32
	n    uint16
	want Verdict
}

func TestOnlyOurPartyIsHeard(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"the described address at once", []step{{20 * ms, phoneAt, 1, 10, NewStream}, {40 * ms, phoneAt, 1, 11, Ours}}},
		{"another port of the host after four in a row", []step{
			{20 * ms, behindNAT, 1, 10, Foreign}, {40 * ms, behindNAT, 1, 11, Foreign},
			{60 * ms, behindNAT, 1, 12, Foreign}, {80 * ms, behindNAT, 1, 13, NewStream}, {100 * ms, behindNAT, 1, 14, Ours},
		}},
		{"four that are not in a row prove nothing", []step{
			{20 * ms, behindNAT, 1, 10, Foreign}, {40 * ms, behindNAT, 1, 12, Foreign},
			{60 * ms, behindNAT, 1, 14, Foreign}, {80 * ms, behindNAT, 1, 16, Foreign},
		}},
		{"a port scanner between them undoes nothing", []step{
			{20 * ms, behindNAT, 1, 10, Foreign}, {30 * ms, strangerAt, 7, 1, Foreign}, {40 * ms, behindNAT, 1, 11, Foreign},
			{50 * ms, strangerAt, 7, 2, Foreign}, {60 * ms, behindNAT, 1, 12, Foreign}, {80 * ms, behindNAT, 1, 13, NewStream},
		}},
		{"a stranger beside a latched party", []step{
			{20 * ms, phoneAt, 1, 10, NewStream}, {30 * ms, strangerAt, 7, 1, Foreign}, {50 * ms, strangerAt, 7, 2, Foreign},
			{70 * ms, strangerAt, 7, 3, Foreign}, {90 * ms, strangerAt, 7, 4, Foreign}, {99 * ms, strangerAt, 7, 5, Foreign},
		}},
		{"a stranger in the first second", []step{
			{20 * ms, strangerAt, 7, 1, Foreign}, {40 * ms, strangerAt, 7, 2, Foreign},
			{60 * ms, strangerAt, 7, 3, Foreign}, {80 * ms, strangerAt, 7, 4, Foreign}, {100 * ms, phoneAt, 1, 1, NewStream},
		}},
		{"a NAT that rebinds", []step{{20 * ms, phoneAt, 1, 10, NewStream}, {40 * ms, pooled, 1, 11, Ours}, {60 * ms, pooled, 1, 12, Ours}}},
		{"a late copy from where the party was", []step{
			{20 * ms, phoneAt, 1, 10, NewStream}, {40 * ms, pooled, 1, 12, Ours}, {41 * ms, phoneAt, 1, 11, Foreign}, {60 * ms, pooled, 1, 13, Ours},
		}},
		{"the described address long after another port of its host", []step{
			{20 * ms, behindNAT, 1, 10, Foreign}, {40 * ms, behindNAT, 1, 11, Foreign}, {60 * ms, behindNAT, 1, 12, Foreign},
			{80 * ms, behindNAT, 1, 13, NewStream}, {60000 * ms, phoneAt, 2, 90, NewStream}, {60020 * ms, phoneAt, 2, 91, Ours},
		}},
		{"a new stream after a pause", []step{{20 * ms, phoneAt, 1, 10, NewStream}, {40 * ms, phoneAt, 2, 90, Foreign}, {2000 * ms, phoneAt, 2, 91, NewStream}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := New(phoneAt, phoneAt.Addr(), nil, 0)
			for i, s := range c.steps {
				if got := l.Admit(Packet{From: s.from, SSRC: s.ssrc, Sequence: s.n}, s.at); got != s.want {
					t.Fatalf("packet %d: %v, want %v", i, got, s.want)
				}
			}
		})
	}
}

func TestACarriersMediaGatewayIsHeardThoughItsDescriptionNamesAnotherHost(t *testing.T) {
	gateway, networks := strangerAt, []netip.Prefix{netip.MustParsePrefix("198.51.100.0/28")}
	for _, trusted := range []bool{true, false} {
		l := New(phoneAt, proxyAt, nil, 0)
		if trusted {
			l.Trust(networks)
		}
		heard := 0
		for n := range uint16(300) { // six seconds, and nothing from the described host
			if l.Admit(Packet{From: gateway, SSRC: 7, Sequence: n}, time.Duration(n)*20*ms) != Foreign {
				heard++
			}
		}
		if trusted && (heard < 290 || l.Target() != gateway) || !trusted && (heard != 0 || l.Target() != phoneAt) {
			t.Errorf("trusted %v: %d packets were heard, our sound goes to %v", trusted, heard, l.Target())
		}
		if trusted && l.Admit(Packet{From: phoneAt, SSRC: 1, Sequence: 1}, 7*time.Second) == Foreign {
			t.Error("the described address does not take the latch back")
		}
	}
}

// network is how a party is seen.
type network struct {
	name       string
	sdp        netip.AddrPort
	signalling netip.Addr
	from       netip.AddrPort // where his sound comes from
	strangers  bool           // NAT is evident: who is alone for long enough may be the party
	heard      time.Duration  // by when he is
}

var networks = [...]network{
	{"no NAT", phoneAt, phoneAt.Addr(), phoneAt, false, 20 * ms},
	{"a gateway apart from the signalling", phoneAt, proxyAt, phoneAt, false, 20 * ms},
	{"a NAT that keeps the host", atHome, behindNAT.Addr(), behindNAT, true, 80 * ms},
	{"a NAT of many addresses", atHome, behindNAT.Addr(), pooled, true, 4100 * ms},
	{"a NAT before a proxy", atHome, proxyAt, pooled, true, 4100 * ms},
	{"one private network", atHome, netip.MustParseAddr("10.0.0.2"), atHome, false, 20 * ms},
}

// Whoever sends first and whoever is silent: a third host gets no sound, and none of his own is heard, unless NAT is evident,
// nobody else is there and he is nobody who sprays; and he loses the latch as soon as a better right shows itself.
func TestNobodyTakesOverALeg(t *testing.T) {
	const last = 20 * time.Second
	for _, n := range networks {
		for _, begins := range []time.Duration{0, 500 * ms, 2 * time.Second, 10 * time.Second, last} { // the party
			for _, ends := range []time.Duration{last, 12 * time.Second} {
				for _, attack := range []time.Duration{0, time.Second, 11 * time.Second} {
					for _, sprays := range []bool{false, true} {
						name := fmt.Sprintf("%s, party from %s to %s, third host from %s, at both ports %v", n.name, begins, ends, attack, sprays)
						t.Run(name, func(t *testing.T) {
							l := New(n.sdp, n.signalling, nil, 0)
							taken, heard := time.Duration(-1), time.Duration(-1)
							for i := uint16(1); ; i++ {
								now := time.Duration(i) * 20 * ms
								if now >= last {
									break
								}
								if now >= attack {
									if sprays {
										l.Scanned(strangerAt)
									}
									if l.Admit(Packet{From: strangerAt, SSRC: 7, Sequence: i}, now) != Foreign && taken < 0 {
										taken = now
									}
								}
								if now >= begins && now < ends && l.Admit(Packet{From: n.from, SSRC: 1, Sequence: i + 500}, now) != Foreign && heard < 0 {
									heard = now
								}
								if got := l.Target() == strangerAt; got != (taken >= 0 && heard < 0) {
									t.Fatalf("at %s the target is %s; third host taken at %s, party heard at %s", now, l.Target(), taken, heard)
								}
							}
							together := attack < ends && begins < last && !sprays && n.from == pooled // one stranger as good as the other
							if taken >= 0 {
								from := taken - strangerAlone - 20*ms
								if !n.strangers || sprays || from < max(attack, strangerWait)-20*ms || begins < taken && ends > from+100*ms {
									t.Errorf("a third host took the leg over at %s", taken)
								}
							}
							if begins+n.heard < ends && !together && (heard < 0 || heard > max(begins, strangerWait-20*ms)+n.heard) {
								t.Errorf("the party is heard at %s, not by %s", heard, begins+n.heard)
							}
							if heard >= 0 && n.from != pooled && heard > begins+n.heard {
								t.Errorf("the party is heard at %s only", heard)
							}
						})
					}
				}
			}
		}
	}
}

// A new description keeps where the party was heard, and who sprays.
func TestAnotherDescriptionKeepsWhatIsKnown(t *testing.T) {
	l := New(atHome, proxyAt, nil, 0)
	for i := range uint16(300) {
		l.Admit(Packet{From: pooled, SSRC: 1, Sequence: i}, time.Duration(i)*20*ms)
	}
	if l.Target() != pooled {
		t.Fatalf("the target is %s", l.Target())
	}
	l.Scanned(strangerAt)
	moved := New(netip.MustParseAddrPort("10.0.0.7:4002"), proxyAt, &l, 6*time.Second)
	elsewhere := netip.AddrPortFrom(pooled.Addr(), 9002)
	for i := range uint16(4) {
		now := 6*time.Second + time.Duration(i)*20*ms
		if got := moved.Admit(Packet{From: elsewhere, SSRC: 2, Sequence: i}, now); (got == NewStream) != (i == 3) {
			t.Errorf("packet %d from the host at which he was heard: %v", i, got)
		}
	}
}

// The keys of SRTP are the proof: from wherever it comes.
func TestWhatSRTPHasAuthenticatedIsTheParty(t *testing.T) {
	l := New(phoneAt, phoneAt.Addr(), nil, 0)
	if got := l.Admit(Packet{From: pooled, SSRC: 1, Sequence: 5, Authentic: true}, 20*ms); got != NewStream || l.Target() != pooled {
		t.Errorf("%v, target %s", got, l.Target())
	}
	if got := l.Admit(Packet{From: phoneAt, SSRC: 1, Sequence: 4, Authentic: true}, 30*ms); got != Foreign || l.Target() != pooled {
		t.Errorf("a late copy: %v, target %s", got, l.Target())
	}
}

// Whatever packets come in whatever order, without NAT no third host is ever heard or sent to, and one packet from the
// described address is enough.
func TestWithoutNATNoThirdHostIsEverHeard(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		n := networks[rapid.SampledFrom([]int{0, 1, 5}).Draw(t, "network")]
		hosts := []netip.AddrPort{strangerAt, pooled, netip.AddrPortFrom(strangerAt.Addr(), 9)}
		l, now, counts := New(n.sdp, n.signalling, nil, 0), time.Duration(0), [4]uint16{}
		for range rapid.IntRange(1, 400).Draw(t, "packets") {
			now += time.Duration(rapid.SampledFrom([]int{0, 1, 20, 20, 20, 3000}).Draw(t, "ms")) * ms
			who := rapid.IntRange(0, 3).Draw(t, "who")
			counts[who] += uint16(rapid.SampledFrom([]int{1, 1, 1, 2, 90}).Draw(t, "ahead"))
			if who == 3 {
				if l.Admit(Packet{From: n.sdp, SSRC: 1, Sequence: counts[who]}, now); l.Target() != n.sdp {
					t.Fatalf("the target is %s after a packet of the party", l.Target())
				}
				continue
			}
			if v := l.Admit(Packet{From: hosts[who], SSRC: uint32(7 + who), Sequence: counts[who]}, now); v != Foreign || l.Target() != n.sdp {
				t.Fatalf("%s is heard (%v), the target is %s", hosts[who], v, l.Target())
			}
		}
	})
}

// A NAT that rebinds in mid-call is followed at once, wherever the party was latched, also when some packets are lost
// meanwhile; whoever does not know the stream's numbers is not.
func TestARebindIsFollowedFromEveryNetwork(t *testing.T) {
	for _, n := range networks {
		for _, lost := range []uint16{0, 1, 20, 49} {
			l, now, i := New(n.sdp, n.signalling, nil, 0), time.Duration(0), uint16(65000) // the numbers wrap
			send := func(from netip.AddrPort, ssrc uint32) Verdict {
				i, now = i+1, now+20*ms
				return l.Admit(Packet{From: from, SSRC: ssrc, Sequence: i}, now)
			}
			for range 700 {
				send(n.from, 1)
			}
			if l.Target() != n.from {
				t.Fatalf("%s: the target is %s", n.name, l.Target())
			}
			moved := netip.MustParseAddrPort("192.0.2.200:5555")
			for range 200 {
				if v := send(strangerAt, 2); v != Foreign || l.Target() != n.from {
					t.Fatalf("%s: a stranger with other numbers: %v, target %s", n.name, v, l.Target())
				}
				i--
			}
			i += lost
			if v := send(moved, 1); v != Ours || l.Target() != moved {
				t.Errorf("%s, %d lost: %v, target %s", n.name, lost, v, l.Target())
			}
			if v := send(moved, 1); v != Ours {
				t.Errorf("%s: the second packet: %v", n.name, v)
			}
		}
	}
}
