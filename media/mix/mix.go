// Package mix sums the sound of three parties, so that each hears the two others (a conference by sample-wise addition, as ITU-T
// G.711 sound is mixed after its expansion). It knows nothing of packets or time: sound comes in as it is heard, and goes out by
// frames as each party's turn comes. A mix is used by one goroutine.
package mix

import (
	"math"

	"hotline/media/g711"
)

// Parties is how many talk: a caller and two engineers.
const Parties = 3

const (
	frame   = 160       // samples of 20 ms: what a party is sent at a turn
	room    = 1 << 12   // samples of a party's sound that are kept, 512 ms
	lead    = 2 * frame // samples that wait before a party's sound is begun: packets come unevenly
	excess  = 3 * frame // samples beyond the lead that may wait; more is of a clock that is faster than ours, or of a bunch that was late
	longest = 1600      // samples of the longest packet that is reckoned with, 200 ms
)

// Mix is what three parties say, each under its seat, 0 to 2. The zero value is silence.
type Mix struct {
	voices [Parties]voice
	sum    [frame]int32
}

// voice is the sound of one party, and how far the others have heard it.
type voice struct {
	sound  [room]int16 // a ring
	said   int         // samples since the beginning
	packet int         // samples of the last packet
	heard  [Parties]listener
}

// listener is how far one party has heard another one.
type listener struct {
	at    int  // samples since the beginning
	flows bool // enough waited; false while too little does
}

// Put takes what the party of a seat says: the octets of one packet, which has come in order.
func (m *Mix) Put(seat int, octets []byte, codec g711.Codec) {
	v := &m.voices[seat]
	octets = octets[max(0, len(octets)-longest):]
	for _, o := range octets {
		v.sound[v.said%room] = codec.DecodeSample(o)
		v.said++
	}
	v.packet = len(octets)
}

// Frame fills a frame of 160 octets with the sum of what the others than the party of a seat say, saturated. Where one of them says
// nothing the other one is heard alone; sound that waited too long is passed over.
func (m *Mix) Frame(seat int, payload []byte, codec g711.Codec) {
	clear(m.sum[:])
	voices := 0
	for i := range m.voices {
		if i != seat && m.voices[i].add(seat, m.sum[:]) {
			voices++
		}
	}
	if voices == 0 {
		for i := range payload {
			payload[i] = codec.Silence()
		}
		return
	}
	for i := range min(len(payload), frame) {
		payload[i] = codec.EncodeSample(int16(min(max(m.sum[i], math.MinInt16), math.MaxInt16)))
	}
}

// add adds the voice's next frame for the party of a seat; false where there is none.
func (v *voice) add(seat int, sum []int32) bool {
	l, wanted := &v.heard[seat], max(lead, v.packet+frame)
	waits := v.said - l.at
	if waits > wanted+excess {
		l.at, waits = v.said-wanted, wanted
	}
	if l.flows = l.flows && waits >= frame || waits >= wanted; !l.flows {
		return false
	}
	for i := range sum {
		sum[i] += int32(v.sound[(l.at+i)%room])
	}
	l.at += frame
	return true
}
