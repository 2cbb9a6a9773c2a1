package srtp

const (
	half       = 1 << 15   // of all sequence numbers
	maxIndex   = 1<<48 - 1 // of the last packet under one key (RFC 3711 section 9.2)
	maxStreams = 256       // under one key: a party that has the key must not fill the memory with them
)

// Receiver decrypts what comes under one key. A change of SSRC begins a new stream with numbers of its own; the old ones
// stay known, so that nothing of them can be played back.
type Receiver struct {
	keys    keys
	stream  stream   // of the last packet
	started bool     // there was one
	others  []stream // those before, in no order
}

// NewReceiver makes a receiver from a master key and its salt. With an identifier it takes packets alone that carry it.
func NewReceiver(p Profile, key, salt, identifier []byte) (Receiver, error) {
	k, err := newKeys(p, key, salt, identifier)
	if err != nil {
		return Receiver{}, err
	}
	return Receiver{keys: k}, nil
}

// Open decrypts a packet into b, in which it must not lie, and leaves the packet as it is. Nothing that is remembered
// changes before the tag has proven right: ErrForged when it has not, ErrRepeated for a packet that was there before.
func (r *Receiver) Open(b *Buffer, packet []byte) ([]byte, error) {
	h, ok := readHeader(packet)
	if !ok || h.size+r.keys.overhead() > len(packet) {
		return nil, ErrMalformed
	}
	s, index := r.find(h.ssrc), uint64(h.sequence)
	switch {
	case s != nil:
		if index = s.estimate(h.sequence); s.known(index) {
			return nil, ErrRepeated
		}
	case len(r.others) == maxStreams-1:
		return nil, ErrStreams
	}
	if index > maxIndex {
		return nil, ErrSpent
	}
	plain, ok := r.keys.open(b, packet, h, index)
	if !ok {
		return nil, ErrForged
	}
	if s != &r.stream {
		r.turn(s, h.ssrc, index)
	}
	r.stream.take(index)
	return plain, nil
}

// find gives what is known of an SSRC; nil for nothing.
func (r *Receiver) find(ssrc uint32) *stream {
	if r.started && r.stream.ssrc == ssrc {
		return &r.stream
	}
	for i := range r.others {
		if r.others[i].ssrc == ssrc {
			return &r.others[i]
		}
	}
	return nil
}

// turn makes a stream that is known, or a new one, the one of the last packet.
func (r *Receiver) turn(to *stream, ssrc uint32, index uint64) {
	switch {
	case to != nil:
		r.stream, *to = *to, r.stream
		return
	case r.started:
		r.others = append(r.others, r.stream)
	}
	r.stream, r.started = stream{ssrc: ssrc, highest: index}, true
}

// window is how many packets back a repeated one is still known, and an older one is refused (RFC 3711 section 3.3.2).
const window = 128

// stream is what is known of one SSRC.
type stream struct {
	ssrc    uint32
	highest uint64              // index of the newest packet
	taken   [window / 64]uint64 // bit n: the packet n before the newest was there
}

// estimate is the index of a packet: the one nearest to the newest (RFC 3711 section 3.3.1 and appendix A), but never one
// before the first turn of the numbers.
func (s *stream) estimate(sequence uint16) uint64 {
	const turn = 1 << 16
	newest, index := uint16(s.highest), s.highest&^(turn-1)|uint64(sequence)
	switch {
	case newest < half && int(sequence)-int(newest) > half && index >= turn:
		return index - turn
	case newest >= half && newest-half > sequence:
		return index + turn
	}
	return index
}

// known tells whether a packet was there before, or is too old for anybody to tell.
func (s *stream) known(index uint64) bool {
	if index > s.highest {
		return false
	}
	back := s.highest - index
	return back >= window || s.taken[back/64]>>(back%64)&1 != 0
}

// take notes a packet that is not known.
func (s *stream) take(index uint64) {
	if index <= s.highest {
		back := s.highest - index
		s.taken[back/64] |= 1 << (back % 64)
		return
	}
	switch ahead := index - s.highest; {
	case ahead >= window:
		s.taken = [...]uint64{0, 0}
	case ahead >= 64:
		s.taken = [...]uint64{0, s.taken[0] << (ahead - 64)}
	default:
		s.taken = [...]uint64{s.taken[0] << ahead, s.taken[1]<<ahead | s.taken[0]>>(64-ahead)}
	}
	s.highest = index
	s.taken[0] |= 1
}
