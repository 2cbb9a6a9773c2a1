package media

import (
	"errors"
	"fmt"

	pion "github.com/pion/srtp/v3"

	"hotline/media/rtp"
	"hotline/media/sdp"
	"hotline/media/srtp"
)

// encryption is the SRTP of one leg (RFC 3711). Packets of sound are encrypted by our own package, the few reports a minute
// (SRTCP) by the library. Its worker uses it alone.
type encryption struct {
	ours, theirs    sdp.Crypto
	out             srtp.Sender // by value: what a packet needs lies together
	in              srtp.Receiver
	rtcpOut, rtcpIn *pion.Context
}

// replayWindow is how many reports back a repeated one is still known (RFC 3711 section 3.3.2).
const replayWindow = 128

// newEncryption prepares the encryption with the keys of both sides.
func newEncryption(ours, theirs sdp.Crypto) (*encryption, error) {
	s := &encryption{ours: ours, theirs: theirs}
	var failed [4]error
	key, salt := ours.Split()
	s.out, failed[0] = srtp.NewSender(ours.Profile(), key, salt, ours.MKI())
	s.rtcpOut, failed[1] = newSRTCP(ours)
	key, salt = theirs.Split()
	s.in, failed[2] = srtp.NewReceiver(theirs.Profile(), key, salt, theirs.MKI())
	s.rtcpIn, failed[3] = newSRTCP(theirs)
	if err := errors.Join(failed[:]...); err != nil {
		return nil, fmt.Errorf("preparing encryption: %w", err)
	}
	return s, nil
}

// newSRTCP prepares the encryption of reports under a key.
func newSRTCP(c sdp.Crypto) (*pion.Context, error) {
	profile := [...]pion.ProtectionProfile{
		srtp.CM80: pion.ProtectionProfileAes128CmHmacSha1_80, srtp.CM32: pion.ProtectionProfileAes128CmHmacSha1_32,
		srtp.GCM128: pion.ProtectionProfileAeadAes128Gcm, srtp.GCM256: pion.ProtectionProfileAeadAes256Gcm,
	}[c.Profile()]
	key, salt := c.Split()
	return pion.CreateContext(key, salt, profile, pion.SRTCPReplayProtection(replayWindow), pion.MasterKeyIndicator(c.MKI()))
}

// decrypt takes the encryption off a datagram, where there is any; ok is false when it is not of our party, or a repeated
// one. A nil encryption is plain RTP.
func (s *encryption) decrypt(buf *buffers, datagram []byte) (plain []byte, ok bool) {
	if s == nil {
		return datagram, true
	}
	var err error
	if rtp.IsRTCP(datagram) {
		plain, err = s.rtcpIn.DecryptRTCP(buf.decryptedRTCP[:0], datagram, &buf.rtcpHeader)
	} else {
		plain, err = s.in.Open(&buf.decrypted, datagram)
	}
	return plain, err == nil
}

// encrypt encrypts a packet of RTP, where that was agreed on; ok is false when it must not go out.
func (s *encryption) encrypt(buf *buffers, packet []byte) (b []byte, ok bool) {
	if s == nil {
		return packet, true
	}
	b, err := s.out.Seal(&buf.encrypted, packet)
	return b, err == nil
}

// encryptRTCP does the same for reports.
func (s *encryption) encryptRTCP(buf *buffers, reports []byte) (b []byte, ok bool) {
	if s == nil {
		return reports, true
	}
	b, err := s.rtcpOut.EncryptRTCP(buf.encryptedRTCP[:0], reports, &buf.rtcpHeader)
	return b, err == nil
}

// prefetch has the keys of legs whose turn comes next brought from memory together; at most srtp.Together of them.
func prefetch(buf *srtp.Buffer, legs []*Leg) {
	var in [srtp.Together]*srtp.Receiver
	var out [srtp.Together]*srtp.Sender
	n := 0
	for _, l := range legs {
		if l.encryption != nil {
			in[n], out[n] = &l.encryption.in, &l.encryption.out
			n++
		}
	}
	srtp.Fetch(buf, in[:n], out[:n])
}
