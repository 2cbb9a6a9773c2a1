package media

import (
	"bytes"
	"testing"

	"github.com/pion/rtp"

	"hotline/media/sdp"
	"hotline/media/srtp"
)

// Packets of somebody whose packets name their key are read, and ours do not name any.
func TestPacketsThatNameTheirKeyAreRead(t *testing.T) {
	offer := "c=IN IP4 192.0.2.1\nm=audio 4000 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1\n"
	d, err := sdp.Read([]byte(offer))
	if err != nil {
		t.Fatal(err)
	}
	terms, err := d.Agree(near.Remote, sdp.Required)
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := terms.Theirs, sdp.NewCrypto(srtp.CM80)
	us, err := newEncryption(ours, theirs)
	if err != nil {
		t.Fatal(err)
	}
	them, err := newEncryption(theirs, ours)
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
