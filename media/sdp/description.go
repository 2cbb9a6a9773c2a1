package sdp

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"hotline/media/g711"
	"hotline/media/rtp"
)

// ErrMalformed is the error of a description that cannot be read.
var ErrMalformed = errors.New("session description cannot be read")

// The limits of what is read.
const (
	maxText     = 16 << 10 // octets of a description
	maxLines    = 1000
	maxSections = 64 // m= lines of a description
	maxCryptos  = 8  // keys of one of them
)

// Direction is which way sound may run, seen from whoever wrote the description (RFC 4566 section 6).
type Direction byte

// The directions.
const (
	SendRecv Direction = iota
	SendOnly
	RecvOnly
	Inactive
)

var directions = [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}

func (d Direction) String() string { return directions[d] }

// mirrored is the direction that answers d (RFC 3264 section 6.1).
func (d Direction) mirrored() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	}
	return d
}

// Description is one session description. It does not change once it is read, but for the section that [Description.Agree]
// chooses.
type Description struct {
	sections []section
	audio    *section // the one that we speak in; nil when there is none
}

// section is one m= line with what belongs to it. Values of the session's level are filled in.
type section struct {
	kind, proto string // such as "audio" and "RTP/AVP"
	port        int
	formats     []string // payload types
	host        string   // of c=
	foreign     bool     // c= is of another network than the Internet, or of an unknown family
	direction   Direction
	codecs      map[string]string // rtpmap: payload type to "pcma/8000"
	mux         bool              // a=rtcp-mux (RFC 5761)
	cryptos     []Crypto          // keys that we could use, in their order
	ptime       int               // ms; 0 when not said
	maxptime    int               // ms; 0 when not said
	rtcp        int               // port of a=rtcp (RFC 3605); 0 when not said
}

// Read reads a description. It takes CRLF or LF, a last line without an end, and attributes in any order, and steps over
// unknown lines and other media. It refuses more than 16 KiB, 1000 lines or 64 media, and a description without a medium.
func Read(text []byte) (*Description, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("reading a session description of %d octets, more than %d: %w", len(text), maxText, ErrMalformed)
	}
	d, common, here := &Description{}, section{}, (*section)(nil)
	for n, line := range strings.Split(string(text), "\n") {
		if n >= maxLines {
			return nil, fmt.Errorf("reading a session description of more than %d lines: %w", maxLines, ErrMalformed)
		}
		kind, value, found := strings.Cut(strings.TrimSpace(line), "=")
		if !found {
			continue
		}
		if kind == "m" {
			if len(d.sections) == maxSections {
				return nil, fmt.Errorf("reading a session description of more than %d media: %w", maxSections, ErrMalformed)
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
		return nil, fmt.Errorf("reading a session description: no media line: %w", ErrMalformed)
	}
	for i := range d.sections {
		if s := &d.sections[i]; d.audio == nil && s.usable() {
			d.audio = s
		}
	}
	return d, nil
}

// newSection reads "audio 49170 RTP/AVP 8 0 101". A malformed line becomes a section that nobody can speak in, so that a bad
// line of video does not cost the call.
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
				s.direction = Direction(i)
			}
		}
	}
}

// milliseconds reads a whole number of them; 0 when it is not a length that a packet could have.
func milliseconds(value string) int {
	if n, err := strconv.Atoi(value); err == nil && n > 0 && n <= 1000 {
		return n
	}
	return 0
}

// usable tells whether the section is G.711 over RTP, plain or with a key that we can use.
func (s *section) usable() bool {
	plain := s.proto == "RTP/AVP" || s.proto == "RTP/AVPF"
	return s.kind == "audio" && s.port != 0 && (plain || s.secure()) && len(s.g711()) > 0
}

// secure tells whether the section is encrypted by keys in the description.
func (s *section) secure() bool {
	return (s.proto == "RTP/SAVP" || s.proto == "RTP/SAVPF") && len(s.cryptos) > 0
}

// codec is the name of a payload type: its rtpmap, else what RFC 3551 table 4 gives.
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

// g711 lists the codecs of G.711 at their static payload types, in the order of the section.
func (s *section) g711() []g711.Codec {
	var list []g711.Codec
	for _, f := range s.formats {
		switch {
		case f == "8" && s.codec(f) == "pcma/8000":
			list = append(list, g711.ALaw)
		case f == "0" && s.codec(f) == "pcmu/8000":
			list = append(list, g711.MuLaw)
		}
	}
	return list
}

// events is the payload type of telephone-event at 8 kHz; 0 when there is none (RFC 4733 section 2.4.1).
func (s *section) events() uint8 {
	for _, f := range s.formats {
		if s.codec(f) == "telephone-event/8000" {
			if n, err := strconv.Atoi(f); err == nil && n >= rtp.FirstDynamic && n < 128 {
				return uint8(n)
			}
		}
	}
	return 0
}

// others are the dynamic payload types that the section gives to other codecs than telephone-event, one bit for each from 96
// on.
func (s *section) others() uint32 {
	var bits uint32
	for format, codec := range s.codecs {
		n, err := strconv.Atoi(format)
		if err == nil && n >= rtp.FirstDynamic && n < 128 && !strings.HasPrefix(codec, "telephone-event/") {
			bits |= 1 << (n - rtp.FirstDynamic)
		}
	}
	return bits
}
