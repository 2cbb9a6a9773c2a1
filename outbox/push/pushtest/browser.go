// Package pushtest is a browser that is told by web push, for tests: its keys, and what it reads of a message (RFC 8188, RFC 8291).
package pushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// Browser has the keys of one subscription. It never changes.
type Browser struct {
	private *ecdh.PrivateKey
	auth    []byte
}

// NewBrowser makes one with keys of its own.
func NewBrowser() *Browser {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		panic(err) // there is no randomness
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth) // it never fails
	return &Browser{private, auth}
}

// Of is the browser with a private key and a secret.
func Of(private, auth []byte) (*Browser, error) {
	key, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("a browser's key: %w", err)
	}
	return &Browser{key, auth}, nil
}

// P256dh is its public key as a subscription has it.
func (b *Browser) P256dh() string {
	return base64.RawURLEncoding.EncodeToString(b.private.PublicKey().Bytes())
}

// Auth is its secret as a subscription has it.
func (b *Browser) Auth() string { return base64.RawURLEncoding.EncodeToString(b.auth) }

// ErrMessage is a message that is none, or one for another browser.
var ErrMessage = errors.New("this browser cannot read the message")

// Read decrypts a message of one record.
func (b *Browser) Read(body []byte) ([]byte, error) {
	const head = 16 + 4 + 1
	if len(body) < head+65 || body[20] != 65 || binary.BigEndian.Uint32(body[16:20]) < uint32(len(body)-head-65) {
		return nil, ErrMessage
	}
	salt, point, sealed := body[:16], body[head:head+65], body[head+65:]
	sender, err := ecdh.P256().NewPublicKey(point)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	shared, err := b.private.ECDH(sender)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	derive := func(secret, salt []byte, info string, length int) (key []byte) {
		if err == nil {
			key, err = hkdf.Key(sha256.New, secret, salt, info, length)
		}
		return key
	}
	input := derive(shared, b.auth, "WebPush: info\x00"+string(b.private.PublicKey().Bytes())+string(point), 32)
	key := derive(input, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce := derive(input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	opener, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	text, err := opener.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMessage, err)
	}
	for len(text) > 0 && text[len(text)-1] == 0 { // padding (RFC 8188 section 2)
		text = text[:len(text)-1]
	}
	if len(text) == 0 || text[len(text)-1] != 2 {
		return nil, ErrMessage
	}
	return text[:len(text)-1], nil
}
