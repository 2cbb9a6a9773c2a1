package voices

import (
	"hotline/media"
	"hotline/media/g711"
)

// What is a pause inside a sound: the packs have 600 ms to a second between sentences and between the options of a menu, and 400 ms at
// a comma.
const (
	quiet    = 64                 // of 32768: what is below is silence, -54 dBFS
	aPause   = g711.Rate / 2      // samples
	longerBy = 8 * g711.Rate / 10 // samples that each pause gets
)

// slowly is a sound whose inner pauses are longer. Its ends stay as they are.
func slowly(s media.Sound) media.Sound {
	alaw := s.Octets(g711.ALaw)
	samples := g711.ALaw.Samples(alaw)
	slow := make([]byte, 0, 2*len(alaw))
	still, spoken := 0, false
	for i, v := range samples {
		if v > -quiet && v < quiet {
			still++
		} else {
			if spoken && still >= aPause {
				for range longerBy {
					slow = append(slow, g711.ALaw.Silence())
				}
			}
			still, spoken = 0, true
		}
		slow = append(slow, alaw[i])
	}
	return media.EncodedSound(g711.ALaw, slow)
}
