package rtp_test

import (
	"fmt"

	"hotline/media/rtp"
)

func ExampleSender_Put() {
	sender := rtp.Sender{SSRC: 7, Sequence: 41, Timestamp: 1600}
	packet := make([]byte, rtp.HeaderSize+160)
	sender.Put(packet, 8, true, sender.Timestamp)
	got, err := rtp.Parse(packet)
	fmt.Println(got.Sequence, got.Timestamp, got.Marker, len(got.Payload), err)
	// Output: 41 1600 true 160 <nil>
}
