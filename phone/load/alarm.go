package load

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// alarm wakes the crowd by a timerfd: once, and when it is due. The runtime's own timers sleep in whole milliseconds.
type alarm struct {
	fd     int
	file   *os.File
	octets [8]byte
}

func newAlarm() (*alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a timer: %w", err)
	}
	return &alarm{fd: fd, file: os.NewFile(uintptr(fd), "timer of the crowd")}, nil
}

func (a *alarm) sleep(d time.Duration) {
	s := unix.ItimerSpec{Value: unix.NsecToTimespec(max(1, d.Nanoseconds()))}
	if unix.TimerfdSettime(a.fd, 0, &s, nil) != nil {
		time.Sleep(d)
		return
	}
	_, _ = a.file.Read(a.octets[:])
}

func (a *alarm) close() { _ = a.file.Close() }
