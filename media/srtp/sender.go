package srtp

// Sender encrypts the packets of one stream. It refuses every packet that could repeat a key stream.
type Sender struct {
	keys    keys
	started bool
	ssrc    uint32
	index   uint64 // of the last packet: how often its number has wrapped, and the number (RFC 3711 section 3.3.1)
}

// NewSender makes a sender from a master key and its salt. A packet carries the identifier of the key, if there is one.
func NewSender(p Profile, key, salt, identifier []byte) (Sender, error) {
	k, err := newKeys(p, key, salt, identifier)
	if err != nil {
		return Sender{}, err
	}
	return Sender{keys: k}, nil
}

// Seal encrypts a packet of RTP into b. The packets are numbered upwards, in steps below half of all numbers, and are of
// one stream: ErrRepeated for any other.
func (s *Sender) Seal(b *Buffer, packet []byte) ([]byte, error) {
	h, ok := readHeader(packet)
	if !ok || len(packet)+s.keys.overhead() > MaxPacket {
		return nil, ErrMalformed
	}
	index := uint64(h.sequence)
	if s.started {
		step := h.sequence - uint16(s.index)
		if h.ssrc != s.ssrc || step == 0 || step >= half {
			return nil, ErrRepeated
		}
		if index = s.index + uint64(step); index > maxIndex {
			return nil, ErrSpent
		}
	}
	s.started, s.ssrc, s.index = true, h.ssrc, index
	return s.keys.seal(b, packet, h, index), nil
}
