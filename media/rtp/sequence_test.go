package rtp

import "testing"

func TestLossIsCountedThroughWrapsDuplicatesAndRestarts(t *testing.T) {
	var s Sequence
	for _, n := range []uint16{65533, 65534, 65534, 1, 0, 2, 30000, 30001, 30003} {
		s.Accept(n, false, 0)
	}
	// 65535 never came, 30000 waits for 30001 to be believed, 30002 never came
	if s.Received() != 7 || s.Lost() != 2 {
		t.Errorf("received %d, lost %d", s.Received(), s.Lost())
	}
}
