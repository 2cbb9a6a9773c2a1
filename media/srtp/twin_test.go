package srtp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/pion/rtp"
	pion "github.com/pion/srtp/v3"
)

// profiles are ours beside those of the library that this package is proven against.
var profiles = [...]struct {
	name string
	twin pion.ProtectionProfile
}{
	CM80:   {"AES_CM_128_HMAC_SHA1_80", pion.ProtectionProfileAes128CmHmacSha1_80},
	CM32:   {"AES_CM_128_HMAC_SHA1_32", pion.ProtectionProfileAes128CmHmacSha1_32},
	GCM128: {"AEAD_AES_128_GCM", pion.ProtectionProfileAeadAes128Gcm},
	GCM256: {"AEAD_AES_256_GCM", pion.ProtectionProfileAeadAes256Gcm},
}

// story is what happens on a line, told by octets: a fuzzer's, or random ones.
type story struct{ rest []byte }

func (s *story) octet() int {
	if len(s.rest) == 0 {
		return 0
	}
	b := s.rest[0]
	s.rest = s.rest[1:]
	return int(b)
}

func (s *story) word() int { return s.octet()<<8 | s.octet() }

func (s *story) take(n int) []byte {
	b := make([]byte, n)
	s.rest = s.rest[copy(b, s.rest):]
	return b
}

// source is one stream of the far end, sent by both.
type source struct {
	ssrc     uint32
	sequence uint16
	ours     Sender
}

// twins are both implementations at both ends of a line, and every packet that was ever on it.
type twins struct {
	t       *testing.T
	sources [3]source
	in      Receiver
	buffer  Buffer
	out     *pion.Context
	twin    *pion.Context
	header  rtp.Header
	sent    [][]byte
	heard   int
}

func newTwins(t *testing.T, s *story) *twins {
	p := Profile(s.octet() % len(profiles))
	key, salt, mki := s.take(p.KeySize()), s.take(p.SaltSize()), s.take(s.octet()%5)
	w := &twins{t: t}
	var err error
	for i := range w.sources {
		w.sources[i] = source{ssrc: uint32(s.word())<<8 | uint32(i), sequence: uint16(s.word())}
		if w.sources[i].ours, err = NewSender(p, key, salt, mki); err != nil {
			t.Fatal(err)
		}
	}
	if w.in, err = NewReceiver(p, key, salt, mki); err != nil {
		t.Fatal(err)
	}
	if w.out, err = pion.CreateContext(key, salt, profiles[p].twin, pion.MasterKeyIndicator(mki)); err != nil {
		t.Fatal(err)
	}
	if w.twin, err = pion.CreateContext(key, salt, profiles[p].twin, pion.MasterKeyIndicator(mki), pion.SRTPReplayProtection(window)); err != nil {
		t.Fatal(err)
	}
	return w
}

// packet makes a packet with CSRCs, an extension and padding as the story has it.
func (s *story) packet(ssrc uint32, sequence uint16) []byte {
	shape, length := s.octet(), s.word()%400
	b := make([]byte, headerSize, headerSize+length+4*15+64)
	b[0], b[1] = 2<<6, byte(s.octet())
	binary.BigEndian.PutUint16(b[2:], sequence)
	binary.BigEndian.PutUint32(b[4:], uint32(s.word()))
	binary.BigEndian.PutUint32(b[8:], ssrc)
	if shape&1 != 0 {
		csrcs := s.octet() % 16
		b[0] |= byte(csrcs)
		b = append(b, s.take(4*csrcs)...)
	}
	if shape&2 != 0 {
		b[0] |= 1 << 4
		words := s.octet() % 12
		b = append(b, 0xab, 0xcd, 0, byte(words)) // a kind that nobody parses
		b = append(b, s.take(4*words)...)
	}
	if shape&4 != 0 {
		b[0] |= 1 << 5
		return append(append(b, s.take(length)...), 0, 0, 3)
	}
	return append(b, s.take(length)...)
}

// send has both encrypt the next packet of a stream, after a step of its numbers: they must agree on every octet.
func (w *twins) send(s *story, from *source, step uint16) []byte {
	w.t.Helper()
	from.sequence += step
	plain := s.packet(from.ssrc, from.sequence)
	ours, err := from.ours.Seal(&w.buffer, plain)
	theirs, failed := w.out.EncryptRTP(nil, plain, nil)
	if err != nil || failed != nil {
		w.t.Fatalf("a packet of %d octets is not encrypted: %v; by the twin: %v", len(plain), err, failed)
	}
	if !bytes.Equal(ours, theirs) {
		w.t.Fatalf("%x became\n%x, and the twin's\n%x", plain, ours, theirs)
	}
	w.sent = append(w.sent, theirs)
	return theirs
}

