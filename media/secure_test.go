package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"hotline/media/srtp"
)

func TestAKeyMayHaveAnIdentifier(t *testing.T) {
	for parameters, want := range map[string]string{"": "", "|2^20": "", "|1:1": "\x01", "|2^31|1:4": "\x00\x00\x00\x01", "|513:2": "\x02\x01"} {
		c, ok := readCrypto("1 AES_CM_128_HMAC_SHA1_80 " + key + parameters)
		if !ok || c.mki != want {
			t.Errorf("%q: identifier %q, %v", parameters, c.mki, ok)
		}
	}
	for _, bad := range []string{"|256:1", "|1:0", "|1:5", "|-1:1", "|x:1", "|1:1|2:1", "|2^20|2^20"} {
		if c, ok := readCrypto("1 AES_CM_128_HMAC_SHA1_80 " + key + bad); ok {
			t.Errorf("%q is taken: %+v", bad, c)
		}
	}
}

// Packets of somebody whose packets name their key are read, and ours do not name any.
func TestPacketsThatNameTheirKeyAreRead(t *testing.T) {
	theirs, _ := readCrypto("1 AES_CM_128_HMAC_SHA1_80 " + key + "|2^31|1:1")
	ours := crypto{tag: "1", key: newKey(0)}
	us, err := seal(ours, theirs)
	if err != nil {
		t.Fatal(err)
	}
	them, err := seal(theirs, ours)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: 9}, Payload: make([]byte, 160)}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	packet, err := them.out.Seal(new(srtp.Buffer), plain)
	if err != nil {
		t.Fatal(err)
	}
	if len(packet) != len(plain)+11 { // one octet of the identifier, ten of the tag
		t.Errorf("a packet of %d octets became one of %d", len(plain), len(packet))
	}
	if got, err := us.in.Open(new(srtp.Buffer), packet); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("a packet that names its key is not read: %v", err)
	}
	packet, err = us.out.Seal(new(srtp.Buffer), plain)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := them.in.Open(new(srtp.Buffer), packet); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("ours is not read: %v", err)
	}
}
