package media_test

import (
	"errors"
	"net/netip"
	"testing"

	"hotline/media"
	"hotline/media/mediatest"
	"hotline/media/sdp"
	"hotline/media/udp"
)

// islet is a wire of a machine without a way in IPv6; it counts the ports that are tried.
type islet struct {
	*mediatest.Wire
	tried int
}

func (i *islet) Route(remote netip.Addr) (netip.Addr, error) {
	if remote.Is6() {
		return netip.Addr{}, errors.New("network is unreachable")
	}
	return i.Wire.Route(remote)
}

func (i *islet) Listen(at netip.AddrPort) (udp.Socket, error) {
	i.tried++
	return i.Wire.Listen(at)
}

const inIPv6 = "v=0\r\nc=IN IP6 2001:db8::9\r\nm=audio 4000 RTP/AVP 8\r\n"

// An address that this machine has no way to is refused at once, and no port is tried for it.
func TestSoundInIPv6WithoutAWayThereIsRefusedAtOnce(t *testing.T) {
	w := &islet{Wire: mediatest.NewWire(1)}
	e := mediatest.Start(t, media.Config{Bind: []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, Wire: w, Low: 20000, High: 29999})
	if _, _, err := e.Answer([]byte(inIPv6), peer()); !errors.Is(err, sdp.ErrBadAddress) || w.tried != 0 {
		t.Errorf("%v after %d ports", err, w.tried)
	}
}

// The kernel says of an address, not of a port, that no socket can be there: the other 4,999 pairs are not tried.
func TestAnAddressThatTheMachineDoesNotHaveIsNotTriedAtEveryPort(t *testing.T) {
	elsewhere := netip.MustParseAddr("192.0.2.55")
	e := mediatest.Start(t, media.Config{Bind: []netip.Addr{elsewhere}, Low: 20000, High: 29999})
	_, _, err := e.Answer([]byte("v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 8\r\n"), media.Peer{Local: elsewhere, Remote: netip.MustParseAddr("192.0.2.1")})
	if !errors.Is(err, sdp.ErrBadAddress) || errors.Is(err, media.ErrNoPorts) {
		t.Error(err)
	}
}
