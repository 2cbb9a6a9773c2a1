package media

import (
	"testing"
	"time"
)

// BenchmarkReceive is what one packet costs from the socket to where it is heard: sound where keys come as events, sound
// that is listened to for tones, and events.
func BenchmarkReceive(b *testing.B) {
	for _, c := range []struct {
		name   string
		key    bool
		events uint8
	}{{"sound", false, 101}, {"sound with tones in it", false, 0}, {"events", true, 101}} {
		b.Run(c.name, func(b *testing.B) {
			w, l := bench(b, c.key)
			l.terms.EventsIn, l.terms.EventsOut = c.events, c.events
			b.ReportAllocs()
			for b.Loop() {
				w.now += 20 * time.Millisecond
				next(l)
				w.receive(l)
				for len(l.keys.waiting) > 0 {
					<-l.keys.waiting
				}
			}
		})
	}
}
