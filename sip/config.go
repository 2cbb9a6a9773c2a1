package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"
)

// Config says how an [Agent] listens and whom it serves. It is copied by [New].
type Config struct {
	// Listen holds the addresses, each served on UDP and TCP. Port 0 takes a free
	// port, the same one for both.
	Listen []netip.AddrPort
	// Public, when valid, is the address written into Via and Contact towards
	// everybody but loopback (a line behind a one-to-one NAT).
	Public netip.Addr
	// Trunks are the carriers.
	Trunks []Trunk
	// Phones are the networks of our own telephones.
	Phones []netip.Prefix
	// AcceptAnyone takes INVITEs from everywhere; else only from trunks, phones
	// and loopback, and others get 403.
	AcceptAnyone bool
	// MaxCalls limits the calls alive at once, both directions; above it INVITEs
	// get 503 with Retry-After. 0 means no limit.
	MaxCalls int
	// Wire replaces the sockets in tests; nil means sockets.
	Wire Wire
	// Timers are the protocol's times; zero fields mean the RFC's values.
	Timers Timers
	// UserAgent is what Server and User-Agent say; empty means hotline.
	UserAgent string
	// Log receives stable lines without payloads; nil means silence.
	Log *slog.Logger
	// Handle is called once for each call, each in a goroutine of its own. Its
	// context is in.Context. When it returns, a call without a final answer gets
	// 480 and an answered one a BYE; a panic in it gets 500 or a BYE.
	Handle func(ctx context.Context, in *Invite)
}

// Trunk is one carrier.
type Trunk struct {
	// Name is how tickets and logs call it.
	Name string
	// Addresses are where its INVITEs come from. The address of Proxy, when
	// numeric, is one of them without being named.
	Addresses []netip.Prefix
	// Proxy is where calls through it are sent: sip:host:port;transport=udp|tcp.
	Proxy string
	// CallerID is the number shown by calls through it; empty keeps the caller's.
	CallerID string
}

// Timers are the protocol's times. They rule this package's own timers; those of
// a single transaction are always the RFC's.
type Timers struct {
	// T1 is the round trip estimate; zero means 500 ms (RFC 3261 17.1.1.1).
	T1 time.Duration
	// T2 is the longest pause between repeats; zero means 4 s (RFC 3261 17.1.2.2).
	T2 time.Duration
	// Dead is how long a dialled phone may stay without any response; zero means 4 s.
	Dead time.Duration
	// Idle is how long a TCP connection without any octet lives; zero means 10 min.
	Idle time.Duration
	// Half is how long a begun message may stay incomplete on TCP; zero means 10 s.
	Half time.Duration
}

func (t Timers) orRFC() Timers {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&t.T1, 500*time.Millisecond)
	set(&t.T2, 4*time.Second)
	set(&t.Dead, 4*time.Second)
	set(&t.Idle, 10*time.Minute)
	set(&t.Half, 10*time.Second)
	return t
}

// giveUp is 64*T1: timers B, F and H of RFC 3261, 32 s by default.
func (t Timers) giveUp() time.Duration { return 64 * t.T1 }

// check complains about what cannot work.
func (c Config) check() error {
	if len(c.Listen) == 0 {
		return fmt.Errorf("sip: no address to listen on")
	}
	for _, t := range c.Trunks {
		if t.Proxy == "" {
			continue
		}
		if _, err := parseURI(t.Proxy); err != nil {
			return fmt.Errorf("sip: proxy of trunk %q: %w", t.Name, err)
		}
	}
	return nil
}

// trunkOf names the trunk that an address belongs to.
func (c Config) trunkOf(from netip.Addr) (Trunk, bool) {
	for _, t := range c.Trunks {
		for _, p := range t.Addresses {
			if p.Contains(from) {
				return t, true
			}
		}
		if u, err := parseURI(t.Proxy); err == nil {
			if ip, err := netip.ParseAddr(u.Host); err == nil && ip.Unmap() == from {
				return t, true
			}
		}
	}
	return Trunk{}, false
}

// trusts tells whether INVITEs from an address are taken.
func (c Config) trusts(from netip.Addr) bool {
	if c.AcceptAnyone || from.IsLoopback() {
		return true
	}
	for _, p := range c.Phones {
		if p.Contains(from) {
			return true
		}
	}
	_, ok := c.trunkOf(from)
	return ok
}
