package sdp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	other "github.com/pion/sdp/v3"

	"hotline/media/g711"
)

// near is where the telephone signals from, here is where we hear.
var (
	near = netip.MustParseAddr("192.0.2.1")
	here = netip.MustParseAddrPort("192.0.2.10:10000")
)

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
		way    Direction
		refuse error
	}{
		{"static types without rtpmap", offerOf("m=audio 4000 RTP/AVP 0 8"), g711.MuLaw, 0, "192.0.2.1:4000", SendRecv, nil},
		{"wideband first", offerOf("m=audio 4000 RTP/AVP 9 8 101", "a=rtpmap:9 G722/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000"), g711.ALaw, 101, "192.0.2.1:4000", SendRecv, nil},
		{"events of another rate too", offerOf("m=audio 4000 RTP/AVP 8 96 97", "a=rtpmap:96 telephone-event/48000", "a=rtpmap:97 telephone-event/8000"), g711.ALaw, 97, "192.0.2.1:4000", SendRecv, nil},
		{"address in the medium", offerOf("m=audio 4000 RTP/AVP 8", "c=IN IP4 192.0.2.77"), g711.ALaw, 0, "192.0.2.77:4000", SendRecv, nil},
		{"hold", offerOf("m=audio 4000 RTP/AVP 8", "a=sendonly"), g711.ALaw, 0, "192.0.2.1:4000", RecvOnly, nil},
		{"direction before the medium", []byte("v=0\nc=IN IP4 192.0.2.1\na=inactive\nm=audio 4000 RTP/AVP 8"), g711.ALaw, 0, "192.0.2.1:4000", Inactive, nil},
		{"video beside", offerOf("m=video 5000 RTP/AVP 34", "m=audio 4000 RTP/AVP 8", "m=application x"), g711.ALaw, 0, "192.0.2.1:4000", SendRecv, nil},
		{"feedback profile", offerOf("m=audio 4000 RTP/AVPF 8"), g711.ALaw, 0, "192.0.2.1:4000", SendRecv, nil},
		{"a name in place of the address", []byte("v=0\r\nc=IN IP4 phone.example\r\nm=audio 4000 RTP/AVP 8\r\n"), g711.ALaw, 0, "192.0.2.1:4000", SendRecv, nil},
		{"no codec of ours", offerOf("m=audio 4000 RTP/AVP 9 18"), 0, 0, "", 0, ErrNoCommonCodec},
		{"8 is something else", offerOf("m=audio 4000 RTP/AVP 8", "a=rtpmap:8 GSM/8000"), 0, 0, "", 0, ErrNoCommonCodec},
		{"encrypted only", offerOf("m=audio 4000 RTP/SAVP 8"), 0, 0, "", 0, ErrNoCommonCodec},
		{"sound refused", offerOf("m=audio 0 RTP/AVP 8"), 0, 0, "", 0, ErrNoCommonCodec},
		{"multicast", []byte("c=IN IP4 239.1.1.1/127\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"broadcast", []byte("c=IN IP4 255.255.255.255\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"nowhere: on hold from the beginning", []byte("c=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 8\r\n"), g711.ALaw, 0, "0.0.0.0:4000", Inactive, nil},
		{"nowhere in IPv6", []byte("c=IN IP6 ::\r\nm=audio 4000 RTP/AVP 8\r\n"), g711.ALaw, 0, "[::]:4000", Inactive, nil},
		{"another network", []byte("c=AF IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"another family", []byte("c=IN IP7 192.0.2.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"another family in the medium", offerOf("m=audio 4000 RTP/AVP 8", "c=IN IP5 192.0.2.1"), 0, 0, "", 0, ErrBadAddress},
		{"another network for the session, not for the sound", []byte("c=ATM NSAP 47.0091\r\nm=audio 4000 RTP/AVP 8\r\nc=IN IP4 192.0.2.77\r\n"), g711.ALaw, 0, "192.0.2.77:4000", SendRecv, nil},
		{"another network for the video", offerOf("m=audio 4000 RTP/AVP 8", "m=video 5000 RTP/AVP 34", "c=ATM NSAP 47.0091"), g711.ALaw, 0, "192.0.2.1:4000", SendRecv, nil},
		{"our own loopback", []byte("c=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"our own loopback in the other family", []byte("c=IN IP6 ::ffff:127.0.0.1\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrBadAddress},
		{"no address", []byte("v=0\r\nm=audio 4000 RTP/AVP 8\r\n"), 0, 0, "", 0, ErrMalformed},
		{"nothing", nil, 0, 0, "", 0, ErrMalformed},
		{"too long", []byte(strings.Repeat("a=x\r\n", 4000)), 0, 0, "", 0, ErrMalformed},
		{"too many lines", []byte(strings.Repeat("a\n", 2000)), 0, 0, "", 0, ErrMalformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := termsOf(c.offer)
			if !errors.Is(err, c.refuse) || (err == nil) != (c.refuse == nil) {
				t.Fatalf("error %v, want %v", err, c.refuse)
			}
			if err == nil && (got.Codec != c.codec || got.EventsOut != c.events || got.Remote.String() != c.at || got.Direction != c.way) {
				t.Errorf("terms are %+v", got)
			}
		})
	}
}

func termsOf(offer []byte) (Terms, error) {
	d, err := Read(offer)
	if err != nil {
		return Terms{}, err
	}
	return d.Agree(near, Plain)
}

func TestAnswersRefuseWhatWeDoNotSpeakAndAreReadByOthers(t *testing.T) {
	d, err := Read(offerOf("m=video 5000 RTP/AVP 34", "m=audio 4000 RTP/AVP 0 8 98", "a=rtpmap:98 telephone-event/8000", "a=sendonly", "m=audio 6000 RTP/AVP 8"))
	if err != nil {
		t.Fatal(err)
	}
	terms, err := d.Agree(near, Plain)
	if err != nil {
		t.Fatal(err)
	}
	me := NewLocal(7, here)
	text := me.Answer(d, &terms)
	var got other.SessionDescription
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
	me := NewLocal(7, netip.MustParseAddrPort("[2001:db8::1]:10000"))
	text := me.Offer(g711.MuLaw)
	var theirs other.SessionDescription
	if err := theirs.Unmarshal(text); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	got, err := termsOf(text)
	if err != nil || got.Codec != g711.MuLaw || got.EventsOut != offeredEvents || got.Remote.String() != "[2001:db8::1]:10000" {
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
		d, err := Read(b)
		if err != nil {
			return
		}
		terms, err := d.Agree(near, Plain)
		if err != nil {
			return
		}
		me := NewLocal(7, here)
		answer := me.Answer(d, &terms)
		back, err := Read(answer)
		if err != nil || back.audio == nil || len(back.sections) != len(d.sections) {
			t.Errorf("our answer to %q cannot be read: %q, %v", b, answer, err)
		}
	})
}
