package siptest_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip/siptest"
)

func open(t *testing.T, w *siptest.Wire, at string) net.PacketConn {
	t.Helper()
	c, err := w.ListenPacket(netip.MustParseAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// count hears datagrams until a second passes without one.
func count(c net.PacketConn) (n int) {
	b := make([]byte, 100)
	for {
		_ = c.SetReadDeadline(time.Now().Add(time.Second))
		if _, _, err := c.ReadFrom(b); err != nil {
			return n
		}
		n++
	}
}

func TestImpairments(t *testing.T) {
	for _, c := range []struct {
		name        string
		impairments siptest.Impairments
		least, most int
	}{
		{"fine", siptest.Impairments{}, 1000, 1000},
		{"a tenth is lost", siptest.Impairments{Loss: .1}, 850, 950},
		{"a tenth comes twice", siptest.Impairments{Duplicate: .1}, 1050, 1150},
		{"late and out of order", siptest.Impairments{Delay: 100 * time.Millisecond, Jitter: 50 * time.Millisecond, Reorder: .5}, 1000, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := siptest.NewWire(3)
				w.Impair(c.impairments)
				a, b := open(t, w, "192.0.2.1:1"), open(t, w, "192.0.2.2:2")
				for range 1000 {
					_, _ = a.WriteTo([]byte("x"), b.LocalAddr())
				}
				if n := count(b); n < c.least || n > c.most {
					t.Errorf("%d of 1000 came", n)
				}
			})
		})
	}
}

func TestReadEndsByDeadlineAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		c := open(t, w, "192.0.2.1:0")
		ended := make(chan error, 1)
		read := func() {
			go func() {
				_, _, err := c.ReadFrom(make([]byte, 10))
				ended <- err
			}()
		}
		read()
		synctest.Wait()
		_ = c.SetReadDeadline(time.Now().Add(time.Second)) // while it reads
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Time{})
		read()
		synctest.Wait()
		_ = c.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Fatal(err)
		}
		if _, err := w.ListenPacket(netip.MustParseAddrPort(c.LocalAddr().String())); err != nil {
			t.Fatal("a closed address cannot be opened again:", err)
		}
	})
}
