package media

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hotline/media/g711"
)

// Refusals of a session description.
var (
	ErrBadSDP        = errors.New("session description cannot be read")
	ErrNoCommonCodec = errors.New("no common codec")
	ErrBadAddress    = errors.New("media address cannot be used")
)

const (
	maxSDP      = 16 << 10 // octets of a description
	maxSDPLines = 1000
	maxSections = 64 // m= lines of a description
	maxCryptos  = 8  // keys of one of them
)

// direction is which way sound may run, seen from whoever wrote the description (RFC 4566 section 6).
type direction byte

const (
	sendrecv direction = iota
	sendonly
	recvonly
	inactive
)

var directions = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

func (d direction) String() string { return directions[d] }

// mirrored is the direction that answers d (RFC 3264 section 6.1).
func (d direction) mirrored() direction {
	switch d {
	case sendonly:
		return recvonly
	case recvonly:
		return sendonly
	}
	return d
}

// description is what matters of a session description (RFC 4566).
type description struct {
	sections []section
	audio    *section // the one we speak in; nil when there is none
}

// section is one m= line with what belongs to it; session-level values are already filled in.
type section struct {
	kind, proto string
	port        int
	formats     []string
	host        string // of c=
	foreign     bool   // c= is of another network, or of a family that nobody knows
	direction   direction
	codecs      map[string]string // rtpmap: format to "pcma/8000"
	mux         bool              // a=rtcp-mux (RFC 5761)
	cryptos     []crypto          // that we could use, in their order
	ptime       int               // ms; 0 when not said
	maxptime    int
	rtcp        int // port of a=rtcp (RFC 3605); 0 when not said
}

// readSDP reads a description as leniently as telephones write them: CRLF or LF, no last line end, attributes in any
// order, unknown lines and foreign media passed over. Only what we could not speak without is an error.
func readSDP(text []byte) (*description, error) {
	if len(text) > maxSDP {
		return nil, fmt.Errorf("reading a session description of %d octets, more than %d: %w", len(text), maxSDP, ErrBadSDP)
	}
	d, common, here := &description{}, section{}, (*section)(nil)
	for n, line := range strings.Split(string(text), "\n") {
		if n >= maxSDPLines {
			return nil, fmt.Errorf("reading a session description of more than %d lines: %w", maxSDPLines, ErrBadSDP)
		}
		kind, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found {
			continue
		}
		if kind == "m" {
			if len(d.sections) == maxSections {
				return nil, fmt.Errorf("reading a session description of more than %d media: %w", maxSections, ErrBadSDP)
			}
			d.sections = append(d.sections, newSection(value, &common))
			here = &d.sections[len(d.sections)-1]
			continue
		}
		if here == nil {
			common.line(kind, value)
		} else {
			here.line(kind, value)
		}
	}
	if len(d.sections) == 0 {
		return nil, fmt.Errorf("reading a session description: no media line: %w", ErrBadSDP)
	}
	for i := range d.sections {
		if s := &d.sections[i]; d.audio == nil && s.speakable() {
			d.audio = s
		}
	}
	return d, nil
}

// newSection reads "audio 49170 RTP/AVP 8 0 101". What is malformed becomes a section that nobody can speak in, so that
// a bad line of video does not cost the call.
func newSection(value string, common *section) section {
	s := section{host: common.host, foreign: common.foreign, direction: common.direction, codecs: map[string]string{}}
	words := strings.Fields(value)
	if len(words) < 3 {
		return s
	}
	s.kind, s.proto = strings.ToLower(words[0]), strings.ToUpper(words[2])
	port, _, _ := strings.Cut(words[1], "/")
	if n, err := strconv.Atoi(port); err == nil && n > 0 && n < 1<<16 {
		s.port = n
	}
	s.formats = words[3:]
	return s
}

// line takes one line of the section, or of the session when it stands before the first medium.
func (s *section) line(kind, value string) {
	switch kind {
	case "c":
		if words := strings.Fields(value); len(words) >= 3 {
			s.host, _, _ = strings.Cut(words[2], "/")
			s.foreign = words[0] != "IN" || words[1] != "IP4" && words[1] != "IP6"
		}
	case "a":
		name, rest, _ := strings.Cut(value, ":")
		s.attribute(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(rest))
	}
}

func (s *section) attribute(name, value string) {
	switch name {
	case "rtpmap":
		format, codec, found := strings.Cut(value, " ")
		if found && s.codecs != nil {
			s.codecs[format] = strings.ToLower(strings.TrimSpace(codec))
		}
	case "rtcp-mux":
		s.mux = true
	case "crypto":
		if c, ok := readCrypto(value); ok && len(s.cryptos) < maxCryptos {
			s.cryptos = append(s.cryptos, c)
		}
	case "ptime":
		s.ptime = milliseconds(value)
	case "maxptime":
		s.maxptime = milliseconds(value)
	case "rtcp":
		port, _, _ := strings.Cut(value, " ")
		if n, err := strconv.Atoi(port); err == nil && n > 0 && n < 1<<16 {
			s.rtcp = n
		}
	default:
		for i, d := range directions {
			if name == d {
				s.direction = direction(i)
			}
		}
	}
}

