package load

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a running process that is watched from outside.
type Process int

// CPU is its user and system time so far, to the nanosecond: the kernel's clock of another process
// (clock_getcpuclockid(3)).
func (p Process) CPU() (time.Duration, error) {
	const scheduled = 2
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^int(p)<<3|scheduled), &t); err != nil {
		return 0, fmt.Errorf("reading the CPU time of process %d: %w", int(p), err)
	}
	return time.Duration(t.Nano()), nil
}

// Memory is its resident set in octets.
func (p Process) Memory() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", int(p)))
	if err != nil {
		return 0, fmt.Errorf("reading the memory of process %d: %w", int(p), err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, fmt.Errorf("reading the memory of process %d: %q", int(p), text)
	}
	pages, err := strconv.Atoi(fields[1])
	return pages * os.Getpagesize(), err
}

// Files counts its open files, sockets among them.
func (p Process) Files() (files, sockets int, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", int(p))
	list, err := os.ReadDir(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("reading the open files of process %d: %w", int(p), err)
	}
	for _, e := range list {
		if to, err := os.Readlink(filepath.Join(dir, e.Name())); err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return len(list), sockets, nil
}

// stat are the fields of proc(5) behind the name: state, parent, ...
func stat(pid int) (name string, fields []string, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", nil, err
	}
	_, rest, _ := strings.Cut(string(text), "(")
	at := strings.LastIndexByte(rest, ')')
	if at < 0 {
		return "", nil, errors.New("no name")
	}
	fields = strings.Fields(rest[at+1:])
	if len(fields) < 16 {
		return "", nil, errors.New("too short")
	}
	return rest[:at], fields, nil
}

// children are the living child processes with a name.
func (p Process) children(name string) []Process {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var list []Process
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if n, fields, err := stat(pid); err == nil && n == name && fields[1] == strconv.Itoa(int(p)) {
			list = append(list, Process(pid))
		}
	}
	return list
}

// PostgreSQL is the CPU time of the private database that a process runs, its servers that have ended included; 0
// without one. The servers that have ended count in steps of 10 ms.
func (p Process) PostgreSQL() time.Duration {
	var sum time.Duration
	for _, master := range p.children("postgres") {
		for _, q := range append(master.children("postgres"), master) {
			if used, err := q.CPU(); err == nil { // one that has ended in the meantime has left its time to its parent
				sum += used
			}
		}
		sum += master.ended()
	}
	return sum
}

// ended is the CPU time of the children that have ended.
func (p Process) ended() time.Duration {
	const user, system, tick = 13, 14, 10 * time.Millisecond // cutime, cstime
	_, fields, err := stat(int(p))
	if err != nil {
		return 0
	}
	var sum time.Duration
	for _, field := range []int{user, system} {
		n, _ := strconv.Atoi(fields[field])
		sum += time.Duration(n) * tick
	}
	return sum
}

// Own is the CPU time of this process.
func Own() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// LoadAverage is the machine's over the last minute, "?" where it does not tell.
func LoadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
