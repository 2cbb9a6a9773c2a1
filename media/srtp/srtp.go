// Package srtp puts the encryption on packets of RTP and takes it off again (RFC 3711, RFC 7714). It is our own code because
// every packet of every encrypted call pays for it. A packet costs no allocation and no look-up by name, and touches no memory of
// the call but its keys. Reports (SRTCP) are rare and not done here. Nothing here is safe for concurrent use: a call's keys
// belong to the worker that owns the call.
package srtp

import (
	"crypto/aes"
	"encoding/binary"
	"errors"
)

// Profile is how packets are encrypted and authenticated.
type Profile byte

// CM80 and CM32 are AES_CM_128_HMAC_SHA1_80 and _32 (RFC 3711, RFC 4568 section 6.2), GCM128 and GCM256 are
// AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714 section 14.2).
const (
	CM80 Profile = iota
	CM32
	GCM128
	GCM256
)

// KeySize is the length of a profile's master key in octets.
func (p Profile) KeySize() int {
	if p == GCM256 {
		return 32
	}
	return 16
}

// SaltSize is the length of a profile's master salt in octets.
func (p Profile) SaltSize() int {
	if p >= GCM128 {
		return 12
	}
	return 14
}

// tagSize is how many octets of authentication a packet carries.
func (p Profile) tagSize() int {
	switch p {
	case CM80:
		return 10
	case CM32:
		return 4
	}
	return 16
}

const (
	// MaxPacket is the longest packet that is taken, in octets, both in the clear and encrypted.
	MaxPacket = 2048
	// MaxIdentifier is the longest identifier of a master key, in octets (RFC 4568 section 6.1).
	MaxIdentifier = 128

	headerSize = 12 // octets of the fixed RTP header (RFC 3550 section 5.1)
	maxTag     = 16
	nonceSize  = 12 // of GCM (RFC 7714 section 8.1)
)

// What may be wrong with a packet, or with a key.
var (
	ErrMalformed = errors.New("no packet of RTP that can be encrypted or decrypted")
	ErrRepeated  = errors.New("a packet of this number has been before, or is too old to tell")
	ErrForged    = errors.New("the packet does not belong to the agreed key")
	ErrStreams   = errors.New("the packet begins one stream too many under one key")
	ErrSpent     = errors.New("no number is left under this key: the packet would repeat a key stream")
	ErrBadKey    = errors.New("key, salt or identifier has a length that the profile does not have")
)

// Buffer is the room in which a packet is worked on. Its zero value is ready; what Seal and Open give lies in it until
// it is used again.
type Buffer struct {
	packet [MaxPacket + MaxIdentifier + maxTag + aes.BlockSize]byte // behind the packet: identifier, tag, the rest of a cipher's block
	hash   hash
	nonce  [nonceSize]byte
	idle   [2][aes.BlockSize]byte
}

// header is what the encryption needs of an RTP header.
type header struct {
	size     int // octets that stay in the clear: CSRCs and extension are of them (RFC 3711 section 3.1)
	ssrc     uint32
	sequence uint16
}

// Extensions that hold the encrypted header of RFC 9335 section 5, which was not agreed on.
const (
	crypticOneByte = 0xc0de
	crypticTwoByte = 0xc2de
)

// readHeader reads the header of a packet (RFC 3550 section 5.1 and 5.3.1).
func readHeader(b []byte) (header, bool) {
	if len(b) < headerSize || len(b) > MaxPacket || b[0]>>6 != 2 {
		return header{}, false
	}
	h := header{
		size:     headerSize + 4*int(b[0]&0x0f),
		sequence: binary.BigEndian.Uint16(b[2:]),
		ssrc:     binary.BigEndian.Uint32(b[8:]),
	}
	if b[0]&0x10 != 0 {
		if h.size+4 > len(b) {
			return header{}, false
		}
		if kind := binary.BigEndian.Uint16(b[h.size:]); kind == crypticOneByte || kind == crypticTwoByte {
			return header{}, false
		}
		h.size += 4 + 4*int(binary.BigEndian.Uint16(b[h.size+2:]))
	}
	return h, h.size <= len(b)
}
