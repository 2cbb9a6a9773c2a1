package snmp

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"
)

// The reports of RFC 3414 section 3.2 that lead a sender to the right engine and its time.
const (
	oidNotInTimeWindows = "1.3.6.1.6.3.15.1.1.2.0" // usmStatsNotInTimeWindows.0
	oidUnknownEngineIDs = "1.3.6.1.6.3.15.1.1.4.0" // usmStatsUnknownEngineIDs.0
)

// response is the answer to an inform, which says that it was taken. A response that cannot carry the variables that came goes
// without them: whoever asked knows it by its number.
func (e engine) response(p *gosnmp.SnmpPacket, now time.Time) ([]byte, error) {
	answer := *p
	answer.PDUType, answer.Error, answer.ErrorIndex = gosnmp.GetResponse, gosnmp.NoError, 0
	if p.Version == gosnmp.Version3 {
		if err := e.sign(&answer, p.MsgFlags&gosnmp.AuthPriv, now); err != nil {
			return nil, err
		}
	}
	b, err := marshal(&answer)
	if err != nil {
		answer.Variables = nil
		b, err = marshal(&answer)
	}
	return b, err
}

// report tells a sender of SNMPv3 what was wrong with its message.
func (e engine) report(p *gosnmp.SnmpPacket, oid string, count uint32, flags gosnmp.SnmpV3MsgFlags, now time.Time) ([]byte, error) {
	answer := *p
	answer.PDUType, answer.Error, answer.ErrorIndex = gosnmp.Report, gosnmp.NoError, 0
	answer.Variables = []gosnmp.SnmpPDU{{Name: oid, Type: gosnmp.Counter32, Value: count}}
	answer.ContextEngineID = e.id
	if err := e.sign(&answer, flags, now); err != nil {
		return nil, err
	}
	return marshal(&answer)
}

// sign lets an answer be one of this engine, now, encrypted with a salt of its own.
func (e engine) sign(answer *gosnmp.SnmpPacket, flags gosnmp.SnmpV3MsgFlags, now time.Time) error {
	usm, ok := answer.SecurityParameters.Copy().(*gosnmp.UsmSecurityParameters)
	if !ok {
		return fmt.Errorf("the message is of security model %d, and only that of users (3) is known", answer.SecurityModel)
	}
	if flags == gosnmp.NoAuthNoPriv {
		usm.AuthenticationProtocol, usm.PrivacyProtocol, usm.AuthenticationParameters, usm.PrivacyParameters = gosnmp.NoAuth, gosnmp.NoPriv, "", nil
	}
	if usm.AuthoritativeEngineID != e.id {
		usm.AuthoritativeEngineID, usm.SecretKey, usm.PrivacyKey = e.id, nil, nil
	}
	usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = e.boots(), e.time(now)
	if flags&gosnmp.AuthPriv == gosnmp.AuthPriv {
		usm.PrivacyParameters = make([]byte, 8)
		_, _ = rand.Read(usm.PrivacyParameters) // never fails
	}
	answer.MsgFlags, answer.SecurityParameters = flags, usm
	return nil
}

// marshal writes a packet by gosnmp, which tells some faults by a panic.
func marshal(p *gosnmp.SnmpPacket) (b []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the answer cannot be written: %v", r)
		}
	}()
	return p.MarshalMsg()
}

// How many informs are remembered, and for how long: a sender whose answer was lost asks again.
const (
	informsMost = 4096
	informsTime = 5 * time.Minute
)

// informs knows those that wait to be taken and those that were. Safe for concurrent use.
type informs struct {
	mu   sync.Mutex
	list map[[32]byte]*inform
	ring [][32]byte // oldest first
}

// inform is one that came.
type inform struct {
	at    time.Time
	taken bool
}

// keyOf names an inform: who sent it, by which number, and what it says.
func keyOf(from netip.AddrPort, request uint32, t Trap) [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%v %d %v", from, request, t))
}

// begin notes an inform that came. known: it came before; taken: and was taken.
func (i *informs) begin(key [32]byte, now time.Time) (known, taken bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if one := i.list[key]; one != nil && now.Sub(one.at) < informsTime {
		return true, one.taken
	}
	if i.list == nil {
		i.list = map[[32]byte]*inform{}
	}
	if i.list[key] == nil {
		if len(i.ring) >= informsMost {
			delete(i.list, i.ring[0])
			i.ring = i.ring[1:]
		}
		i.ring = append(i.ring, key)
	}
	i.list[key] = &inform{at: now}
	return false, false
}

// end notes what became of it. One that was not taken is new when it comes again.
func (i *informs) end(key [32]byte, taken bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	one := i.list[key]
	switch {
	case one == nil:
	case taken:
		one.taken = true
	default:
		one.at = time.Time{}
	}
}
