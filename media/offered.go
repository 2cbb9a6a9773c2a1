package media

import (
	"fmt"
	"strings"
)

// What is wrong with a description beside [ErrNoCommonCodec], which both come with.
var (
	// ErrNoSound is a description without sound.
	ErrNoSound = fmt.Errorf("%w: no sound is offered", ErrNoCommonCodec)
	// ErrOtherTransport is one whose sound runs over something else than RTP/AVP, or RTP/SAVP with a key that is known.
	ErrOtherTransport = fmt.Errorf("%w: no sound over RTP, plain or with a key that is known", ErrNoCommonCodec)
)

// unspeakable tells why nothing in a description can be spoken in.
func (d *description) unspeakable() error {
	err := ErrNoSound
	for i := range d.sections {
		s := &d.sections[i]
		switch plain := s.proto == "RTP/AVP" || s.proto == "RTP/AVPF"; {
		case s.kind != "audio" || s.port == 0:
		case plain || s.secure():
			return ErrNoCommonCodec
		default:
			err = ErrOtherTransport
		}
	}
	return err
}

const mostOffered = 200 // octets of a summary

// Offered sums a description up for a line of the log: "audio RTP/AVP G729/8000 101, video RTP/AVP 34". It is bounded and
// printable whatever the description is.
func Offered(sdp []byte) string {
	d, err := readSDP(sdp)
	if err != nil {
		return "nothing that can be read"
	}
	var all []string
	for i := range d.sections {
		s := &d.sections[i]
		words := []string{s.kind, s.proto}
		for _, f := range s.formats {
			if c := s.codec(f); c != "" {
				f = strings.ToUpper(c)
			}
			words = append(words, f)
		}
		if s.port == 0 {
			words = append(words, "(refused)")
		}
		all = append(all, strings.Join(words, " "))
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.Join(all, ", "))
	return text[:min(len(text), mostOffered)]
}
