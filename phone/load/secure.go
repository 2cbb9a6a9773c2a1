package load

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// seal encrypts what a call sends (SDES, RFC 4568). Of what it hears the headers are enough, and they are in the clear;
// a packet in fifty is decrypted, so that a line that does not really encrypt is found out.
type seal struct {
	ours    string // base64 of key and salt
	out, in *srtp.Context
	header  rtp.Header
	buf     [256]byte
	seen    int
}

const keySize, saltSize = 16, 14

func newSeal() (*seal, error) {
	raw := make([]byte, keySize+saltSize)
	_, _ = rand.Read(raw)
	s := &seal{ours: base64.StdEncoding.EncodeToString(raw)}
	var err error
	if s.out, err = contextOf(raw); err != nil {
		return nil, fmt.Errorf("preparing encryption: %w", err)
	}
	return s, nil
}

func contextOf(raw []byte) (*srtp.Context, error) {
	return srtp.CreateContext(raw[:keySize], raw[keySize:], srtp.ProtectionProfileAes128CmHmacSha1_80)
}

// take keeps the far end's key.
func (s *seal) take(key string) error {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil || len(raw) != keySize+saltSize {
		return fmt.Errorf("reading the key of the answer: it is none")
	}
	s.in, err = contextOf(raw)
	return err
}

func (s *seal) close(b []byte) []byte {
	out, err := s.out.EncryptRTP(s.buf[:0], b, &s.header)
	if err != nil {
		return b[:0]
	}
	return out
}

// opens tells whether a packet is really encrypted with the key that was agreed on; most are believed.
func (s *seal) opens(b []byte) bool {
	if s.seen++; s.seen%50 != 1 {
		return true
	}
	_, err := s.in.DecryptRTP(nil, b, nil)
	return err == nil
}
