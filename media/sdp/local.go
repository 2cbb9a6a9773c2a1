package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hotline/media/g711"
)

// offeredEvents is the payload type of telephone-event in our own offers.
const offeredEvents = 101

// Local writes the descriptions of our end of one leg: offers and answers. Each has a version one higher than the one
// before (RFC 3264 section 8). Used by one goroutine at a time.
type Local struct {
	session uint64 // id in o=
	version uint64 // of the last description
	at      netip.AddrPort
	offered []Crypto // keys that we offered
	ours    Crypto   // the key that we encrypt with
}

// NewLocal describes our end at an address, in a session with an id.
func NewLocal(session uint64, at netip.AddrPort) Local { return Local{session: session, at: at} }

// OfferEncryption makes keys: from now on our offers ask for encryption.
func (l *Local) OfferEncryption() {
	for i, s := range suites {
		c := NewCrypto(s.profile)
		c.tag = strconv.Itoa(i + 1)
		l.offered = append(l.offered, c)
	}
}

// Key is what we encrypt with under the terms that were agreed on last.
func (l *Local) Key() Crypto { return l.ours }

// Offer describes our end to somebody whose end we do not know yet, or who is to confirm what we have: codec first.
func (l *Local) Offer(codec g711.Codec) []byte {
	var b strings.Builder
	l.head(&b)
	proto := "RTP/AVP"
	if len(l.offered) > 0 {
		proto = "RTP/SAVP"
	}
	codecs := [...]g711.Codec{codec, g711.ALaw}
	if codec == g711.ALaw {
		codecs[1] = g711.MuLaw
	}
	fmt.Fprintf(&b, "m=audio %d %s %d %d %d\r\n", l.at.Port(), proto, codecs[0].PayloadType(), codecs[1].PayloadType(), offeredEvents)
	for _, c := range l.offered {
		fmt.Fprintf(&b, "a=crypto:%s\r\n", c)
	}
	for _, c := range codecs {
		fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", c.PayloadType(), c)
	}
	writeEvents(&b, offeredEvents)
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", SendRecv)
	return []byte(b.String())
}

// Accept brings the terms of an answer into line with our offer: which of our keys it has taken (RFC 4568 section 5.1.3),
// and the payload type by which keys come. ErrNotSecure when the answer takes none of our keys.
func (l *Local) Accept(t *Terms) error {
	if t.EventsOut != 0 {
		t.EventsIn = offeredEvents // the other side sends with the number of our offer
	}
	if len(l.offered) == 0 {
		t.Secure = false
		return nil
	}
	for _, c := range l.offered {
		if t.Secure && c.tag == t.Theirs.tag && c.profile == t.Theirs.profile {
			l.ours = c
			return nil
		}
	}
	return fmt.Errorf("taking the answer to an offer of SRTP: %w", ErrNotSecure)
}

// Answer describes our end under terms taken from d, medium by medium in the order of d. A medium that we do not speak gets
// port 0 (RFC 3264 section 6). Our key stays the same while the suite does.
func (l *Local) Answer(d *Description, t *Terms) []byte {
	if t.Secure {
		l.chooseKey(t.Theirs)
	}
	var b strings.Builder
	l.head(&b)
	for i := range d.sections {
		m := &d.sections[i]
		if m != d.audio {
			refuse(&b, m)
			continue
		}
		fmt.Fprintf(&b, "m=audio %d %s %d", l.at.Port(), m.proto, t.Codec.PayloadType())
		if t.EventsIn != 0 {
			fmt.Fprintf(&b, " %d", t.EventsIn)
		}
		fmt.Fprintf(&b, "\r\na=rtpmap:%d %s/8000\r\n", t.Codec.PayloadType(), t.Codec)
		if t.EventsIn != 0 {
			writeEvents(&b, t.EventsIn)
		}
		fmt.Fprintf(&b, "a=ptime:%d\r\n", t.Packet/8)
		if t.Secure {
			fmt.Fprintf(&b, "a=crypto:%s\r\n", l.ours)
		}
		if t.Mux {
			b.WriteString("a=rtcp-mux\r\n")
		}
		fmt.Fprintf(&b, "a=%s\r\n", t.Direction)
	}
	return []byte(b.String())
}

// chooseKey takes the key that answers theirs.
func (l *Local) chooseKey(theirs Crypto) {
	if l.ours.key == "" || l.ours.profile != theirs.profile {
		l.ours = NewCrypto(theirs.profile)
	}
	l.ours.tag = theirs.tag
	l.offered = []Crypto{l.ours}
}

// head writes the lines of the session, with the next version.
func (l *Local) head(b *strings.Builder) {
	l.version++
	family := "IP4"
	if l.at.Addr().Is6() {
		family = "IP6"
	}
	fmt.Fprintf(b, "v=0\r\no=- %d %d IN %s %s\r\ns=hotline\r\nc=IN %s %s\r\nt=0 0\r\n", l.session, l.version, family, l.at.Addr(), family, l.at.Addr())
}

func writeEvents(b *strings.Builder, payloadType uint8) {
	fmt.Fprintf(b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", payloadType, payloadType)
}

// refuse writes a medium with port 0.
func refuse(b *strings.Builder, m *section) {
	kind, proto, formats := m.kind, m.proto, m.formats
	if kind == "" {
		kind, proto = "audio", "RTP/AVP"
	}
	if len(formats) == 0 {
		formats = []string{strconv.Itoa(0)}
	}
	fmt.Fprintf(b, "m=%s 0 %s %s\r\n", kind, proto, strings.Join(formats, " "))
}
