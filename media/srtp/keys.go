package srtp

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"fmt"
)

// authSize is the length of the key of authentication in octets (RFC 3711 section 8.2).
const authSize = 20

// Labels of the key derivation (RFC 3711 section 4.3.1).
const (
	labelCipher = 0
	labelAuth   = 1
	labelSalt   = 2
)

// keys are the session keys of one direction. They are kept small and in one piece. With a thousand calls, nothing of a call is
// in the processor's cache when its next packet comes, and waiting for memory costs as much as the arithmetic.
type keys struct {
	block      cipher.Block // nil with GCM
	saltHigh   uint64       // the salt as the upper 112 bits of a counter block
	saltLow    uint64
	inner      state // of the hash after the key of authentication
	outer      state
	tagSize    uint8
	identifier string
	aead       cipher.AEAD
}

// newKeys derives session keys from a master key (RFC 3711 section 4.3, RFC 7714 section 11), once for the whole
// session: the key derivation rate is zero.
func newKeys(p Profile, key, salt, identifier []byte) (keys, error) {
	if p > GCM256 || len(key) != p.KeySize() || len(salt) != p.SaltSize() || len(identifier) > MaxIdentifier {
		return keys{}, ErrBadKey
	}
	master, err := aes.NewCipher(key)
	if err != nil {
		return keys{}, fmt.Errorf("taking the master key: %w", err)
	}
	session, auth, sessionSalt := make([]byte, len(key)), make([]byte, authSize), make([]byte, len(salt))
	derive(master, salt, labelCipher, session)
	derive(master, salt, labelAuth, auth)
	derive(master, salt, labelSalt, sessionSalt)
	return sessionKeys(p, session, auth, sessionSalt, identifier)
}

// derive fills a key with what AES in counter mode makes of the label (RFC 3711 section 4.3.3).
func derive(master cipher.Block, salt []byte, label byte, out []byte) {
	var in, stream [aes.BlockSize]byte
	copy(in[:], salt)
	in[7] ^= label
	for n := 0; n < len(out); in[15]++ {
		master.Encrypt(stream[:], in[:])
		n += copy(out[n:], stream[:])
	}
}

func sessionKeys(p Profile, key, auth, salt, identifier []byte) (keys, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return keys{}, fmt.Errorf("taking the session key: %w", err)
	}
	k := keys{tagSize: uint8(p.tagSize()), identifier: string(identifier)}
	if p >= GCM128 {
		if k.aead, err = cipher.NewGCM(block); err != nil {
			return keys{}, fmt.Errorf("preparing GCM: %w", err)
		}
	} else {
		k.block = block
	}
	var wide [aes.BlockSize]byte
	copy(wide[:], salt)
	k.saltHigh, k.saltLow = binary.BigEndian.Uint64(wide[:]), binary.BigEndian.Uint64(wide[8:])
	k.inner, k.outer, err = states(auth)
	return k, err
}

// overhead is how many octets a packet grows by.
func (k *keys) overhead() int { return int(k.tagSize) + len(k.identifier) }

// seal encrypts a packet into b. An index must come once only under one key.
func (k *keys) seal(b *Buffer, packet []byte, h header, index uint64) []byte {
	out, n := b.packet[:], len(packet)
	copy(out, packet[:h.size])
	if k.block == nil {
		n = h.size + len(k.aead.Seal(out[h.size:h.size], k.nonce(&b.nonce, h.ssrc, index), packet[h.size:], packet[:h.size]))
		return out[:n+copy(out[n:], k.identifier)]
	}
	k.crypt(out[h.size:], packet[h.size:], h.ssrc, index)
	tag := k.tag(b, n, index)
	n += copy(out[n:], k.identifier)
	return out[:n+copy(out[n:], tag[:k.tagSize])]
}

// open decrypts a packet into b when its tag is right: it is looked at before anything else, in constant time.
func (k *keys) open(b *Buffer, packet []byte, h header, index uint64) ([]byte, bool) {
	out, n := b.packet[:], len(packet)-k.overhead()
	if k.block == nil {
		tagged := n + int(k.tagSize)
		if string(packet[tagged:]) != k.identifier {
			return nil, false
		}
		copy(out, packet[:h.size])
		_, err := k.aead.Open(out[h.size:h.size], k.nonce(&b.nonce, h.ssrc, index), packet[h.size:tagged], packet[:h.size])
		return out[:n], err == nil
	}
	if string(packet[n:n+len(k.identifier)]) != k.identifier {
		return nil, false
	}
	copy(out, packet[:n])
	tag := k.tag(b, n, index)
	if subtle.ConstantTimeCompare(tag[:k.tagSize], packet[len(packet)-int(k.tagSize):]) != 1 {
		return nil, false
	}
	k.crypt(out[h.size:], packet[h.size:n], h.ssrc, index)
	return out[:n], true
}

// crypt mixes src with the key stream of a packet (RFC 3711 section 4.1.1). dst must have room for whole blocks. The standard
// library's counter mode cannot be set to another place without an allocation, so the blocks are counted here. All of them are
// written before the first is encrypted: the cipher reads a block in one piece, and would wait for one that was just written in
// two.
func (k *keys) crypt(dst, src []byte, ssrc uint32, index uint64) {
	high, low := k.saltHigh^uint64(ssrc), k.saltLow^index<<16
	for i := 0; i < len(src); i += aes.BlockSize {
		block := dst[i : i+aes.BlockSize]
		binary.BigEndian.PutUint64(block, high)
		binary.BigEndian.PutUint64(block[8:], low)
		low++
	}
	for i := 0; i < len(src); i += aes.BlockSize {
		block := dst[i : i+aes.BlockSize]
		k.block.Encrypt(block, block)
	}
	subtle.XORBytes(dst, dst[:len(src)], src)
}

// tag is the authentication of the first n octets of the packet in b and of how often its numbers have wrapped (RFC 3711
// section 4.2). It overwrites the four octets behind them.
func (k *keys) tag(b *Buffer, n int, index uint64) []byte {
	binary.BigEndian.PutUint32(b.packet[n:], uint32(index>>16))
	return b.hash.mac(&k.inner, &k.outer, b.packet[:n+4])
}

// nonce makes the initialization vector of a packet (RFC 7714 section 8.1).
func (k *keys) nonce(b *[nonceSize]byte, ssrc uint32, index uint64) []byte {
	binary.BigEndian.PutUint64(b[:], k.saltHigh^uint64(ssrc)<<16^index>>32)
	binary.BigEndian.PutUint32(b[8:], uint32(k.saltLow>>32)^uint32(index))
	return b[:]
}