// deliver has both decrypt a datagram: they must agree on whether it is good, and on every octet.
func (w *twins) deliver(b []byte) {
	w.t.Helper()
	before := bytes.Clone(b)
	ours, err := w.in.Open(&w.buffer, b)
	if !bytes.Equal(b, before) {
		w.t.Fatal("what came was changed")
	}
	theirs, failed := w.twin.DecryptRTP(nil, b, &w.header)
	if (err == nil) != (failed == nil) || err == nil && !bytes.Equal(ours, theirs) {
		w.t.Fatalf("%x\nis opened to %x (%v), and by the twin to\n%x (%v)", b, ours, err, theirs, failed)
	}
	if err == nil {
		w.heard++
	}
}

// tell lets a story happen, and gives how many packets were heard and refused.
func tell(t *testing.T, octets []byte) (heard, refused int) {
	s := &story{rest: octets}
	w := newTwins(t, s)
	delivered := 0
	for len(s.rest) > 0 && len(w.sent) < 2000 {
		what := s.octet()
		from := &w.sources[0]
		if what&0x80 != 0 { // the far end changes its SSRC, or goes back to an older one
			from = &w.sources[s.octet()%len(w.sources)]
		}
		old := []byte(nil)
		if n := len(w.sent); n > 0 && what&0x0f >= 8 {
			old = bytes.Clone(w.sent[n-1-s.word()%min(n, 300)])
		}
		switch what & 0x0f {
		case 0, 1, 2, 3:
			w.deliver(w.send(s, from, 1))
		case 4:
			w.send(s, from, 1) // late, or never
			continue
		case 5:
			w.deliver(w.send(s, from, 1+uint16(s.octet())))
		case 6:
			w.deliver(w.send(s, from, half-1-uint16(s.octet())))
		case 7:
			w.deliver(s.take(s.octet()))
		case 8, 9, 10: // repeated, or late
			w.deliver(old)
		case 11, 12: // one bit is forged
			if len(old) > 0 {
				at := s.word() % (8 * len(old))
				old[at/8] ^= 1 << (at % 8)
			}
			w.deliver(old)
		case 13:
			w.deliver(old[:min(s.word(), len(old))])
		case 14:
			w.deliver(append(old, s.take(s.octet()%20)...))
		default:
			for range s.octet() % 200 { // so that much time passes
				w.deliver(w.send(s, from, 1))
				delivered++
			}
			continue
		}
		delivered++
	}
	return w.heard, delivered - w.heard
}

func chance(seed uint64, n int) []byte {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b)
	return b
}

func TestWhatHappensOnALineIsTakenAsByAnotherImplementation(t *testing.T) {
	heard, refused := 0, 0
	for seed := range uint64(400) {
		h, r := tell(t, chance(seed, 20_000))
		heard, refused = heard+h, refused+r
	}
	if heard < 40_000 || refused < 4_000 {
		t.Errorf("only %d packets were heard and %d refused: the stories are too thin", heard, refused)
	}
}

func FuzzWhatHappensOnALine(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(chance(seed, 3000))
	}
	f.Fuzz(func(t *testing.T, octets []byte) { tell(t, octets) })
}

// Whatever comes, whether it is a header or not: never a panic, and what both read they read alike.
func FuzzPacketsAreEncryptedAlike(f *testing.F) {
	f.Add(byte(0), []byte("\x80\x08\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01sound"))
	f.Add(byte(2), []byte("\x9f\x08\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\xbe\xde\x00\x01\x10\x01\x00\x00sound"))
	f.Fuzz(func(t *testing.T, profile byte, plain []byte) {
		p := Profile(profile) % GCM256
		key, salt := make([]byte, p.KeySize()), make([]byte, p.SaltSize())
		s, err := NewSender(p, key, salt, nil)
		if err != nil {
			t.Fatal(err)
		}
		twin, err := pion.CreateContext(key, salt, profiles[p].twin)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := s.Seal(new(Buffer), plain)
		theirs, failed := twin.EncryptRTP(nil, plain, nil)
		if err == nil && failed == nil && !bytes.Equal(ours, theirs) {
			t.Fatalf("%x became\n%x, and the twin's\n%x", plain, ours, theirs)
		}
		if err != nil && failed == nil && len(plain) < MaxPacket-maxTag && plain[0]>>6 == 2 && !cryptic(plain) {
			t.Fatalf("%x is refused, and not by the twin", plain)
		}
	})
}

// cryptic tells whether a packet has the extension of RFC 9335, which we refuse and the twin refuses to open.
func cryptic(b []byte) bool {
	at := headerSize + 4*int(b[0]&0x0f)
	return b[0]&0x10 != 0 && len(b) >= at+4 && (b[at] == 0xc0 || b[at] == 0xc2) && b[at+1] == 0xde
}
