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

// TestTwoEndsOfGrowingLengthAreTwoKeys: a sender at 16 kHz of whom only ends come. The second press is longer than the first one by as
// much as their timestamps are apart, as it is within one press of a sender that puts the packet's own time into each.
func TestTwoEndsOfGrowingLengthAreTwoKeys(t *testing.T) {
	var r dtmf.Receiver
	short, long := dtmf.Event{Code: 3, End: true, Duration: 120 * 16}, dtmf.Event{Code: 3, End: true, Duration: 320 * 16}
	keys := r.Event(short, false, 1, 0, 100*time.Millisecond).N
	keys += r.Event(short, false, 2, 0, 100*time.Millisecond).N
	keys += r.Event(long, false, 3, 200*16, 500*time.Millisecond).N
	keys += r.Event(long, false, 4, 200*16, 500*time.Millisecond).N
	if keys += r.Silence(time.Second).N; keys != 2 {
		t.Errorf("%d keys", keys)
	}
}

// TestAnEndBehindALongLossIsOfThatPress: six packets were lost, so that the press was given up; of its ends, which have times of their
// own, a copy comes first.
func TestAnEndBehindALongLossIsOfThatPress(t *testing.T) {
	var r dtmf.Receiver
	event := func(end bool, order uint32, duration uint16, now time.Duration) int {
		return r.Event(dtmf.Event{Code: 6, End: end, Duration: duration}, false, order, 1000+uint32(order)*960, now).N
	}
	keys := event(false, 1, 960, 0) + event(false, 3, 2880, 40*time.Millisecond) + r.Silence(170*time.Millisecond).N
	keys += event(true, 13, 11520, 230*time.Millisecond) + event(true, 14, 11520, 230*time.Millisecond) + event(true, 12, 11520, 265*time.Millisecond)
	if keys += r.Silence(time.Second).N; keys != 1 {
		t.Errorf("%d keys", keys)
	}
}

// TestAnEndWithinTheTimeOfThePressBefore is a sender of whom only ends come and whose timestamp has fallen: the second press has a time
// within the first one. Copies of an end have one too.
func TestAnEndWithinTheTimeOfThePressBefore(t *testing.T) {
	const first, at = 2000, 100 * time.Millisecond
	for _, c := range []struct {
		name  string
		clock uint32 // kHz
		order uint32
		later time.Duration
		keys  int
	}{
		{"a copy", 8, first + 1, 20 * time.Millisecond, 1},
		{"a copy behind lost ones", 8, first + 3, 100 * time.Millisecond, 1},
		{"a press long after it", 8, first + 1, 420 * time.Millisecond, 2},
		{"a sender that began anew", 8, first + 1 + 1<<16, 220 * time.Millisecond, 2},
		{"a sender at 48 kHz that began anew", 48, first + 1 + 1<<16, 220 * time.Millisecond, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			var r dtmf.Receiver
			length := 60 * c.clock
			end := dtmf.Event{Code: 5, End: true, Duration: uint16(length)}
			keys := r.Event(end, false, first, 8000, at).N
			keys += r.Event(end, false, c.order, 8000+length-1, at+c.later).N
			if keys += r.Silence(time.Second).N; keys != c.keys {
				t.Errorf("%d keys, want %d", keys, c.keys)
			}
		})
	}
}
