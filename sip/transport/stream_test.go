package transport

import (
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip/guard"
)

// starved is a listener without file descriptors.
type starved struct {
	net.Listener
	tries  int
	closed chan struct{}
}

func (s *starved) Accept() (net.Conn, error) {
	select {
	case <-s.closed:
		return nil, net.ErrClosed
	default:
		s.tries++
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
}

// quietGuard knows nobody and writes nothing down.
func quietGuard() *guard.Guard {
	return guard.New(guard.Config{Log: slog.New(slog.DiscardHandler), Known: func(netip.Addr) bool { return false }})
}

var usual = Timeouts{First: 10 * time.Second, Idle: 10 * time.Minute, Half: 10 * time.Second, Linger: 2 * time.Second}

func TestAcceptSurvivesTooManyFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newStreams(quietGuard(), usual, "TCP", netip.AddrPort{})
		s := &starved{closed: make(chan struct{})}
		done := make(chan struct{})
		go func() { l.serve(s, netip.AddrPort{}, nil); close(done) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		if s.tries < 50 || s.tries > 90 {
			t.Errorf("%d tries in a minute", s.tries)
		}
		close(s.closed)
		<-done
	})
}

// A connection that never finishes its message, or never says a word, is closed.
func TestSilentStreamIsClosed(t *testing.T) {
	for name, c := range map[string]struct {
		say   string
		after time.Duration
	}{"half a message": {"INVITE sip:x SIP/2.0\r\n", 10 * time.Second}, "nothing": {"", 10 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newStreams(quietGuard(), usual, "TCP", netip.AddrPort{})
				far, near := net.Pipe()
				var both sync.WaitGroup
				both.Go(func() { _, _ = l.add(near, netip.AddrPort{}, false) })
				conn, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				begun := time.Now()
				both.Go(func() { _, _ = far.Write([]byte(c.say)) })
				if _, err := conn.Read(make([]byte, 100)); err == nil || time.Since(begun) != c.after {
					t.Fatal(err, time.Since(begun))
				}
				if len(l.open) != 0 || len(l.byHost) != 0 {
					t.Fatal("still counted")
				}
				_ = far.Close()
				both.Wait()
			})
		})
	}
}
