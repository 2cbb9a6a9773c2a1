package sdp_test

import (
	"fmt"
	"net/netip"
	"strings"

	"hotline/media/sdp"
)

// A telephone offers wideband sound first, G.711 second; the answer takes A-law and its keys.
func Example() {
	offer := "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 9 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n"
	description, err := sdp.Read([]byte(offer))
	if err != nil {
		fmt.Println(err)
		return
	}
	terms, err := description.Agree(netip.MustParseAddr("192.0.2.1"), sdp.Plain)
	if err != nil {
		fmt.Println(err)
		return
	}
	local := sdp.NewLocal(7, netip.MustParseAddrPort("192.0.2.10:10000"))
	answer := strings.ReplaceAll(string(local.Answer(description, &terms)), "\r\n", "\n")
	fmt.Println(terms.Codec, terms.Remote)
	fmt.Print(answer)
	// Output:
	// PCMA 192.0.2.1:4000
	// v=0
	// o=- 7 1 IN IP4 192.0.2.10
	// s=hotline
	// c=IN IP4 192.0.2.10
	// t=0 0
	// m=audio 10000 RTP/AVP 8 101
	// a=rtpmap:8 PCMA/8000
	// a=rtpmap:101 telephone-event/8000
	// a=fmtp:101 0-15
	// a=ptime:20
	// a=sendrecv
}
