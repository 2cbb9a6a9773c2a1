// Package timer lets one worker of sound sleep until it is due, or until another goroutine wakes it.
//
// A timer of the Go runtime sleeps in whole milliseconds, and so wakes up to a millisecond late and often twice. [NewKernel]
// wakes once, when it is due. [NewRuntime] works in virtual time, in the tests of package media.
package timer

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

// Timer lets one worker sleep. Wait and Close are its worker's; Wake is safe for concurrent use.
type Timer interface {
	// Wait comes back at an instant of the clock, or when somebody has woken the worker since the last Wait.
	Wait(until time.Duration)
	// Wake ends the Wait of now, or the next one.
	Wake()
	// Close gives the timer's resources back.
	Close()
}

// Never is an instant at which no worker has to wake by itself.
const Never = 1000 * time.Hour

// kernel is a timerfd, which Go's poller watches. Its system calls are raw ones, like those of the sockets. A system call that
// the scheduler sees wakes the runtime's monitor thread, which then polls every 20 µs until the worker sleeps again.
type kernel struct {
	now    func() time.Duration
	fd     int
	file   *os.File
	conn   syscall.RawConn
	over   func(fd uintptr) bool // ranOut, made once
	set    time.Duration         // instant at which it runs out; negative for none
	woken  atomic.Bool
	asleep atomic.Bool
}

// NewKernel makes a timer of the kernel. now is the clock, the time since any fixed instant.
func NewKernel(now func() time.Duration) (Timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	t := &kernel{now: now, fd: fd, file: os.NewFile(uintptr(fd), "timer of sound"), set: -1}
	t.over = t.ranOut
	if t.conn, err = t.file.SyscallConn(); err != nil {
		return nil, errors.Join(fmt.Errorf("making a timer: %w", err), t.file.Close())
	}
	return t, nil
}

func (t *kernel) Wait(until time.Duration) {
	t.asleep.Store(true)
	if until != t.set {
		t.set = until
		s := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, (until - t.now()).Nanoseconds()))} // at once when that is over
		_, _, _ = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(t.fd), 0, uintptr(unsafe.Pointer(&s)), 0, 0, 0)
	}
	if !t.woken.Load() {
		if err := t.conn.Read(t.over); err != nil { // woken, by a deadline that is over
			_ = t.file.SetReadDeadline(time.Time{})
		}
	}
	t.asleep.Store(false)
	t.woken.Store(false)
}

// ranOut tells whether the timer has, and takes note of it.
func (t *kernel) ranOut(fd uintptr) bool {
	var times uint64
	_, _, errno := unix.RawSyscall(unix.SYS_READ, fd, uintptr(unsafe.Pointer(&times)), unsafe.Sizeof(times))
	if errno == unix.EAGAIN {
		return false
	}
	t.set = -1
	return true
}

func (t *kernel) Wake() {
	if !t.woken.Swap(true) && t.asleep.Load() {
		_ = t.file.SetReadDeadline(time.Unix(1, 0))
	}
}

func (t *kernel) Close() { _ = t.file.Close() }

// runtime is a timer of the Go runtime.
type runtime struct {
	now   func() time.Duration
	wake  chan struct{} // one deep
	timer *time.Timer   // made by the first Wait
}

// NewRuntime makes a timer of the Go runtime, which follows virtual time. now is the clock.
func NewRuntime(now func() time.Duration) Timer {
	return &runtime{now: now, wake: make(chan struct{}, 1)}
}

func (s *runtime) Wait(until time.Duration) {
	if s.timer == nil {
		s.timer = time.NewTimer(until - s.now())
	} else {
		s.timer.Reset(until - s.now())
	}
	select {
	case <-s.timer.C:
	case <-s.wake:
		s.timer.Stop()
	}
}

func (s *runtime) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *runtime) Close() {}
