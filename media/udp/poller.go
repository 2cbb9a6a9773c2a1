package udp

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Poller tells which of many sockets have something to receive, by one look at all of them (epoll). Each socket stands for
// a value of its user. It is for sockets at which little comes: one look at each would cost as much as receiving. Used by
// one goroutine.
type Poller[T any] struct {
	fd     int
	events [32]unix.EpollEvent
	values map[int32]T // by file descriptor
	ready  []T
}

// NewPoller makes a poller without sockets.
func NewPoller[T any]() (*Poller[T], error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &Poller[T]{fd: fd, values: map[int32]T{}, ready: make([]T, 0, 32)}, nil
}

// Close gives the poller's file descriptor back.
func (p *Poller[T]) Close() { _ = unix.Close(p.fd) }

// Add has a socket polled, which stands for v. A socket that is not the kernel's is passed over.
func (p *Poller[T]) Add(s Socket, v T) {
	k, ok := s.(*socket)
	if !ok {
		return
	}
	fd := int32(k.fd)
	p.values[fd] = v
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, k.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: fd})
}

// Remove ends that; before the socket is closed.
func (p *Poller[T]) Remove(s Socket) {
	k, ok := s.(*socket)
	if !ok {
		return
	}
	delete(p.values, int32(k.fd))
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, k.fd, nil)
}

// Ready gives what the sockets stand for at which something waits, at most 32 of them. It never blocks. The list is valid
// until the next call; a socket in it may have been removed since.
func (p *Poller[T]) Ready() []T {
	p.ready = p.ready[:0]
	if len(p.values) == 0 {
		return nil
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	if errno != 0 {
		return nil
	}
	for _, e := range p.events[:n] {
		if v, ok := p.values[e.Fd]; ok {
			p.ready = append(p.ready, v)
		}
	}
	return p.ready
}
