package sdp

import (
	"testing"

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

// FuzzCrypto reads keys of descriptions.
func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP")
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20")
	f.Add("2 AEAD_AES_128_GCM inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1 KDR=0")
	f.Fuzz(func(t *testing.T, s string) {
		c, ok := readCrypto(s)
		if !ok {
			return
		}
		if again, ok := readCrypto(c.String()); !ok || again != c {
			t.Fatalf("%q is read again as %v", s, again)
		}
		key, salt := c.Split()
		if _, err := srtp.NewSender(c.Profile(), key, salt, c.MKI()); err != nil {
			t.Fatal(err)
		}
	})
}
