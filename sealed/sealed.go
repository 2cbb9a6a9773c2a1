// Package sealed encrypts files at rest, in chunks that can be sought: a file is written from its beginning to its end, and read
// from any place. The spool of recordings uses it. It opens no file and starts no goroutine.
//
// The form of version 1 is a header of 40 octets and then the chunks, each AES-256-GCM (NIST SP 800-38D) of 4000 octets with its
// tag of 16:
//
//	 0  "HOTLSEAL"
//	 8  version, 1
//	 9  format: what the content is, by the word of who writes it
//	10  six octets of zero
//	16  id of the key, 8 octets
//	24  salt of the file, 16 octets
//
// Each file has a key of its own: HKDF-SHA-256 (RFC 5869) of the secret, with the file's salt, over the header up to the salt
// and the file's name. So no nonce is ever used twice under one key, and a file under another name, or with another header, cannot
// be read. The nonce is the chunk's number and its place: in the middle, or the last one. So chunks that are left out, doubled or
// in another order are seen. A file that was cut is seen too: only the last chunk is shorter than 4000 octets, and may be empty.
package sealed

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// Chunk is how many octets of the content a chunk holds: half a second of a call.
	Chunk = 4000

	magic     = "HOTLSEAL"
	version   = 1
	tag       = 16
	keyID     = 8
	header    = 40
	beforeKey = 16 // where the id of the key stands
	salt      = 24 // where the salt stands
	derived   = 32 // octets of an AES-256 key
)

// The faults of a sealed file. The errors that wrap them name the file.
var (
	ErrDamaged = errors.New("the file is not as it was written")
	ErrCut     = errors.New("the end of the file is missing")
	ErrNoKey   = errors.New("the key of the file is not among the keys")
	ErrForeign = errors.New("this is no sealed file")
)

// place is where a chunk stands in its file. It is a part of the nonce.
type place byte

const (
	middle    place = 0
	last      place = 1
	recovered place = 2 // the last one, put there after the process that wrote the file had died
)

// nonceOf is the nonce of a chunk.
func nonceOf(chunk int64, p place) []byte {
	nonce := make([]byte, 12)
	binary.BigEndian.PutUint64(nonce[3:], uint64(chunk))
	nonce[11] = byte(p)
	return nonce
}

// cipherOf is the cipher of one file.
func cipherOf(k key, head []byte, name string) (cipher.AEAD, error) {
	own, err := hkdf.Key(sha256.New, k.secret[:], head[salt:header], string(head[:salt])+name, derived)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of file %s: %w", name, err)
	}
	block, err := aes.NewCipher(own)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of file %s: %w", name, err)
	}
	return cipher.NewGCM(block)
}
