package media

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	pion "github.com/pion/srtp/v3"

	"hotline/media/srtp"
)

// Encryption says whether a leg's sound is encrypted (SRTP, RFC 3711) with keys from the descriptions (SDES, RFC 4568).
type Encryption byte

// Plain never offers it, but takes it from who offers nothing else. Preferred offers nothing else, and whoever refuses may
// be offered plain RTP. Required refuses plain RTP.
const (
	Plain Encryption = iota
	Preferred
	Required
)

// ErrNotSecure is the error of a description that offers no encryption where it is required.
var ErrNotSecure = errors.New("sound would not be encrypted")

// suites are what we speak, in the order in which we offer them (RFC 4568 section 6.2, RFC 7714 section 14.2). Packets of
// sound are of our own package; the few reports a minute are left to the library.
var suites = [...]struct {
	name    string
	sound   srtp.Profile
	reports pion.ProtectionProfile
}{
	{"AES_CM_128_HMAC_SHA1_80", srtp.CM80, pion.ProtectionProfileAes128CmHmacSha1_80},
	{"AES_CM_128_HMAC_SHA1_32", srtp.CM32, pion.ProtectionProfileAes128CmHmacSha1_32},
	{"AEAD_AES_128_GCM", srtp.GCM128, pion.ProtectionProfileAeadAes128Gcm},
	{"AEAD_AES_256_GCM", srtp.GCM256, pion.ProtectionProfileAeadAes256Gcm},
}

// keySize is how many octets of key and salt a suite takes.
func keySize(suite int) int { return suites[suite].sound.KeySize() + suites[suite].sound.SaltSize() }

// crypto is one a=crypto line that we could use.
type crypto struct {
	tag   string
	suite int // in suites
	key   string
	mki   string // octets that name the key in each of their packets; empty for none
}

// readCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 ..."; false when we cannot use it: an unknown suite, a
// key of the wrong length, several keys, or parameters that switch something off.
func readCrypto(value string) (crypto, bool) {
	words := strings.Fields(value)
	if len(words) != 3 && !(len(words) > 3 && harmless(words[3:])) {
		return crypto{}, false
	}
	inline, found := strings.CutPrefix(words[2], "inline:")
	key, rest, _ := strings.Cut(inline, "|")
	mki, known := identifier(rest)
	if !found || !known {
		return crypto{}, false
	}
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(strings.TrimRight(key, "=")); err != nil {
			return crypto{}, false
		}
	}
	for i, s := range suites {
		if strings.EqualFold(s.name, words[1]) && len(raw) == keySize(i) && len(words[0]) <= 9 {
			return crypto{tag: words[0], suite: i, key: string(raw), mki: mki}, true
		}
	}
	return crypto{}, false
}

// identifier reads the master key identifier of "2^31|1:4" (RFC 4568 section 6.1): value and length in octets, of which
// we take up to four. There may be a lifetime before it; a second key after it is not understood.
func identifier(parameters string) (mki string, ok bool) {
	first, last, more := strings.Cut(parameters, "|")
	switch {
	case !more:
		last = parameters
	case strings.Contains(first, ":"):
		return "", false
	}
	value, length, found := strings.Cut(last, ":")
	if !found {
		return "", !more
	}
	n, err := strconv.ParseUint(value, 10, 32)
	octets, failed := strconv.ParseUint(length, 10, 8)
	if err != nil || failed != nil || octets < 1 || octets > 4 || n>>(8*octets) != 0 {
		return "", false
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(n))[4-octets:]), true
}

// harmless tells whether session parameters change nothing that we do (RFC 4568 section 6.3).
func harmless(parameters []string) bool {
	for _, p := range parameters {
		name, _, _ := strings.Cut(strings.ToUpper(p), "=")
		if name != "KDR" && name != "WSH" {
			return false
		}
	}
	return true
}

// newKey makes a key for what we send.
func newKey(suite int) string {
	b := make([]byte, keySize(suite))
	_, _ = rand.Read(b)
	return string(b)
}

func (c crypto) String() string {
	s := c.tag + " " + suites[c.suite].name + " inline:" + base64.StdEncoding.EncodeToString([]byte(c.key))
	if n := len(c.mki); n > 0 {
		value := binary.BigEndian.Uint32(append(make([]byte, 4-n), c.mki...))
		s += fmt.Sprintf("|%d:%d", value, n)
	}
	return s
}

// sealed is the encryption of one leg. Its worker uses it alone.
type sealed struct {
	ours, theirs          crypto
	out                   srtp.Sender // by value: what a packet needs lies together
	in                    srtp.Receiver
	reportsOut, reportsIn *pion.Context
}

// replay is how many reports back a repeated one is still known (RFC 3711 section 3.3.2).
const replay = 128

func seal(ours, theirs crypto) (*sealed, error) {
	s := &sealed{ours: ours, theirs: theirs}
	var failed [4]error
	key, salt := ours.split()
	s.out, failed[0] = srtp.NewSender(suites[ours.suite].sound, key, salt, []byte(ours.mki))
	s.reportsOut, failed[1] = ours.reports()
	key, salt = theirs.split()
	s.in, failed[2] = srtp.NewReceiver(suites[theirs.suite].sound, key, salt, []byte(theirs.mki))
	s.reportsIn, failed[3] = theirs.reports()
	if err := errors.Join(failed[:]...); err != nil {
		return nil, fmt.Errorf("preparing encryption: %w", err)
	}
	return s, nil
}

// split parts the master key from its salt.
func (c crypto) split() (key, salt []byte) {
	n := suites[c.suite].sound.KeySize()
	return []byte(c.key[:n]), []byte(c.key[n:])
}

// reports is the encryption of what is reported under a key (SRTCP).
func (c crypto) reports() (*pion.Context, error) {
	key, salt := c.split()
	return pion.CreateContext(key, salt, suites[c.suite].reports, pion.SRTCPReplayProtection(replay), pion.MasterKeyIndicator([]byte(c.mki)))
}

// fetch has the keys of legs whose turn comes next brought from memory together; at most srtp.Together of them.
func (w *worker) fetch(legs []*Leg) {
	var in [srtp.Together]*srtp.Receiver
	var out [srtp.Together]*srtp.Sender
	n := 0
	for _, l := range legs {
		if l.sealed != nil {
			in[n], out[n] = &l.sealed.in, &l.sealed.out
			n++
		}
	}
	srtp.Fetch(&w.unveiled, in[:n], out[:n])
}

// unseal takes the encryption off a datagram; false when it is not of our party, or a repeated one.
func (w *worker) unseal(l *Leg, b []byte) ([]byte, bool) {
	if l.sealed == nil {
		return b, true
	}
	var plain []byte
	var err error
	if isRTCP(b) {
		plain, err = l.sealed.reportsIn.DecryptRTCP(w.plain[:0], b, &w.rtcpHeader)
	} else {
		plain, err = l.sealed.in.Open(&w.unveiled, b)
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
	if l.sealed != nil {
		var err error
		if b, err = l.sealed.out.Seal(&w.veiled, b); err != nil {
			return
		}
	}
	l.sockets.rtp.Send(b, l.latch.Target())
}
