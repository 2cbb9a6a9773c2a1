package media

import (
	"fmt"
	"os"
	"sync/atomic"
	"time"

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
type timer struct {
	now    func() time.Duration
	fd     int
	file   *os.File
	octets [8]byte
	roused atomic.Bool
	asleep atomic.Bool
}

func newTimer(now func() time.Duration) (*timer, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	return &timer{now: now, fd: fd, file: os.NewFile(uintptr(fd), "timer of sound")}, nil
}

func (t *timer) wait(until time.Duration) {
	t.asleep.Store(true)
	t.set(until - t.now())
	if !t.roused.Load() {
		_, _ = t.file.Read(t.octets[:])
	}
	t.asleep.Store(false)
	t.roused.Store(false)
}

// set lets the timer run out after d, at once when that is over.
func (t *timer) set(d time.Duration) {
	s := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, d.Nanoseconds()))}
	_ = unix.TimerfdSettime(t.fd, 0, &s, nil)
}

func (t *timer) rouse() {
	if !t.roused.Swap(true) && t.asleep.Load() {
		t.set(0)
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
