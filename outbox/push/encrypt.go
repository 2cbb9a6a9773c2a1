package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Lengths in octets of what RFC 8188 and RFC 8291 name.
const (
	saltLength = 16
	authLength = 16   // the secret that browser and sender share (RFC 8291 section 3.2)
	keyLength  = 65   // a point of P-256, not compressed
	recordMost = 4096 // the record size that is told, and what push services must take (RFC 8030 section 7.2)
	textMost   = recordMost - saltLength - 4 - 1 - keyLength - 16 - 1
)

// errLong is a text that no push service must take.
var errLong = errors.New("the text is longer than a push message may be")

// encrypt is a text for the one browser that has the private key of browser: aes128gcm of one record (RFC 8188), with the keys of
// RFC 8291 section 3.4. own and salt are new for every message.
func encrypt(text []byte, browser *ecdh.PublicKey, auth []byte, own *ecdh.PrivateKey, salt []byte) ([]byte, error) {
	if len(text) > textMost {
		return nil, errLong
	}
	shared, err := own.ECDH(browser)
	if err != nil {
		return nil, fmt.Errorf("agreeing on a key: %w", err)
	}
	mine := own.PublicKey().Bytes()
	input, err := hkdf.Key(sha256.New, shared, auth, "WebPush: info\x00"+string(browser.Bytes())+string(mine), sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	key, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", aes.BlockSize)
	if err != nil {
		return nil, fmt.Errorf("deriving a key: %w", err)
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, fmt.Errorf("deriving a nonce: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	head := slices.Concat(salt, binary.BigEndian.AppendUint32(nil, recordMost), []byte{keyLength}, mine)
	return seal.Seal(head, nonce, slices.Concat(text, []byte{2}), nil), nil // 2 ends the last record
}
