package srtp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// ends are a sender and the receiver of what it sends.
func ends(t *testing.T, p Profile, mki string) (*Sender, *Receiver) {
	t.Helper()
	key, salt := chance(uint64(p), p.KeySize()), chance(99, p.SaltSize())
	s, err := NewSender(p, key, salt, []byte(mki))
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReceiver(p, key, salt, []byte(mki))
	if err != nil {
		t.Fatal(err)
	}
	return &s, &r
}

func sealed(t *testing.T, s *Sender, packet []byte) []byte {
	t.Helper()
	b, err := s.Seal(new(Buffer), packet)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ofStream(ssrc uint32, sequence uint16) []byte {
	b := frame(sequence)
	binary.BigEndian.PutUint32(b[8:], ssrc)
	return b
}

func TestNumbersWrapWithoutAGap(t *testing.T) {
	for p := range profiles {
		s, r := ends(t, Profile(p), "")
		for n := 0; n < 3<<16; n += 1 + n%99 {
			packet := frame(uint16(n + 65_500))
			got, err := r.Open(new(Buffer), sealed(t, s, packet))
			if err != nil || !bytes.Equal(got, packet) {
				t.Fatalf("%s: packet %d: %v", profiles[p].name, n, err)
			}
		}
		if s.index>>16 != 3 || r.stream.highest != s.index {
			t.Errorf("%s: the sender stands at %x, the receiver at %x", profiles[p].name, s.index, r.stream.highest)
		}
	}
}

func TestAPacketIsTakenOnceAndAnOldOneNever(t *testing.T) {
	s, r := ends(t, CM80, "")
	var sent [][]byte
	for n := range uint16(300) {
		sent = append(sent, sealed(t, s, frame(65_400+n)))
	}
	open := func(n int) error {
		_, err := r.Open(new(Buffer), sent[n])
		return err
	}
	for _, n := range []int{0, 200} {
		if err := open(n); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{200, 72, 71, 0} { // itself, and all that are 128 or more back
		if err := open(n); !errors.Is(err, ErrRepeated) {
			t.Errorf("packet %d after packet 200: %v", n, err)
		}
	}
	for n := 73; n < 300; n++ {
		if err := open(n); (err == nil) != (n != 200) {
			t.Errorf("packet %d: %v", n, err)
		}
		if err := open(n); !errors.Is(err, ErrRepeated) {
			t.Errorf("packet %d once more: %v", n, err)
		}
	}
}

// A forger changes nothing: neither what is awaited nor how many streams there are.
func TestAForgedPacketChangesNothing(t *testing.T) {
	for p := range profiles {
		s, r := ends(t, Profile(p), "k")
		for n := range uint16(4) {
			good := sealed(t, s, frame(n))
			before := *r
			for bit := range 8 * len(good) {
				bad := bytes.Clone(good)
				bad[bit/8] ^= 1 << (bit % 8)
				if _, err := r.Open(new(Buffer), bad); err == nil {
					t.Fatalf("%s: bit %d of packet %d is forged, and taken", profiles[p].name, bit, n)
				}
			}
			for length := range good {
				if _, err := r.Open(new(Buffer), good[:length]); err == nil {
					t.Fatalf("%s: %d octets of packet %d are taken", profiles[p].name, length, n)
				}
			}
			if r.stream != before.stream || r.started != before.started || len(r.others) != 0 {
				t.Fatalf("%s: a forged packet was noted", profiles[p].name)
			}
			if _, err := r.Open(new(Buffer), good); err != nil {
				t.Fatalf("%s: packet %d after its forgeries: %v", profiles[p].name, n, err)
			}
		}
	}
}

// Whoever has the key may change the SSRC as often as calls do, and not until the memory is full; what was said under an
// old one cannot be played back.
func TestStreamsUnderOneKey(t *testing.T) {
	_, r := ends(t, GCM128, "")
	send := func(ssrc uint32, sequence uint16) []byte {
		s, _ := ends(t, GCM128, "")
		return sealed(t, s, ofStream(ssrc, sequence))
	}
	var b Buffer
	for ssrc := range uint32(maxStreams) {
		if _, err := r.Open(&b, send(ssrc, 7)); err != nil {
			t.Fatalf("stream %d: %v", ssrc, err)
		}
	}
	if _, err := r.Open(&b, send(maxStreams, 7)); !errors.Is(err, ErrStreams) {
		t.Errorf("one stream too many: %v", err)
	}
	for _, ssrc := range []uint32{0, 100, maxStreams - 1, 0} {
		if _, err := r.Open(&b, send(ssrc, 7)); !errors.Is(err, ErrRepeated) {
			t.Errorf("what stream %d said is taken again: %v", ssrc, err)
		}
	}
	for n, ssrc := range []uint32{0, 100, maxStreams - 1, 0} {
		if _, err := r.Open(&b, send(ssrc, 8+uint16(n))); err != nil {
			t.Errorf("stream %d goes on: %v", ssrc, err)
		}
	}
}

func TestASenderNeverRepeatsAKeyStream(t *testing.T) {
	s, _ := ends(t, CM32, "")
	sealed(t, s, frame(1000))
	for name, packet := range map[string][]byte{
		"the same number": frame(1000), "an older number": frame(999), "half of all numbers ahead": frame(1000 + half), "another stream": ofStream(1, 1001),
	} {
		if _, err := s.Seal(new(Buffer), packet); !errors.Is(err, ErrRepeated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s.index = maxIndex - 1
	sealed(t, s, frame(65_535))
	if _, err := s.Seal(new(Buffer), frame(0)); !errors.Is(err, ErrSpent) {
		t.Errorf("after the last number of all: %v", err)
	}
}

// A receiver that has heard the last numbers of all takes none that would begin anew.
func TestNumbersEnd(t *testing.T) {
	s, r := ends(t, CM80, "")
	sealed(t, s, frame(0))
	s.index = maxIndex - 1
	r.stream, r.started = stream{highest: maxIndex - 1}, true
	if _, err := r.Open(new(Buffer), sealed(t, s, frame(65_535))); err != nil {
		t.Error(err)
	}
	if _, err := r.Open(new(Buffer), append(frame(1), make([]byte, 10)...)); !errors.Is(err, ErrSpent) {
		t.Errorf("a packet after the last: %v", err)
	}
}

func TestWhatIsNoPacketIsRefused(t *testing.T) {
	s, r := ends(t, CM80, "")
	for name, b := range map[string][]byte{
		"nothing": nil, "half a header": frame(1)[:6], "another version": append([]byte{1 << 6}, frame(1)[1:]...), "CSRCs that are not there": append([]byte{2<<6 | 15}, frame(1)[1:40]...),
		"an extension that is not there": append([]byte{2<<6 | 16}, frame(1)[1:14]...), "an extension beyond the end": append([]byte{2<<6 | 16}, append(frame(1)[1:12], 0, 0, 0xff, 0xff)...),
		"an encrypted header": append([]byte{2<<6 | 16}, append(frame(1)[1:12], 0xc0, 0xde, 0, 0)...), "too much": make([]byte, MaxPacket+1),
	} {
		if _, err := s.Seal(new(Buffer), b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s is encrypted: %v", name, err)
		}
		if _, err := r.Open(new(Buffer), b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s is decrypted: %v", name, err)
		}
	}
	longest := append(frame(1), make([]byte, MaxPacket)...)[:MaxPacket-10]
	if _, err := r.Open(new(Buffer), sealed(t, s, longest)); err != nil {
		t.Errorf("the longest packet: %v", err)
	}
}

func TestKeysOfAnotherLengthAreRefused(t *testing.T) {
	for p := range profiles {
		key, salt := Profile(p).KeySize(), Profile(p).SaltSize()
		for _, c := range [][3]int{{key - 1, salt, 0}, {key + 1, salt, 0}, {key, salt - 1, 0}, {key, salt + 1, 0}, {key, salt, MaxIdentifier + 1}, {0, 0, 0}} {
			if _, err := NewSender(Profile(p), make([]byte, c[0]), make([]byte, c[1]), make([]byte, c[2])); !errors.Is(err, ErrBadKey) {
				t.Errorf("%s: key, salt and identifier of %d octets: %v", profiles[p].name, c, err)
			}
		}
	}
	if _, err := NewReceiver(GCM256+1, make([]byte, 32), make([]byte, 12), nil); !errors.Is(err, ErrBadKey) {
		t.Errorf("an unknown profile: %v", err)
	}
}

func TestNoPacketCostsAnAllocation(t *testing.T) {
	for p := range profiles {
		s, r := ends(t, Profile(p), "")
		var veiled, plain Buffer
		n := uint16(0)
		packet := frame(0)
		if got := testing.AllocsPerRun(1000, func() {
			n++
			binary.BigEndian.PutUint16(packet[2:], n)
			Fetch(&veiled, []*Receiver{r}, []*Sender{s})
			b, err := s.Seal(&veiled, packet)
			if err == nil {
				_, err = r.Open(&plain, b)
			}
			if err != nil {
				t.Fatal(err)
			}
		}); got != 0 {
			t.Errorf("%s: %.2f allocations a packet", profiles[p].name, got)
		}
	}
}

// Before the numbers have wrapped for the first time nothing lies a turn back: whoever is not heard for eleven minutes
// is heard again.
func TestALongSilenceInTheFirstTurn(t *testing.T) {
	s, r := ends(t, CM80, "")
	if _, err := r.Open(new(Buffer), sealed(t, s, frame(5))); err != nil {
		t.Fatal(err)
	}
	sealed(t, s, frame(30_005))
	if _, err := r.Open(new(Buffer), sealed(t, s, frame(40_005))); err != nil {
		t.Error(err)
	}
}