// milliseconds reads a whole number of them; 0 when it is none that a packet could have.
func milliseconds(value string) int {
	if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= 1000 {
		return n
	}
	return 0
}

// speakable tells whether the section is sound in a codec of G.711 over RTP, plain or with a key that we can use.
func (s *section) speakable() bool {
	plain := s.proto == "RTP/AVP" || s.proto == "RTP/AVPF"
	return s.kind == "audio" && s.port != 0 && (plain || s.secure()) && len(s.supported()) > 0
}

// secure tells whether the section is encrypted with keys in the description.
func (s *section) secure() bool {
	return (s.proto == "RTP/SAVP" || s.proto == "RTP/SAVPF") && len(s.cryptos) > 0
}

// choose takes the section that we speak in: the first that we can, an encrypted one before others where that is
// preferred. It is false when there is none.
func (d *description) choose(e Encryption) bool {
	d.audio = nil
	for i := range d.sections {
		s := &d.sections[i]
		if s.speakable() && (d.audio == nil || e != Plain && s.secure() && !d.audio.secure()) {
			d.audio = s
		}
	}
	return d.audio != nil && (e != Required || d.audio.secure())
}

// codec is the name of a format: its rtpmap, else what RFC 3551 table 4 gives.
func (s *section) codec(format string) string {
	if c := s.codecs[format]; c != "" {
		return strings.TrimSuffix(c, "/1")
	}
	switch format {
	case "0":
		return "pcmu/8000"
	case "8":
		return "pcma/8000"
	}
	return ""
}

// codecs are the section's codecs of G.711 at their static payload types, in its order.
func (s *section) supported() []g711.Codec {
	var out []g711.Codec
	for _, f := range s.formats {
		switch {
		case f == "8" && s.codec(f) == "pcma/8000":
			out = append(out, g711.ALaw)
		case f == "0" && s.codec(f) == "pcmu/8000":
			out = append(out, g711.MuLaw)
		}
	}
	return out
}

// events is the payload type of telephone-event at 8 kHz; 0 when there is none (RFC 4733 section 2.4.1).
func (s *section) events() uint8 {
	for _, f := range s.formats {
		if s.codec(f) == "telephone-event/8000" {
			if n, err := strconv.Atoi(f); err == nil && n >= 96 && n < 128 {
				return uint8(n)
			}
		}
	}
	return 0
}

// others are the dynamic payload types, a bit each from 96 on, that the section gives to codecs that are no telephone-event of
// any clock.
func (s *section) others() uint32 {
	var bits uint32
	for format, codec := range s.codecs {
		n, err := strconv.Atoi(format)
		if err == nil && n >= dynamic && n < 128 && !strings.HasPrefix(codec, "telephone-event/") {
			bits |= 1 << (n - dynamic)
		}
	}
	return bits
}

// address is where the section wants its sound; held is the old way of saying hold, c=0.0.0.0 (RFC 3264 section 8.4).
// A host name, which RFC 4566 allows, is not looked up: the source of the signalling stands in until sound has come.
func (s *section) address(peer Peer) (at netip.AddrPort, held bool, err error) {
	ip, err := netip.ParseAddr(s.host)
	switch {
	case s.host == "":
		return netip.AddrPort{}, false, fmt.Errorf("reading a session description: no c= line: %w", ErrBadSDP)
	case s.foreign:
		return netip.AddrPort{}, false, fmt.Errorf("taking %q as the address of sound: neither IN IP4 nor IN IP6: %w", s.host, ErrBadAddress)
	case err != nil:
		ip = peer.Remote
	}
	ip = ip.Unmap().WithZone("")
	if ip.IsUnspecified() {
		return netip.AddrPortFrom(ip, uint16(s.port)), true, nil
	}
	if !reachable(ip, peer.Remote.Unmap()) {
		return netip.AddrPort{}, false, fmt.Errorf("taking %s as the address of sound: %w", ip, ErrBadAddress)
	}
	return netip.AddrPortFrom(ip, uint16(s.port)), false, nil
}

// reachable tells whether a party that signals from there may have its sound at ip: no multicast, no broadcast, and
// loopback and link-local only from there.
func reachable(ip, signalling netip.Addr) bool {
	switch {
	case ip.IsMulticast(), ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return false
	case ip.IsLoopback():
		return signalling.IsLoopback()
	case ip.IsLinkLocalUnicast():
		return signalling.IsLinkLocalUnicast()
	}
	return true
}
