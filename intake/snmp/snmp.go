// Package snmp takes SNMP traps and informs (versions 1, 2c and 3) and makes alerts of them. A table (events.yaml) says which
// notification opens a problem and which ends it; owners add rows to it.
//
// A source is known by its address and its community or user. An inform is answered once its alerts stand in a ticket or in the
// store. Package app opens the listener; package intake/format and command `hotline alerts try` read single messages.
//
// Goroutines: one for each socket, and those of the queue; Run waits for all of them.
package snmp

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosnmp/gosnmp"

	"hotline/intake"
	"hotline/intake/listener"
	"hotline/sip/ratelimit"
)

// Source is who may send: by community (versions 1 and 2c), or by user (version 3).
type Source struct {
	Origin    intake.Origin // without Source
	Networks  listener.Networks
	Community string // empty: none
	User      User   // without a name: none
}

// Config is what a listener needs. Everything but Listen is required.
type Config struct {
	Listen  []netip.AddrPort
	Sources []Source
	Reader  *Reader
	Taker   listener.Taker
	Counts  *listener.Counts
	Name    string // the same at each start of one installation of this program, and of no other one
	Now     func() time.Time
	Log     *slog.Logger
}

// SourceName is how alerts of this listener are called among those of an installation.
const SourceName = "snmp"

// How much one source may send, and how much is looked at under one address. Addresses can be forged: whoever forges one takes
// nothing from its real owner until more comes than the second limit.
var (
	ofSource  = ratelimit.Rate{PerSecond: 200, Burst: 2000}
	ofAddress = ratelimit.Rate{PerSecond: 2000, Burst: 5000}
)

// Listener takes notifications. Run it.
type Listener struct {
	cfg     Config
	queue   *listener.Queue
	sockets listener.Sockets
	sources []source
	engine  engine
	rates   *ratelimit.Sources
	informs informs
	reports atomic.Uint32

	mu     sync.Mutex // of copies
	copies copies
}

// source is a Source that is ready to be asked.
type source struct {
	Source
	reader *gosnmp.GoSNMP        // of its user; nil: it has none
	level  gosnmp.SnmpV3MsgFlags // the least that its user's messages must have
	queue  *listener.SourceQueue
}

// Open opens the sockets. Close them by running the listener with a context that has ended.
func Open(ctx context.Context, c Config) (*Listener, error) {
	var origins []intake.Origin
	for _, s := range c.Sources {
		origins = append(origins, s.Origin)
	}
	l := &Listener{
		cfg: c, queue: listener.NewQueue(listener.Config{Source: SourceName, Rate: ofSource, Taker: c.Taker, Counts: c.Counts, Log: c.Log}, origins),
		engine: newEngine(c.Name, c.Now()), rates: ratelimit.NewSources(),
	}
	for i, s := range c.Sources {
		ready := source{Source: s, queue: l.queue.Source(i)}
		if s.User.Name != "" {
			var err error
			if ready.reader, ready.level, err = s.User.reader(); err != nil {
				return nil, err
			}
		}
		l.sources = append(l.sources, ready)
	}
	var err error
	if l.sockets, err = listener.ListenAll(ctx, c.Listen); err != nil {
		return nil, fmt.Errorf("taking SNMP: %w", err)
	}
	return l, nil
}

// Addresses is where it listens.
func (l *Listener) Addresses() []netip.AddrPort { return l.sockets.Addresses() }

// Run takes notifications until ctx ends, and then hands in those that wait.
func (l *Listener) Run(ctx context.Context) {
	var readers sync.WaitGroup
	for _, d := range l.sockets {
		readers.Go(func() {
			d.Receive(l.cfg.Counts, func(message []byte, from netip.AddrPort) { l.take(d, message, from) })
		})
	}
	stop := context.AfterFunc(ctx, func() { _ = l.sockets.Close() })
	defer stop()
	l.queue.Run(ctx)
	readers.Wait()
}

// take takes one message.
func (l *Listener) take(d *listener.Datagrams, message []byte, from netip.AddrPort) {
	now := l.cfg.Now()
	known := l.from(from.Addr())
	switch {
	case len(known) == 0:
		l.cfg.Counts.Unknown(listener.Stranger, from.Addr(), "", "name its address under alerts.snmp.sources, or have it send elsewhere")
		return
	case !l.rates.Take(from.Addr(), now, ofAddress):
		l.cfg.Counts.Add(listener.Rate, 1)
		return
	case len(message) > messageMost:
		l.cfg.Counts.Add(listener.Malformed, 1)
		return
	}
	s, p, err := l.proven(message, known)
	if err != nil {
		l.refuse(from.Addr(), err)
		return
	}
	if p.Version == gosnmp.Version3 && !l.timely(d, p, s, from, now) {
		return
	}
	t, err := trapOf(p, from.Addr())
	if err != nil {
		l.refuse(from.Addr(), err)
		return
	}
	if !s.queue.Within(now) {
		l.cfg.Counts.Add(listener.Rate, 1)
		s.queue.Missed(1)
		return
	}
	alerts := l.cfg.Reader.Alerts(t)
	if p.PDUType == gosnmp.InformRequest {
		l.inform(s, keyOf(from, p.RequestID, t), alerts, now, func() { l.answer(d, p, from) })
		return
	}
	if s.queue.Offer(alerts, nil) {
		l.cfg.Counts.Add(listener.Alerts, 1)
	}
}

// from are the sources that may send from an address.
func (l *Listener) from(a netip.Addr) (list []source) {
	for _, s := range l.sources {
		if s.Networks.Has(a) {
			list = append(list, s)
		}
	}
	return list
}

