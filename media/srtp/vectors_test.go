package srtp

import (
	"bytes"
	"crypto/aes"
	"encoding/hex"
	"strings"
	"testing"
)

func octets(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSessionKeysOfRFC3711AppendixB3(t *testing.T) {
	master, err := aes.NewCipher(octets(t, "E1F97A0D3E018BE0D64FA32C06DE4139"))
	if err != nil {
		t.Fatal(err)
	}
	salt := octets(t, "0EC675AD498AFEEBB6960B3AABE6")
	for _, c := range []struct {
		label byte
		want  string
	}{
		{labelCipher, "C61E7A93744F39EE10734AFE3FF7A087"},
		{labelSalt, "30CBBC08863D8C85D49DB34A9AE1"},
		{labelAuth, `CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098
			6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2`},
	} {
		want := octets(t, c.want)
		got := make([]byte, len(want))
		derive(master, salt, c.label, got)
		if !bytes.Equal(got, want) {
			t.Errorf("label %d: %X, want %X", c.label, got, want)
		}
	}
}

func TestKeyStreamOfRFC3711AppendixB2(t *testing.T) {
	k, err := sessionKeys(CM80, octets(t, "2B7E151628AED2A6ABF7158809CF4F3C"), make([]byte, authSize), octets(t, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), nil)
	if err != nil {
		t.Fatal(err)
	}
	stream := make([]byte, 16*0xff02)
	k.crypt(stream, make([]byte, len(stream)), 0, 0)
	for block, want := range map[int]string{
		0: "E03EAD0935C95E80E166B16DD92B4EB4", 1: "D23513162B02D0F72A43A2FE4A5F97AB", 2: "41E95B3BB0A2E8DD477901E4FCA894C0",
		0xfeff: "EC8CDF7398607CB0F2D21675EA9EA1E4", 0xff00: "362B7C3C6773516318A077D7FC5073AE", 0xff01: "6A2CC3787889374FBEB4C81B17BA6C44",
	} {
		if got := stream[16*block : 16*block+16]; !bytes.Equal(got, octets(t, want)) {
			t.Errorf("block %#x: %X, want %s", block, got, want)
		}
	}
}

// RFC 7714 section 16: the session keys are given there, not derived.
func TestPacketsOfRFC7714(t *testing.T) {
	plain := octets(t, `8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573`)
	for p, c := range map[Profile]struct{ key, want string }{
		GCM128: {"000102030405060708090a0b0c0d0e0f", `8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b
			36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce`},
		GCM256: {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", `8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa
			b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13`},
	} {
		k, err := sessionKeys(p, octets(t, c.key), make([]byte, authSize), octets(t, "517569642070726f2071756f"), nil)
		if err != nil {
			t.Fatal(err)
		}
		h, ok := readHeader(plain)
		if !ok {
			t.Fatal("the header is not read")
		}
		var b Buffer
		got := bytes.Clone(k.seal(&b, plain, h, uint64(h.sequence)))
		if want := octets(t, c.want); !bytes.Equal(got, want) {
			t.Errorf("profile %d: %x, want %x", p, got, want)
		}
		if back, ok := k.open(&b, got, h, uint64(h.sequence)); !ok || !bytes.Equal(back, plain) {
			t.Errorf("profile %d: not opened, or not to what it was", p)
		}
	}
}
