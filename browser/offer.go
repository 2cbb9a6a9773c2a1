package browser

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrOffer is the error of a description that is no offer of a call.
var ErrOffer = errors.New("this is no offer of a call")

// Bounds of an offer. One of a browser's has some 3 KB and 80 lines.
const (
	offerMost = 16 << 10 // octets
	linesMost = 400
	aLawType  = 8 // payload type of PCMA (RFC 3551 section 6)
)

// offer is all that is taken from a browser's description (RFC 8829): one stream of sound both ways. Everything else, the addresses
// of its candidates above all, is passed over.
type offer struct {
	mid            string // name of the stream in the bundle
	ufrag          string // RFC 8839 section 5.4
	password       string
	fingerprint    string // of the certificate, by SHA-256 (RFC 8122 section 5)
	ssrc           uint32 // of the sound; 0: not told
	events         uint8  // payload type of telephone-events; 0: none
	mux, aLaw      bool
	active, oneWay bool
}

// readOffer reads a description. The error is ErrOffer with what is wrong.
func readOffer(text string) (o offer, err error) {
	if len(text) > offerMost {
		return o, refused("it has more than %d octets", offerMost)
	}
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	if len(lines) > linesMost {
		return o, refused("it has more than %d lines", linesMost)
	}
	streams := 0
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		kind, value, ok := strings.Cut(line, "=")
		if !ok || len(kind) != 1 || !printable(value) {
			return o, refused("line %d is none of a description", i+1)
		}
		switch kind {
		case "v":
			if i != 0 || value != "0" {
				return o, refused("its version is not 0")
			}
		case "m":
			streams++
			err = o.stream(value)
		case "a":
			err = o.attribute(value)
		}
		if err != nil {
			return o, err
		}
	}
	if streams != 1 {
		return o, refused("it has %d streams, and a call has one of sound", streams)
	}
	return o, o.check()
}

// stream takes the m= line (RFC 8866 section 5.14).
func (o *offer) stream(value string) error {
	fields := strings.Fields(value)
	if len(fields) < 4 || fields[0] != "audio" || fields[2] != "UDP/TLS/RTP/SAVPF" {
		return refused("its stream is not sound over UDP/TLS/RTP/SAVPF")
	}
	for _, f := range fields[3:] {
		o.aLaw = o.aLaw || f == strconv.Itoa(aLawType)
	}
	return nil
}

// attribute takes an a= line. What stands in the section of the stream comes later, and replaces what stands for the session.
func (o *offer) attribute(value string) error {
	name, value, _ := strings.Cut(value, ":")
	switch name {
	case "mid":
		o.mid = value
	case "ice-ufrag":
		o.ufrag = value
	case "ice-pwd":
		o.password = value
	case "ice-lite":
		return refused("an ICE-lite agent cannot find the way to another one")
	case "fingerprint":
		if hash, print, _ := strings.Cut(value, " "); strings.EqualFold(hash, "sha-256") {
			o.fingerprint = strings.ToUpper(print)
		}
	case "setup":
		o.active = value == "active" || value == "actpass"
	case "rtcp-mux":
		o.mux = true
	case "sendonly", "recvonly", "inactive":
		o.oneWay = true
	case "sendrecv":
		o.oneWay = false
	case "ssrc":
		number, _, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(number, 10, 32); err == nil && o.ssrc == 0 {
			o.ssrc = uint32(n)
		}
	case "rtpmap":
		number, codec, _ := strings.Cut(value, " ")
		if n, err := strconv.ParseUint(number, 10, 8); err == nil && n >= 96 && n <= 127 && strings.EqualFold(strings.TrimSuffix(codec, "/1"), "telephone-event/8000") {
			o.events = uint8(n)
		}
	}
	return nil
}

// check tells what is missing or wrong.
func (o *offer) check() error {
	switch {
	case !o.aLaw:
		return refused("it does not offer PCMA")
	case !o.mux:
		return refused("it does not offer rtcp-mux")
	case o.oneWay:
		return refused("its sound goes one way")
	case !o.active:
		return refused("it does not offer to begin DTLS")
	case len(o.ufrag) < 4 || len(o.ufrag) > 256 || !of(o.ufrag, iceCharacters):
		return refused("its ice-ufrag is none")
	case len(o.password) < 22 || len(o.password) > 256 || !of(o.password, iceCharacters):
		return refused("its ice-pwd is none")
	case !isFingerprint(o.fingerprint):
		return refused("it has no fingerprint by SHA-256")
	case o.mid == "" || len(o.mid) > 32 || !of(o.mid, letters+"-_"):
		return refused("its stream has no name (mid)")
	}
	return nil
}

const (
	letters       = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	iceCharacters = letters + "+/" // RFC 8839 section 5.4
)

// of tells whether a text has these characters alone.
func of(text, characters string) bool { return strings.Trim(text, characters) == "" }

// isFingerprint tells whether a text is 32 octets in hexadecimal with colons between them.
func isFingerprint(text string) bool {
	pairs := strings.Split(text, ":")
	for _, p := range pairs {
		if len(p) != 2 || !of(p, "0123456789ABCDEF") {
			return false
		}
	}
	return len(pairs) == 32
}

// printable tells whether a line holds no control character.
func printable(line string) bool {
	return !strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f || c == '\uFFFD' })
}

func refused(why string, values ...any) error {
	return fmt.Errorf("%w: "+why, append([]any{ErrOffer}, values...)...)
}

// rewritten is the offer as the library gets it: written by us, with nothing in it that was not checked.
func (o *offer) rewritten() string {
	types, events, stream := strconv.Itoa(aLawType), "", ""
	if o.events != 0 {
		types += fmt.Sprintf(" %d", o.events)
		events = fmt.Sprintf("a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d %s\r\n", o.events, o.events, eventsTaken)
	}
	if o.ssrc != 0 {
		stream = fmt.Sprintf("a=ssrc:%d cname:browser\r\n", o.ssrc)
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE %[1]s\r\nm=audio 9 UDP/TLS/RTP/SAVPF %[2]s\r\nc=IN IP4 0.0.0.0\r\n"+
		"a=mid:%[1]s\r\na=ice-ufrag:%[3]s\r\na=ice-pwd:%[4]s\r\na=fingerprint:sha-256 %[5]s\r\na=setup:actpass\r\na=sendrecv\r\na=rtcp-mux\r\n"+
		"a=rtpmap:8 PCMA/8000\r\n%[6]s%[7]s", o.mid, types, o.ufrag, o.password, o.fingerprint, events, stream)
}

// eventsTaken are the events that are keys (RFC 4733 section 3.2): 0 to 9, *, # and A to D.
const eventsTaken = "0-15"
