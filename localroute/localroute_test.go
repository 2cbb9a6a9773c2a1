package localroute

import (
	"net/netip"
	"testing"
)

func TestTheLoopbackIsReachedFromItself(t *testing.T) {
	for _, far := range []string{"127.0.0.1", "::1"} {
		got, err := To(netip.MustParseAddr(far))
		if err != nil || got != netip.MustParseAddr(far) {
			t.Errorf("to %s leads %v, %v", far, got, err)
		}
	}
}
