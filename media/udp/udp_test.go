package udp_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"hotline/media/udp"
)

func listen(t *testing.T, at string) udp.Socket {
	t.Helper()
	s, err := udp.Kernel{}.Listen(netip.AddrPortFrom(netip.MustParseAddr(at), 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestDatagramsComeWithTheirSourceInBothFamilies(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		a, b := listen(t, ip), listen(t, ip)
		var room [100]byte
		if _, _, ok := b.Receive(room[:]); ok {
			t.Errorf("%s: something waits at a new socket", ip)
		}
		for _, text := range []string{"one", "two"} {
			a.Send([]byte(text), b.Addr())
			n, from, ok := await(b, room[:])
			if !ok || string(room[:n]) != text || from != a.Addr() {
				t.Errorf("%s: %q of %s, %v", ip, room[:n], from, ok)
			}
		}
	}
}

// await looks at a socket until something is there, for twenty seconds at most.
func await(s udp.Socket, b []byte) (n int, from netip.AddrPort, ok bool) {
	for end := time.Now().Add(20 * time.Second); !ok && time.Now().Before(end); {
		n, from, ok = s.Receive(b)
	}
	return n, from, ok
}

func TestAnAddressThatIsNotOursIsToldFromAPortThatIsTaken(t *testing.T) {
	if _, err := (udp.Kernel{}).Listen(netip.MustParseAddrPort("192.0.2.55:0")); !errors.Is(err, udp.ErrNoWay) {
		t.Errorf("an address that this machine does not have: %v", err)
	}
	taken := listen(t, "127.0.0.1")
	if _, err := (udp.Kernel{}).Listen(taken.Addr()); err == nil || errors.Is(err, udp.ErrNoWay) {
		t.Errorf("a port that is taken: %v", err)
	}
}

func TestAPollerNamesTheSocketsAtWhichSomethingWaits(t *testing.T) {
	p, err := udp.NewPoller[string]()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sender, room := listen(t, "127.0.0.1"), [100]byte{}
	sockets := map[string]udp.Socket{"a": listen(t, "127.0.0.1"), "b": listen(t, "127.0.0.1"), "c": listen(t, "127.0.0.1")}
	for name, s := range sockets {
		p.Add(s, name)
	}
	p.Remove(sockets["c"])
	if ready := p.Ready(); len(ready) != 0 {
		t.Errorf("%v are ready", ready)
	}
	for _, name := range []string{"b", "c"} {
		sender.Send([]byte("x"), sockets[name].Addr())
	}
	var ready []string
	for end := time.Now().Add(20 * time.Second); len(ready) == 0 && time.Now().Before(end); {
		ready = p.Ready()
	}
	if len(ready) != 1 || ready[0] != "b" {
		t.Errorf("%v are ready", ready)
	}
	if _, _, ok := sockets["b"].Receive(room[:]); !ok || len(p.Ready()) != 0 {
		t.Error("what was received waits all the same")
	}
}