// errProof is a message that does not prove to be of a source of its address.
var errProof = errors.New("the community or the user is not that of a source at this address, or its password is wrong")

// proven reads a message and finds whose it is.
func (l *Listener) proven(message []byte, known []source) (source, *gosnmp.SnmpPacket, error) {
	if version, ok := versionOf(message); ok && version == gosnmp.Version3 {
		var last error
		for _, s := range known {
			if s.reader == nil {
				continue
			}
			p, err := decode(s.reader, message)
			if err == nil && (probes(p) || p.MsgFlags&gosnmp.AuthPriv&s.level == s.level) {
				return s, p, nil
			}
			last = err
		}
		return source{}, nil, errors.Join(errProof, last)
	}
	if !slices.ContainsFunc(known, func(s source) bool { return s.Community != "" }) {
		return source{}, nil, errProof // also of what cannot be read: a stranger costs no more than this
	}
	p, err := decode(&gosnmp.GoSNMP{}, message)
	if err != nil {
		return source{}, nil, err
	}
	for _, s := range known {
		if s.Community != "" && subtle.ConstantTimeCompare([]byte(s.Community), []byte(p.Community)) == 1 {
			return s, p, nil
		}
	}
	return source{}, nil, errProof
}

// refuse counts a message that is not taken.
func (l *Listener) refuse(from netip.Addr, err error) {
	if errors.Is(err, errProof) {
		l.cfg.Counts.Unknown(listener.Refused, from, "", err.Error())
		return
	}
	l.cfg.Counts.Unknown(listener.Malformed, from, "", err.Error())
}

// versionOf is a message's version: a sequence, and in it an integer of one octet.
func versionOf(message []byte) (gosnmp.SnmpVersion, bool) {
	if len(message) < 2 || message[0] != byte(gosnmp.Sequence) {
		return 0, false
	}
	rest := message[2:]
	if long := message[1]; long&0x80 != 0 {
		if n := int(long & 0x7f); n < len(rest) {
			rest = rest[n:]
		}
	}
	if len(rest) < 3 || rest[0] != byte(gosnmp.Integer) || rest[1] != 1 {
		return 0, false
	}
	return gosnmp.SnmpVersion(rest[2]), true
}

// probes tells whether a message asks for this program's engine, so that an inform can be sent to it (RFC 3414 section 4).
func probes(p *gosnmp.SnmpPacket) bool {
	usm, ok := p.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	return ok && p.Version == gosnmp.Version3 && p.PDUType == gosnmp.GetRequest && usm.AuthoritativeEngineID == "" && p.MsgFlags&gosnmp.AuthPriv == gosnmp.NoAuthNoPriv
}

// timely tells whether a message of version 3 is taken. A probe is not, nor a message for another engine or another time, nor a
// copy of an earlier one. Those that ask for an engine or are out of time get a report.
func (l *Listener) timely(d *listener.Datagrams, p *gosnmp.SnmpPacket, s source, from netip.AddrPort, now time.Time) bool {
	usm, ok := p.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if !ok {
		l.cfg.Counts.Add(listener.Malformed, 1)
		return false
	}
	switch {
	case probes(p), p.PDUType == gosnmp.InformRequest && usm.AuthoritativeEngineID != l.engine.id:
		l.report(d, p, from, oidUnknownEngineIDs, gosnmp.NoAuthNoPriv, now)
		return false
	case p.PDUType == gosnmp.InformRequest && s.level != gosnmp.NoAuthNoPriv && !l.engine.timely(usm, now):
		l.report(d, p, from, oidNotInTimeWindows, gosnmp.AuthNoPriv, now)
		return false
	case p.PDUType == gosnmp.SNMPv2Trap && s.level != gosnmp.NoAuthNoPriv:
		l.mu.Lock()
		first := l.copies.first(usm.AuthenticationParameters)
		l.mu.Unlock()
		if !first {
			l.cfg.Counts.Add(listener.Replayed, 1)
		}
		return first
	}
	return true
}

func (l *Listener) report(d *listener.Datagrams, p *gosnmp.SnmpPacket, from netip.AddrPort, oid string, flags gosnmp.SnmpV3MsgFlags, now time.Time) {
	b, err := l.engine.report(p, oid, l.reports.Add(1), flags, now)
	if err == nil {
		err = d.Write(b, from)
	}
	if err != nil {
		l.cfg.Log.Debug("SNMP: a report could not be sent", "to", from, "error", err)
	}
}

// answer tells whoever sent an inform that it was taken.
func (l *Listener) answer(d *listener.Datagrams, p *gosnmp.SnmpPacket, from netip.AddrPort) {
	b, err := l.engine.response(p, l.cfg.Now())
	if err == nil {
		err = d.Write(b, from)
	}
	if err != nil {
		l.cfg.Log.Warn("SNMP: an inform was taken and could not be answered; it comes again", "from", from, "error", err)
	}
}

// inform takes an inform, and answers it when it was taken. One that comes again because the answer was lost is answered again.
func (l *Listener) inform(s source, key [32]byte, alerts []intake.Alert, now time.Time, answer func()) {
	if known, taken := l.informs.begin(key, now); known {
		l.cfg.Counts.Add(listener.Repeated, 1)
		if taken {
			answer()
		}
		return
	}
	offered := s.queue.Offer(alerts, func(taken bool) {
		l.informs.end(key, taken)
		if taken {
			answer()
		}
	})
	if !offered {
		l.informs.end(key, false)
		return
	}
	l.cfg.Counts.Add(listener.Alerts, 1)
}
