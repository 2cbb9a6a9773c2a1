package media

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pacer lets one worker sleep.
type pacer interface {
	// wait comes back at an instant of the engine's time, or when somebody has roused since the last wait.
	wait(until time.Duration)
	// rouse ends the wait of now, or the next one. Safe for concurrent use.
	rouse()
	close()
}

// far is when a worker without legs would wake by itself.
const far = 1000 * time.Hour

// timer is the pacer of workers on the kernel's wire: a timerfd, which Go's poller watches. A timer of the runtime
// sleeps in whole milliseconds, and so wakes up to a millisecond late and often twice; this one wakes once, when it is due.
// Its system calls are raw ones, as those of the sockets are: one that the scheduler sees wakes the runtime's own watcher,
// a thread that then looks on, every 20 µs, until the worker sleeps again.
type timer struct {
	now    func() time.Duration
	fd     int
	file   *os.File
	conn   syscall.RawConn
	over   func(fd uintptr) bool // ranOut, made once
	set    time.Duration         // instant at which it runs out; negative for none
	roused atomic.Bool
	asleep atomic.Bool
}

func newTimer(now func() time.Duration) (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	t := &timer{now: now, fd: fd, file: os.NewFile(uintptr(fd), "timer of sound"), set: -1}
	t.over = t.ranOut
	if t.conn, err = t.file.SyscallConn(); err != nil {
		return nil, errors.Join(fmt.Errorf("making a timer: %w", err), t.file.Close())
	}
	return t, nil
}

func (t *timer) wait(until time.Duration) {
	t.asleep.Store(true)
	if until != t.set {
		t.set = until
		s := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, (until - t.now()).Nanoseconds()))} // at once when that is over
		_, _, _ = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(t.fd), 0, uintptr(unsafe.Pointer(&s)), 0, 0, 0)
	}
	if !t.roused.Load() {
		if err := t.conn.Read(t.over); err != nil { // roused, by a deadline that is over
			_ = t.file.SetReadDeadline(time.Time{})
		}
	}
	t.asleep.Store(false)
	t.roused.Store(false)
}

// ranOut tells whether the timer has, and takes note of it.
func (t *timer) ranOut(fd uintptr) bool {
	var times uint64
	_, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&times)), unsafe.Sizeof(times))
	if errno == unix.EAGAIN {
		return false
	}
	t.set = -1
	return true
}

func (t *timer) rouse() {
	if !t.roused.Swap(true) && t.asleep.Load() {
		_ = t.file.SetReadDeadline(time.Unix(1, 0))
	}
}

func (t *timer) close() { _ = t.file.Close() }

// sleeper is the pacer of workers on any other wire, in virtual time above all.
type sleeper struct {
	now  func() time.Duration
	wake chan struct{} // one deep
}

func newSleeper(now func() time.Duration) *sleeper {
	return &sleeper{now: now, wake: make(chan struct{}, 1)}
}

func (s *sleeper) wait(until time.Duration) {
	t := time.NewTimer(until - s.now())
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.wake:
	}
}

func (s *sleeper) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *sleeper) close() {}
