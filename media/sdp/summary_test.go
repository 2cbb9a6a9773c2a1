package sdp

import "testing"

func TestWhatIsOfferedIsToldInOneBoundedLine(t *testing.T) {
	for text, want := range map[string]string{
		"v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 4000 RTP/AVP 18 0\r\na=rtpmap:18 G729/8000\r\nm=video 0 RTP/AVP 34\r\n": "audio RTP/AVP G729/8000 PCMU/8000, video RTP/AVP 34 (refused)",
		"":                                      "nothing that can be read",
		"m=audio 4000 RTP/AVP \x1b[31m\xff\r\n": "audio RTP/AVP ?[31m?",
	} {
		if got := Summary([]byte(text)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	long := []byte("m=audio 4000 RTP/AVP")
	for range 500 {
		long = append(long, " 101"...)
	}
	if n := len(Summary(long)); n > 200 {
		t.Errorf("%d octets", n)
	}
}
