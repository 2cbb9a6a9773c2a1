package push

import (
	"crypto/ecdh"
	"testing"

	"hotline/outbox/push/pushtest"
)

// TestRFC8291 is the example of RFC 8291, section 5 and appendix A.
func TestRFC8291(t *testing.T) {
	read := func(text string) []byte {
		octets, err := url64.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	own, err := ecdh.P256().NewPrivateKey(read("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	browser, err := ecdh.P256().NewPublicKey(read("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"))
	if err != nil {
		t.Fatal(err)
	}
	const plain = "When I grow up, I want to be a watermelon"
	auth := read("BTBZMqHH6r4Tts7J_aSIgg")
	got, err := encrypt([]byte(plain), browser, auth, own, read("DGv6ra1nlYgDCS1FRnbzlw"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	if url64.EncodeToString(got) != want {
		t.Errorf("the message is %s, want %s", url64.EncodeToString(got), want)
	}
	b, err := pushtest.Of(read("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), auth)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := b.Read(got); err != nil || string(text) != plain {
		t.Errorf("the browser reads %q, %v", text, err)
	}
	if _, err := encrypt(make([]byte, textMost+1), browser, auth, own, make([]byte, saltLength)); err == nil {
		t.Error("a text is taken that no push service must take")
	}
	if whole, err := encrypt(make([]byte, textMost), browser, auth, own, make([]byte, saltLength)); err != nil || len(whole) != recordMost {
		t.Errorf("the longest message has %d octets, %v", len(whole), err)
	}
}
