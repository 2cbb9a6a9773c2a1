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

// fetch has the keys of legs whose turn comes next brought from memory together; at most srtp.Together of them.
func (w *worker) fetch(legs []*Leg) {
	var in [srtp.Together]*srtp.Receiver
	var out [srtp.Together]*srtp.Sender
	n := 0
	for _, l := range legs {
		if l.encryption != nil {
			in[n], out[n] = &l.encryption.in, &l.encryption.out
			n++
		}
	}
	srtp.Fetch(&w.unveiled, in[:n], out[:n])
}

// unseal takes the encryption off a datagram; false when it is not of our party, or a repeated one.
func (w *worker) unseal(l *Leg, b []byte) ([]byte, bool) {
	if l.encryption == nil {
		return b, true
	}
	var plain []byte
	var err error
	if rtp.IsRTCP(b) {
		plain, err = l.encryption.rtcpIn.DecryptRTCP(w.plain[:0], b, &w.rtcpHeader)
	} else {
		plain, err = l.encryption.in.Open(&w.unveiled, b)
	}
	if err != nil {
		l.looks.twice() // the turn's only look was not for our party's packet
		l.reception.foreign++
		w.engine.counts.foreign.Add(1)
		return nil, false
	}
	return plain, true
}

// transmit sends a packet of RTP, encrypted where that was agreed on.
func (w *worker) transmit(l *Leg, b []byte) {
	if l.encryption != nil {
		var err error
		if b, err = l.encryption.out.Seal(&w.veiled, b); err != nil {
			return
		}
	}
	l.sockets.rtp.Send(b, l.latch.Target())
}
