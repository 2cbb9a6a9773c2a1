package browser

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

// chromium and firefox are offers as these browsers make them for one stream of sound, in short.
const (
	print256 = "sha-256 8F:3A:11:5D:9C:00:7E:21:44:AB:CD:EF:01:23:45:67:89:8F:3A:11:5D:9C:00:7E:21:44:AB:CD:EF:01:23:45"

	chromium = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS 7a3c\r\n" +
		"m=audio 46243 UDP/TLS/RTP/SAVPF 8 126\r\nc=IN IP4 192.0.2.7\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=candidate:1467250027 1 udp 2122260223 192.0.2.7 46243 typ host generation 0 network-id 1\r\n" +
		"a=candidate:842163049 1 udp 1677729535 9c1d2e57-3c5b-4f0e-b2de-0c1b1a2d3e4f.local 46244 typ host\r\na=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8gRt\r\na=ice-options:trickle\r\n" +
		"a=fingerprint:" + print256 + "\r\na=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=msid:7a3c 1b9f\r\na=rtcp-mux\r\na=rtcp-rsize\r\n" +
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:126 telephone-event/8000\r\na=ssrc:3570614608 cname:4TOk42mSjXCkVIa6\r\na=ssrc:3570614608 msid:7a3c 1b9f\r\n"

	firefox = "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 7710052215259647220 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:" + print256 + "\r\na=group:BUNDLE 0\r\na=ice-options:trickle\r\n" +
		"a=msid-semantic:WMS *\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8 101\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\na=end-of-candidates\r\na=fmtp:101 0-15\r\na=ice-pwd:03ddd5b1fe5b0d3cd4b9cf5e5b7a1e6d\r\n" +
		"a=ice-ufrag:5e4f9b9c\r\na=mid:0\r\na=msid:{a} {b}\r\na=rtcp-mux\r\na=rtpmap:8 PCMA/8000/1\r\na=rtpmap:101 telephone-event/8000\r\na=setup:actpass\r\na=ssrc:655508829 cname:{c}\r\n"
)

func TestTheOffersOfBrowsersAreRead(t *testing.T) {
	for name, one := range map[string]struct {
		text  string
		wants offer
	}{
		"chromium": {chromium, offer{mid: "0", ufrag: "F7gI", password: "x9cml/YzichV2+XlhiMu8gRt", ssrc: 3570614608, events: 126}},
		"firefox":  {firefox, offer{mid: "0", ufrag: "5e4f9b9c", password: "03ddd5b1fe5b0d3cd4b9cf5e5b7a1e6d", ssrc: 655508829, events: 101}},
	} {
		w := one.wants
		w.fingerprint, w.mux, w.aLaw, w.active = strings.TrimPrefix(print256, "sha-256 "), true, true, true
		got, err := readOffer(one.text)
		if err != nil || got != w {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		for _, address := range []string{"192.0.2.7", ".local", "candidate"} {
			if strings.Contains(got.rewritten(), address) {
				t.Errorf("%s: the library is told of %s", name, address)
			}
		}
	}
}

func TestHostileOffersAreRefusedClearly(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(chromium, old) {
			t.Fatalf("the offer has no %q", old)
		}
		return strings.ReplaceAll(chromium, old, new)
	}
	for says, text := range map[string]string{
		"line 1 is none":               "hello",
		"more than 16384 octets":       chromium + strings.Repeat("a=x\r\n", 4000),
		"more than 400 lines":          chromium + strings.Repeat("a=x\r\n", 400),
		"has 0 streams":                "v=0\r\ns=-\r\nt=0 0\r\n",
		"has 2 streams":                chromium + "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n",
		"not sound over":               change("m=audio", "m=video"),
		"not sound over UDP":           change("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
		"version is not 0":             change("v=0", "v=1"),
		"does not offer PCMA":          change("SAVPF 8 126", "SAVPF 0 126"),
		"does not offer rtcp-mux":      change("a=rtcp-mux\r\n", ""),
		"goes one way":                 change("a=sendrecv", "a=recvonly"),
		"to begin DTLS":                change("a=setup:actpass", "a=setup:passive"),
		"ICE-lite":                     change("a=ice-options:trickle", "a=ice-lite"),
		"ice-ufrag is none":            change("F7gI", "F7 I"),
		"its ice-ufrag":                change("F7gI", strings.Repeat("x", 257)),
		"ice-pwd is none":              change("x9cml/YzichV2+XlhiMu8gRt", "short"),
		"no fingerprint":               change("8F:3A:11", "8F:3A"),
		"no fingerprint by SHA-256":    change("sha-256", "sha-1"),
		"no name (mid)":                change("a=mid:0", "a=mid:0 a"),
		"none of a description":        change("a=mid:0", "a=mid:0\x00"),
		"line 9 is none of a descript": change("c=IN IP4 192.0.2.7", "IN IP4"),
	} {
		if _, err := readOffer(text); !errors.Is(err, ErrOffer) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
}

// FuzzOffer has nothing come through that the library does not take, and nothing stop the program.
func FuzzOffer(f *testing.F) {
	f.Add(chromium)
	f.Add(firefox)
	f.Add("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=mid:\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		o, err := readOffer(text)
		if err != nil {
			if !errors.Is(err, ErrOffer) {
				t.Fatalf("refused by %v", err)
			}
			return
		}
		if len(text) > offerMost {
			t.Fatalf("%d octets are taken", len(text))
		}
		p := ports{}
		p.settings.LoggerFactory = quiet{slog.New(slog.DiscardHandler)}
		p.settings.SetLite(true)
		p.settings.SetInterfaceFilter(func(string) bool { return false })
		peer, err := p.newPeer(o)
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		if err := peer.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.rewritten()}); err != nil {
			t.Fatalf("the library refuses %q: %v", o.rewritten(), err)
		}
		if _, err := peer.CreateAnswer(nil); err != nil {
			t.Fatal(err)
		}
	})
}
