// Package media is the engine of sound, its workers and its legs. A [Leg] is the sound of one call over RTP (RFC 3550): it
// sends what is played to it, receives, takes keys, records, and is joined to another leg. Package line makes calls of it,
// package phone telephones.
//
// An [Engine] owns a few workers; a worker owns its legs and everything that changes in them. A leg has no goroutine and no
// timer of its own: it stands in one of four slots of a 20 ms wheel. At its slot the worker takes what waits at the leg's
// socket without blocking, handles it, takes the next frame of whatever the leg plays (a prompt, the other party, silence)
// and sends it. Callers of this package change a leg only by commands, which the worker takes from its mailbox at its next
// tick.
//
//	ticks     10 ms and one worker below 200 legs, 5 ms and one worker a core above, none without legs
//	frames    20 ms of 8 kHz G.711, 160 octets (RFC 3551 section 4.5.14)
//	keys      RFC 4733 events, tones in the sound, SIP INFO through Leg.ReceiveInfo: one key a press (hotline/media/dtmf)
//	send      prompts ready in both codecs; frames of silence when there is nothing to play, so that the far end and every
//	          NAT on the way keep seeing media; nothing at all while the far end holds the call
//	carried   somebody else's packets in the place of the sockets, such as those of a browser (Engine.Carry): all else is the same
//	receive   the source address and SSRC are latched (hotline/media/latch); what others send is neither heard, recorded
//	          nor answered
//
// A leg is a few values, each in the file of its name: receiver (receive.go), sender (send.go, with packetizer.go), playback,
// keyPress (keys.go), Recording (recording.go, with track.go), bridge, reports (rtcp.go), encryption, negotiation
// (negotiate.go), and its place on the wheel (wheel.go).
//
// Goroutines: the workers and one recording writer, all started by Engine.Start and awaited by Engine.Stop. Everything
// exported is safe for concurrent use unless its comment says otherwise.
package media
