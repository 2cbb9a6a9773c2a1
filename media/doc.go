// Package media is one RTP leg: send frames, hear frames, keys, join two, record.
//
// An [Engine] owns a few workers; a worker owns its legs and everything that changes in them. A leg has no
// goroutine and no timer of its own: it stands in one of four slots of a 20 ms wheel, and at its slot the worker
// drains the leg's socket without blocking, handles what came, pulls the next frame from whatever the leg plays
// (a prompt, the other party, silence) and sends it. Callers of this package change a leg only by commands that
// the worker takes from its mailbox at its next tick.
//
//	ticks     10 ms and one worker below 200 legs, 5 ms and one worker a core above, none without legs
//	frames    20 ms of 8 kHz G.711, 160 octets (RFC 3551 section 4.5.14)
//	keys      RFC 4733 events, tones in the sound, SIP INFO through Leg.Press: one key a press (hotline/media/dtmf)
//	sound out prompts ready in both codecs; silence frames when there is nothing to say, so that the far end and
//	          every NAT on the way keep seeing media; nothing at all while the far end holds the call
//	sound in  the source address and SSRC are locked; what others send is neither heard, recorded nor answered
//
// Goroutines: the workers and one recording writer, all started by Engine.Start and awaited by Engine.Stop.
// Everything exported is safe for concurrent use unless its comment says otherwise.
package media
