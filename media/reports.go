package media

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// mailroom tells which of a worker's RTCP sockets have something, by one look at all of them: a report comes every few
// seconds, and looking for it at each socket would cost as much as the sound. Its worker uses it alone. Without one
// (another wire than the kernel's) every socket is looked at.
type mailroom struct {
	fd     int
	events [32]unix.EpollEvent
	legs   map[int32]*Leg
}

func newMailroom() (*mailroom, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	return &mailroom{fd: fd, legs: map[int32]*Leg{}}, nil
}

func (m *mailroom) close() {
	if m != nil {
		_ = unix.Close(m.fd)
	}
}

// enter lets the leg's socket be watched.
func (m *mailroom) enter(l *Leg) {
	s, ok := l.sockets.rtcp.(*socket)
	if m == nil || !ok {
		return
	}
	fd := int32(s.fd)
	m.legs[fd] = l
	_ = unix.EpollCtl(m.fd, unix.EPOLL_CTL_ADD, s.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: fd})
}

// leave ends that; before the socket is closed.
func (m *mailroom) leave(l *Leg) {
	s, ok := l.sockets.rtcp.(*socket)
	if m == nil || !ok {
		return
	}
	delete(m.legs, int32(s.fd))
	_ = unix.EpollCtl(m.fd, unix.EPOLL_CTL_DEL, s.fd, nil)
}

// collect handles the reports that have come for the worker's legs.
func (w *worker) collect() {
	m := w.mail
	if m == nil || len(m.legs) == 0 {
		return
	}
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(m.fd), uintptr(unsafe.Pointer(&m.events[0])), uintptr(len(m.events)), 0, 0, 0)
	if errno != 0 {
		return
	}
	for _, e := range m.events[:n] {
		if l := m.legs[e.Fd]; l != nil && l.state == alive {
			w.drainControl(l)
		}
	}
}
