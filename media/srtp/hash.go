package srtp

import (
	"bytes"
	"crypto/sha1"
	"encoding"
	"encoding/binary"
	"errors"
	stdhash "hash"
)

// state is where SHA-1 stands after one block.
type state [sha1.Size]byte

// hash makes HMAC-SHA1 (RFC 2104) of keys that are kept as two states. The standard library keeps more than ten times as much of
// each key, all of which is fetched from memory for each packet. Its zero value is ready.
type hash struct {
	digest digest
	saved  [savedSize]byte // a state as the digest takes it
	sum    [sha1.Size]byte
}

type digest interface {
	stdhash.Hash
	encoding.BinaryUnmarshaler
}

// A digest's saved state: a name, the state, a block that has begun, and the octets so far.
const (
	savedName  = "sha\x01"
	savedSize  = len(savedName) + sha1.Size + sha1.BlockSize + 8
	paddingIn  = 0x36
	paddingOut = 0x5c
)

// errDigest is a standard library that saves digests in another way than this one was written for.
var errDigest = errors.New("preparing HMAC-SHA1: the saved state of SHA-1 has an unknown form")

// states are what is kept of a key.
func states(key []byte) (inner, outer state, err error) {
	if inner, err = stateAfter(key, paddingIn); err == nil {
		outer, err = stateAfter(key, paddingOut)
	}
	return inner, outer, err
}

// stateAfter is the state after a key that is mixed with a padding.
func stateAfter(key []byte, padding byte) (state, error) {
	block := bytes.Repeat([]byte{padding}, sha1.BlockSize)
	for i, b := range key {
		block[i] ^= b
	}
	d := sha1.New()
	_, _ = d.Write(block)
	m, ok := d.(encoding.BinaryMarshaler)
	if !ok {
		return state{}, errDigest
	}
	saved, err := m.MarshalBinary()
	if err != nil || len(saved) != savedSize {
		return state{}, errDigest
	}
	s := state(saved[len(savedName):])
	var h hash
	if h.begin(); h.digest == nil || !bytes.Equal(h.save(&s), saved) {
		return state{}, errDigest
	}
	return s, nil
}

func (h *hash) begin() {
	h.digest, _ = sha1.New().(digest)
	copy(h.saved[:], savedName)
	binary.BigEndian.PutUint64(h.saved[savedSize-8:], sha1.BlockSize)
}

// save gives a state as the digest takes it.
func (h *hash) save(s *state) []byte {
	copy(h.saved[len(savedName):], s[:])
	return h.saved[:]
}

// mac is the HMAC-SHA1 of b. It is valid until the next one.
func (h *hash) mac(inner, outer *state, b []byte) []byte {
	if h.digest == nil {
		h.begin()
	}
	_ = h.digest.UnmarshalBinary(h.save(inner)) // states has seen that it is taken
	_, _ = h.digest.Write(b)
	sum := h.digest.Sum(h.sum[:0])
	_ = h.digest.UnmarshalBinary(h.save(outer))
	_, _ = h.digest.Write(sum)
	return h.digest.Sum(h.sum[:0])
}
