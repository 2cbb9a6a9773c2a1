// Package load is very many telephones at once, as cheap as telephones can be: what a line carries is measured with it.
//
// A [Crowd] dials one SIP address again and again over one signalling socket and one RTP socket per call. All is done
// without blocking and with the kernel's receive timestamps (SO_TIMESTAMPNS), so that its own waiting blurs no figure.
// One goroutine, the caller of [Crowd.Run], turns a wheel of four 5 ms slots; there is none and no timer per call. It
// speaks what a load needs of SIP (INVITE, ACK, BYE over UDP, repeats by RFC 3261 timers A and E). It judges what comes
// back: set-up times, the far end's pacing, gaps, losses, and how fast it reacts to keys.
package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

const (
	slots   = 4
	quarter = 5 * time.Millisecond
	frame   = 20 * time.Millisecond
)

// Config says whom the crowd calls.
type Config struct {
	Server netip.AddrPort // where INVITEs go, UDP
	Local  netip.Addr     // our address; the loopback or unspecified one of the server's family when not set
	Voice  []byte         // A-law, 8 kHz: what everybody says, again and again; a vowel that comes and goes when nil
}

// Plan is what each call of a batch does.
type Plan struct {
	Number string // that is dialled, the user part
	// Keys gives the keys of the n-th call: digits, * and # are pressed for 100 ms, a comma waits a second, t waits for the
	// tone after which a caller speaks. Nil presses none.
	Keys     func(n int) string
	KeyEvery time.Duration // presses 5 again and again; 0 never
	Hold     time.Duration // hangs up so long after the answer; 0 stays until HangUp
	HangUp   bool          // hangs up as soon as it is answered, without a word
	Redial   bool          // an ended call is followed by a new one: churn
	Secure   bool          // SRTP, AES_CM_128_HMAC_SHA1_80
}

// Crowd is the callers. Used by one goroutine.
type Crowd struct {
	cfg    Config
	board  *board
	alarm  *alarm
	voice  []byte
	run    uint32 // tells one crowd's calls from another's
	epoch  time.Time
	turned int64 // quarters served

	calls   map[int]*call
	wheel   [slots][]*call
	next    int // id of the next call
	batches []*batch
	sums    sums
	hear    ear
}

// batch is calls that are being dialled at a rate.
type batch struct {
	plan   Plan
	left   int
	every  time.Duration
	due    time.Duration // instant of the next INVITE
	dialed int
}

// New opens the signalling socket.
func New(c Config) (*Crowd, error) {
	if !c.Server.IsValid() {
		return nil, errors.New("loading a line: no address to call")
	}
	if c.Voice != nil && len(c.Voice) < frameSize {
		return nil, errors.New("loading a line: a voice of less than 20 ms")
	}
	if !c.Local.IsValid() {
		c.Local = netip.IPv4Unspecified()
		switch {
		case c.Server.Addr().Is6() && c.Server.Addr().IsLoopback():
			c.Local = netip.IPv6Loopback()
		case c.Server.Addr().IsLoopback():
			c.Local = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
	}
	if c.Local.IsUnspecified() || !c.Server.Addr().Is4() {
		return nil, fmt.Errorf("loading a line: a local IPv4 address is needed to call %s from; say it with --from", c.Server)
	}
	b, err := newBoard(c.Local, c.Server)
	if err != nil {
		return nil, err
	}
	a, err := newAlarm()
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	k := &Crowd{cfg: c, board: b, alarm: a, voice: c.Voice, epoch: time.Now(), calls: map[int]*call{}, run: newRun()}
	if k.voice == nil {
		k.voice = vowel()
	}
	k.hear.init()
	k.sums.refused = map[int]int{}
	return k, nil
}

// Close closes every socket. Calls that are still up are left to the far end's time-out: HangUp ends them properly.
func (k *Crowd) Close() error {
	for _, c := range k.calls {
		c.close()
	}
	k.alarm.close()
	return k.board.close()
}

// Dial begins to dial n calls, rate a second; Run does it.
func (k *Crowd) Dial(n int, rate float64, p Plan) {
	k.batches = append(k.batches, &batch{plan: p, left: n, every: time.Duration(float64(time.Second) / rate), due: k.now()})
}

// Up is how many calls are answered and not over.
func (k *Crowd) Up() int { return k.sums.up }

// Alive is how many calls are not over, those still to be dialled included.
func (k *Crowd) Alive() int {
	n := len(k.calls)
	for _, b := range k.batches {
		n += b.left
	}
	return n
}

// HangUp says goodbye to every call at a rate a second and dials no more. Run carries it out.
func (k *Crowd) HangUp(rate float64) {
	k.batches = nil
	at := k.now()
	for _, c := range k.calls {
		c.plan.Redial = false
		c.until = at
		at += time.Duration(float64(time.Second) / rate)
	}
}

// Refused is how many calls were refused since Measure.
func (k *Crowd) Refused() int {
	n := 0
	for _, m := range k.sums.refused {
		n += m
	}
	return n
}
