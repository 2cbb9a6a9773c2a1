package dtmf_test

import (
	"testing"
	"time"

	"hotline/media/dtmf"
)

func FuzzEvent(f *testing.F) {
	f.Add([]byte{5, 0x8a, 3, 0x20}, uint32(160))
	f.Fuzz(func(t *testing.T, b []byte, timestamp uint32) {
		e, ok := dtmf.ParseEvent(b)
		if !ok {
			return
		}
		var r dtmf.Receiver
		first := r.Event(e, false, 7, timestamp, 0)
		again := r.Event(e, false, 7, timestamp, time.Millisecond)
		late := r.Silence(time.Second)
		if n := first.N + again.N + late.N; n != 1 || !first.Began {
			t.Fatalf("one packet twice made %d keys", n)
		}
	})
}
