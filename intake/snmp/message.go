package snmp

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gosnmp/gosnmp"
)

// Bounds of what comes from outside.
const (
	messageMost  = 16 << 10 // octets of a datagram
	varbindsMost = 200      // of a notification
	valueMost    = 1000     // octets of a value that are shown
)

// The OIDs of RFC 3418 and RFC 3584 that say what a notification is.
const (
	oidTrap        = "1.3.6.1.6.3.1.1.4.1.0" // snmpTrapOID.0
	oidTrapAddress = "1.3.6.1.6.3.18.1.3.0"  // snmpTrapAddress.0: who spoke first, where a proxy hands it on
	oidCommunity   = "1.3.6.1.6.3.18.1.4.0"  // snmpTrapCommunity.0
	oidGeneric     = "1.3.6.1.6.3.1.1.5"     // the six traps of version 1, each plus one
	enterpriseOwn  = 6                       // enterpriseSpecific (RFC 1157 section 4.1.6)
)

var (
	errNotification = errors.New("this is neither a trap nor an inform")
	errNoTrapOID    = errors.New("it does not say what happened: snmpTrapOID.0 is missing (RFC 3416 section 4.2.6)")
)

// decode reads a message by gosnmp, which tells faults by an error, and some by a panic.
func decode(by *gosnmp.GoSNMP, message []byte) (p *gosnmp.SnmpPacket, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("the message cannot be read: %v", r)
		}
	}()
	own := append([]byte(nil), message...) // it blanks and decrypts in place
	p, err = by.UnmarshalTrap(own, true)
	if err == nil && p == nil {
		err = errNotification
	}
	return p, err
}

// trapOf is the notification of a packet. from is who sent it; not valid: nobody knows.
func trapOf(p *gosnmp.SnmpPacket, from netip.Addr) (Trap, error) {
	t := Trap{Device: from}
	switch p.PDUType {
	case gosnmp.Trap:
		t.OID = trapOfVersion1(p)
		if a, err := netip.ParseAddr(p.AgentAddress); err == nil && !a.IsUnspecified() {
			t.Device = a
		}
	case gosnmp.SNMPv2Trap, gosnmp.InformRequest:
	default:
		return t, errNotification
	}
	for i, v := range p.Variables {
		if i == varbindsMost {
			break
		}
		oid, value := strings.TrimPrefix(v.Name, "."), valueOf(v)
		switch oid {
		case oidTrap:
			t.OID = value
			continue
		case oidTrapAddress:
			if a, err := netip.ParseAddr(value); err == nil && !a.IsUnspecified() {
				t.Device = a
			}
		case oidCommunity: // a secret
			continue
		}
		t.Varbinds = append(t.Varbinds, Varbind{oid, value})
	}
	if t.OID == "" {
		return t, errNoTrapOID
	}
	t.Device = t.Device.Unmap()
	return t, nil
}

// trapOfVersion1 translates what a trap of version 1 says it is (RFC 3584 section 3.1).
func trapOfVersion1(p *gosnmp.SnmpPacket) string {
	if p.GenericTrap != enterpriseOwn {
		return fmt.Sprintf("%s.%d", oidGeneric, p.GenericTrap+1)
	}
	return fmt.Sprintf("%s.0.%d", strings.TrimPrefix(p.Enterprise, "."), p.SpecificTrap)
}

// valueOf writes a value as people do.
func valueOf(v gosnmp.SnmpPDU) string {
	switch value := v.Value.(type) {
	case nil:
		return ""
	case string:
		if v.Type == gosnmp.ObjectIdentifier || v.Type == gosnmp.IPAddress {
			return strings.TrimPrefix(value, ".")
		}
		return shown([]byte(value))
	case []byte:
		return shown(value)
	case net.IP:
		return value.String()
	case uint32:
		if v.Type == gosnmp.TimeTicks {
			return (time.Duration(value) * 10 * time.Millisecond).String()
		}
		return strconv.FormatUint(uint64(value), 10)
	}
	return fmt.Sprint(v.Value)
}

// shown is an octet string as text where it is one, else in hexadecimal digits.
func shown(b []byte) string {
	b = b[:min(len(b), valueMost)]
	text := strings.TrimRight(string(b), "\x00")
	if utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) {
		return strings.TrimSpace(text)
	}
	return hex.EncodeToString(b)
}
