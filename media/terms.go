package media

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"hotline/media/g711"
)

// ourEvents is the payload type of telephone-event in our own offers.
const ourEvents = 101

// terms are what two parties agreed on for one leg.
type terms struct {
	codec     g711.Codec
	events    uint8  // payload type of keys that we send; 0 when the other side takes none
	hears     uint8  // payload type of keys that we take; 0 when none was agreed
	others    uint32 // dynamic payload types, from 96, by which the other side means another codec
	remote    netip.AddrPort
	rtcp      netip.AddrPort
	mux       bool
	direction direction // ours
	packet    int       // samples of one packet that we send
	secure    bool
	theirs    crypto // what they encrypt with, when secure
}

// held tells whether the other side hears nothing of us.
func (t terms) held() bool { return t.direction == recvonly || t.direction == inactive }

// agree takes the terms from the other side's description.
func agree(d *description, peer Peer) (terms, error) {
	if !d.choose(peer.Encryption) {
		if peer.Encryption == Required && d.audio != nil {
			return terms{}, fmt.Errorf("looking for SRTP with keys in the description: %w", ErrNotSecure)
		}
		return terms{}, fmt.Errorf("looking for G.711 over RTP: %w", d.unspeakable())
	}
	at, held, err := d.audio.address(peer)
	if err != nil {
		return terms{}, err
	}
	t := terms{
		codec: d.audio.supported()[0], events: d.audio.events(), others: d.audio.others(), remote: at, mux: d.audio.mux,
		direction: d.audio.direction.mirrored(), packet: packetOf(d.audio.ptime, d.audio.maxptime),
	}
	if t.secure = d.audio.secure(); t.secure {
		t.theirs = d.audio.cryptos[0]
	}
	t.hears = t.events
	if held {
		t.direction = inactive
	}
	port := at.Port() + 1
	if t.mux {
		port = at.Port()
	} else if d.audio.rtcp != 0 {
		port = uint16(d.audio.rtcp)
	}
	t.rtcp = netip.AddrPortFrom(at.Addr(), port)
	return t, nil
}

// stand puts the signalling's source in the place of an address that none of ours leads to: a telephone on this machine
// that describes its network's address to a line on loopback, one that describes IPv6 and signals over IPv4. Its sound
// goes back to where it comes from anyway.
func (t *terms) stand(p Peer) {
	t.remote = netip.AddrPortFrom(p.Remote.Unmap(), t.remote.Port())
	t.rtcp = netip.AddrPortFrom(p.Remote.Unmap(), t.rtcp.Port())
}

// meets tells whether a socket of ours can send to an address: of the same family, and not from loopback to elsewhere.
func meets(ours, theirs netip.Addr) bool {
	return theirs.IsUnspecified() || ours.Is4() == theirs.Is4() && ours.IsLoopback() == theirs.IsLoopback()
}

// self is how we describe our own end.
type self struct {
	session uint64 // o= session id
	version uint64 // o= version, one more whenever the rest changes (RFC 3264 section 8)
	at      netip.AddrPort
	offered []crypto // what we offered to encrypt with
	ours    crypto   // what we encrypt with
}

// encrypt has our offers ask for encryption.
func (s *self) encrypt() {
	for i := range suites {
		s.offered = append(s.offered, crypto{tag: strconv.Itoa(i + 1), suite: i, key: newKey(i)})
	}
}

// secure chooses the key that answers an offer; it stays the same while the suite does.
func (s *self) secure(t terms) {
	if !t.secure {
		return
	}
	if s.ours.key == "" || s.ours.suite != t.theirs.suite {
		s.ours = crypto{suite: t.theirs.suite, key: newKey(t.theirs.suite)}
	}
	s.ours.tag = t.theirs.tag
	s.offered = []crypto{s.ours}
}

// matched finds which of our offers an answer has taken (RFC 4568 section 5.1.3).
func (s *self) matched(t *terms) error {
	if len(s.offered) == 0 {
		t.secure = false
		return nil
	}
	for _, c := range s.offered {
		if t.secure && c.tag == t.theirs.tag && c.suite == t.theirs.suite {
			s.ours = c
			return nil
		}
	}
	return fmt.Errorf("taking the answer to an offer of SRTP: %w", ErrNotSecure)
}

// seal prepares the encryption of the terms; nil for none.
func (s *self) seal(t terms) (*sealed, error) {
	if !t.secure {
		return nil, nil
	}
	return seal(s.ours, t.theirs)
}

func (s self) head(b *strings.Builder) {
	family := "IP4"
	if s.at.Addr().Is6() {
		family = "IP6"
	}
	fmt.Fprintf(b, "v=0\r\no=- %d %d IN %s %s\r\ns=hotline\r\nc=IN %s %s\r\nt=0 0\r\n", s.session, s.version, family, s.at.Addr(), family, s.at.Addr())
}

// offer describes our end to somebody whose end we do not know yet, or who is to confirm what we have (codec first).
func (s self) offer(first g711.Codec, way direction) []byte {
	second := g711.ALaw
	if first == g711.ALaw {
		second = g711.MuLaw
	}
	var b strings.Builder
	s.head(&b)
	proto := "RTP/AVP"
	if len(s.offered) > 0 {
		proto = "RTP/SAVP"
	}
	fmt.Fprintf(&b, "m=audio %d %s %d %d %d\r\n", s.at.Port(), proto, first.PayloadType(), second.PayloadType(), ourEvents)
	for _, c := range s.offered {
		fmt.Fprintf(&b, "a=crypto:%s\r\n", c)
	}
	for _, l := range []g711.Codec{first, second} {
		fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", l.PayloadType(), l)
	}
	writeEvents(&b, ourEvents)
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", way)
	return []byte(b.String())
}

// answer describes our end under terms taken from d, medium by medium in d's order; what we do not speak gets port 0
// (RFC 3264 section 6).
func (s self) answer(d *description, t terms) []byte {
	var b strings.Builder
	s.head(&b)
	for i := range d.sections {
		m := &d.sections[i]
		if m != d.audio {
			refuse(&b, m)
			continue
		}
		fmt.Fprintf(&b, "m=audio %d %s %d", s.at.Port(), m.proto, t.codec.PayloadType())
		if t.hears != 0 {
			fmt.Fprintf(&b, " %d", t.hears)
		}
		fmt.Fprintf(&b, "\r\na=rtpmap:%d %s/8000\r\n", t.codec.PayloadType(), t.codec)
		if t.hears != 0 {
			writeEvents(&b, t.hears)
		}
		fmt.Fprintf(&b, "a=ptime:%d\r\n", t.packet/8)
		if t.secure {
			fmt.Fprintf(&b, "a=crypto:%s\r\n", s.ours)
		}
		if t.mux {
			b.WriteString("a=rtcp-mux\r\n")
		}
		fmt.Fprintf(&b, "a=%s\r\n", t.direction)
	}
	return []byte(b.String())
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
