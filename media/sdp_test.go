package media

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"hotline/media/g711"
)

var near = Peer{Local: netip.MustParseAddr("192.0.2.10"), Remote: netip.MustParseAddr("192.0.2.1")}

func offerOf(lines ...string) []byte {
	return []byte("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" + strings.Join(lines, "\r\n") + "\r\n")
}

func TestOffersOfRealTelephonesAreUnderstood(t *testing.T) {
	for _, c := range []struct {
		name   string
		offer  []byte
		codec  g711.Codec
		events uint8
		at     string
		way    direction
		refuse error
	}{
		{"static types without rtpmap", offerOf("m=audio 4000 RTP/AVP 0 8"), g711.MuLaw, 0, "192.0.2.1:4000", sendrecv, nil},
		{"wideband first", offerOf("m=audio 4000 RTP/AVP 9 8 101", "a=rtpmap:9 G722/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000"), g711.ALaw, 101, "192.0.2.1:4000", sendrecv, nil},
		{"events of another rate too", offerOf("m=audio 4000 RTP/AVP 8 96 97", "a=rtpmap:96 telephone-event/48000", "a=rtpmap:97 telephone-event/8000"), g711.ALaw, 97, "192.0.2.1:4000", sendrecv, nil},
		{"address in the medium", offerOf("m=audio 4000 RTP/AVP 8", "c=IN IP4 192.0.2.77"), g711.ALaw, 0, "192.0.2.77:4000", sendrecv, nil},
		{"hold", offerOf("m=audio 4000 RTP/AVP 8", "a=sendonly"), g711.ALaw, 0, "192.0.2.1:4000", recvonly, nil},
		{"direction before the medium", []byte("v=0\nc=IN IP4 192.0.2.1\na=inactive\nm=audio 4000 RTP/AVP 8"), g711.ALaw, 0, "192.0.2.1:4000", inactive, nil},
		{"video beside", offerOf("m=video 5000 RTP/AVP 34", "m=audio 4000 RTP/AVP 8", "m=application x"), g711.ALaw, 0, "192.0.2.1:4000", sendrecv, nil},
		{"feedback profile", offerOf("m=audio 4000 RTP/AVPF 8"), g711.ALaw, 0, "192.0.2.1:4000", sendrecv, nil},
		{"a name in place of the address", []byte("v=0\r\nc=IN IP4 phone.example\r\nm=audio 4000 RTP/AVP 8\r\n"), g711.ALaw, 0, "192.0.2.1:4000", sendrecv, nil},
		{"no codec of ours", offerOf("m=audio 4000 RTP/AVP 9 18"), 0, 0, "", 0, ErrNoCommonCodec},
		{"8 is something else", offerOf("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 GSM/8000"), 0, 0, "", 0, ErrNoCommonCodec},
		{"encrypted only", offerOf("m=audio 4000 RTP/SAVP 8"), 0, 0, "", 0, ErrNoCommonCodec},
		{"sound refused", offerOf("m=audio 0 RTP/AVP 8"), 0, 0, "", 0, ErrNoCommonCodec},
		{"multicast", []byte("c=IN IP4 239.1.1.1/127\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"broadcast", []byte("c=IN IP4 255.255.255.255\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"nowhere: on hold from the beginning", []byte("c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\n"), g711.ALaw, 0, "0.0.0.0:4000", inactive, nil},
		{"nowhere in IPv6", []byte("c=IN IP6 ::\r\nm=audio 4000 RTP/AVP 8\r\n"), g711.ALaw, 0, "[::]:4000", inactive, nil},
		{"another network", []byte("c=AF IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"another family", []byte("c=IN IP7 192.0.2.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"another family in the medium", offerOf("m=audio 4000 RTP/AVP 8", "c=IN IP5 192.0.2.1"), 0, 0, "", 0, ErrBadAddress},
		{"another network for the session, not for the sound", []byte("c=ATM NSAP 47.0091\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.77\r\n"), g711.ALaw, 0, "192.0.2.77:4000", sendrecv, nil},
		{"another network for the video", offerOf("m=audio 4000 RTP/AVP 8", "m=video 5000 RTP/AVP 34", "c=ATM NSAP 47.0091"), g711.ALaw, 0, "192.0.2.1:4000", sendrecv, nil},
		{"our own loopback", []byte("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"our own loopback in the other family", []byte("c=IN IP6 ::ffff:127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"no address", []byte("v=0\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadSDP},
		{"nothing", nil, 0, 0, "", 0, ErrBadSDP},
		{"too long", []byte(strings.Repeat("a=x\r\n", 4000)), 0, 0, "", 0, ErrBadSDP},
		{"too many lines", []byte(strings.Repeat("a\n", 2000)), 0, 0, "", 0, ErrBadSDP},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := termsOf(c.offer)
			if !errors.Is(err, c.refuse) || (err == nil) != (c.refuse == nil) {
				t.Fatalf("error %v, want %v", err, c.refuse)
			}
			if err == nil && (got.codec != c.codec || got.events != c.events || got.remote.String() != c.at || got.direction != c.way) {
				t.Errorf("terms are %+v", got)
			}
		})
	}
}

func termsOf(offer []byte) (terms, error) {
	d, err := readSDP(offer)
	if err != nil {
		return terms{}, err
	}
	return agree(d, near)
}

func TestAnswersRefuseWhatWeDoNotSpeakAndAreReadByOthers(t *testing.T) {
	d, err := readSDP(offerOf("m=video 5000 RTP/AVP 34", "m=audio 4000 RTP/AVP 0 8 98", "a=rtpmap:98 telephone-event/8000", "a=sendonly", "m=audio 6000 RTP/AVP 8"))
	if err != nil {
		t.Fatal(err)
	}
	terms, err := agree(d, near)
	if err != nil {
		t.Fatal(err)
	}
	text := self{session: 7, version: 2, at: netip.MustParseAddrPort("192.0.2.10:10000")}.answer(d, terms)
	var got sdp.SessionDescription
	if err := got.Unmarshal(text); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	if len(got.MediaDescriptions) != 3 {
		t.Fatalf("%d media", len(got.MediaDescriptions))
	}
	for i, port := range []int{0, 10000, 0} {
		if p := got.MediaDescriptions[i].MediaName.Port.Value; p != port {
			t.Errorf("medium %d has port %d, want %d", i, p, port)
		}
	}
	sound := got.MediaDescriptions[1]
	if f := sound.MediaName.Formats; len(f) != 2 || f[0] != "0" || f[1] != "98" {
		t.Errorf("formats are %v", f)
	}
	if _, ok := sound.Attribute("recvonly"); !ok {
		t.Error("an offer on hold is not answered by recvonly")
	}
}

func TestOurOfferIsReadByOthersAndByUs(t *testing.T) {
	text := self{session: 7, version: 1, at: netip.MustParseAddrPort("[2001:db8::1]:10000")}.offer(g711.MuLaw, sendrecv)
	var other sdp.SessionDescription
	if err := other.Unmarshal(text); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	got, err := termsOf(text)
	if err != nil || got.codec != g711.MuLaw || got.events != ourEvents || got.remote.String() != "[2001:db8::1]:10000" {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzSDP(f *testing.F) {
	f.Add(offerOf("m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000"))
	for _, p := range telephones() {
		f.Add(p.text())
	}
	f.Add([]byte("m=\nm=audio\nm=audio 1 RTP/AVP 8\nc=IN IP6 ::1\na=rtcp:99999\na=rtpmap:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := readSDP(b)
		if err != nil {
			return
		}
		terms, err := agree(d, near)
		if err != nil {
			return
		}
		me := self{at: netip.MustParseAddrPort("192.0.2.10:10000")}
		me.secure(terms)
		answer := me.answer(d, terms)
		back, err := readSDP(answer)
		if err != nil || back.audio == nil || len(back.sections) != len(d.sections) {
			t.Errorf("our answer to %q cannot be read: %q, %v", b, answer, err)
		}
	})
}
