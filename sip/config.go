package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"hotline/sip/capture"
	"hotline/sip/digest"
	"hotline/sip/header"
	"hotline/sip/resolver"
	"hotline/sip/transport"
	"hotline/sip/trunk"
)

// The settings of the inner packages, under the names that those who use this package know.
type (
	// Trunk is one carrier, PBX or gateway.
	Trunk = trunk.Config
	// Dialled is where a trunk's INVITE says which number was dialled.
	Dialled = trunk.Dialled
	// FromUser is what the user part of our From is.
	FromUser = trunk.FromUser
	// TrunkStatus is how one trunk fares, for people.
	TrunkStatus = trunk.Status
	// TrunkTrouble is what is wrong with one.
	TrunkTrouble = trunk.Trouble
	// OnBehalf is the caller for whom somebody is called.
	OnBehalf = trunk.OnBehalf
	// Account is what one side proves itself with.
	Account = digest.Account
	// Accounts are those of our own telephones.
	Accounts = digest.Accounts
	// Party is one end of a call as headers name it.
	Party = header.Party
	// Resolver looks names up; *net.Resolver is one.
	Resolver = resolver.DNS
	// TLS is how we prove ourselves on TLS and whom we believe.
	TLS = transport.TLS
	// Wire makes the sockets.
	Wire = transport.Wire
)

// What a trunk's settings may say, and how it may fare; see package trunk.
const (
	DialledAuto        = trunk.DialledAuto
	DialledRequest     = trunk.DialledRequest
	DialledTo          = trunk.DialledTo
	DialledCalledParty = trunk.DialledCalledParty
	FromAccount        = trunk.FromAccount
	FromNumber         = trunk.FromNumber
	TrunkUnknown       = trunk.Unknown
	TrunkRegistered    = trunk.Registered
	TrunkReachable     = trunk.Reachable
	TrunkFailing       = trunk.Failing
	TrunkRefused       = trunk.Refused
	TrunkSilent        = trunk.Silent
)

// Config says how an [Agent] listens and whom it serves. [New] copies it.
type Config struct {
	// Listen holds the addresses, each served on UDP and TCP. Port 0 takes a free port, the same one for both.
	Listen []netip.AddrPort
	// Public, when valid, is the address written into Via and Contact towards everybody but loopback (a line behind a
	// one-to-one NAT).
	Public netip.Addr
	// Trunks are the carriers.
	Trunks []Trunk
	// Secure holds the addresses served by TLS; it needs TLS.
	Secure []netip.AddrPort
	// TLS is what our certificate is and whom we believe; nil where TLS is not spoken.
	TLS *TLS
	// Phones are the networks of our own telephones.
	Phones []netip.Prefix
	// Accounts are what our own telephones outside of Phones prove themselves with. Where there are any, an INVITE of a
	// stranger is challenged; else it gets 403.
	Accounts Accounts
	// AcceptAnyone takes INVITEs from everywhere; else only from trunks, phones, accounts and loopback.
	AcceptAnyone bool
	// DistrustLoopback makes the machine's own addresses strangers like others, where somebody else runs programs on it.
	DistrustLoopback bool
	// MaxCalls limits the calls alive at once, both directions; above it INVITEs get 503 with Retry-After. Strangers may hold
	// half of them, and each of their sources 8. With 0 only that last limit holds.
	MaxCalls int
	// SessionExpires is the session interval that calls of ours ask for (RFC 4028); zero means 30 min.
	SessionExpires time.Duration
	// Overloaded tells that one more call, of a stranger or of somebody known, would harm those that are alive; nil means
	// never.
	Overloaded func(stranger bool) bool
	// Overflow is the SIP address to which callers are sent on (302) in place of a 503 when there are too many; empty for
	// none. Whether they go there is up to the carrier.
	Overflow string
	// DNS looks names up; nil means the system's.
	DNS Resolver
	// Captures hear every message that came or went, without the keys that callers press.
	Captures capture.List
	// Wire replaces the sockets in tests; nil means sockets.
	Wire Wire
	// Timers are the protocol's times; zero fields mean the RFC's values.
	Timers Timers
	// UserAgent is what Server and User-Agent say; empty means hotline.
	UserAgent string
	// Log receives stable lines without payloads; nil means silence.
	Log *slog.Logger
	// Handle is called once for each call, each in a goroutine of its own. Its context is in.Context. When it returns, a call
	// without a final answer gets 480 and an answered one a BYE; a panic in it gets 500 or a BYE.
	Handle func(ctx context.Context, in *Invite)
}

// Timers are the protocol's times. They set this package's own timers; those of a single transaction are always the RFC's.
type Timers struct {
	// T1 is the round trip estimate; zero means 500 ms (RFC 3261 17.1.1.1).
	T1 time.Duration
	// T2 is the longest pause between retransmissions; zero means 4 s (RFC 3261 17.1.2.2).
	T2 time.Duration
	// Dead is how long a dialled phone may stay without any response; zero means 4 s.
	Dead time.Duration
	// First is how long a connection may stay without a first message; zero means 10 s.
	First time.Duration
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
	set(&t.First, 10*time.Second)
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
	if len(c.Secure) > 0 && c.TLS == nil {
		return fmt.Errorf("sip: %s is to be served by TLS, but there is no certificate", c.Secure[0])
	}
	for _, t := range c.Trunks {
		if err := t.Check(); err != nil {
			return err
		}
	}
	return nil
}
