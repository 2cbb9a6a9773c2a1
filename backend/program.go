// Package backend asks the owner's own programs and servers for one piece of work: to speak a text, or to write down a recording. What
// each may cost is bounded: its time, the octets of its answer, and what it leaves behind.
package backend

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Errors of programs and servers.
var (
	// ErrMissing means that the program is not installed, or not named.
	ErrMissing = errors.New("there is no such program")
	// ErrLarge means that a program wrote more than it may.
	ErrLarge = errors.New("the answer is too large")
	// ErrAnswer means that a server answered with another status than 200, or with more than it may.
	ErrAnswer = errors.New("the answer of the server is none")
)

// lowest is the niceness of the lowest priority (setpriority(2)).
const lowest = 19

// Program is a program of this machine. No shell reads its command line. It is run at a low priority, with nothing of our
// environment but PATH and HOME. When its time is over it is killed; when it has ended, so is all that it started.
type Program struct {
	Argv    []string // the command line
	Timeout time.Duration
	Nice    int // its niceness, from 1 to 19; 0: 19, the lowest priority
}

// Run is one run of a program.
type Run struct {
	Fill  *strings.Replacer // fills in the places of the command line, such as {text}
	Dir   string            // in which it runs; empty: in ours
	Input []byte            // its standard input; nil: it has none
	Most  int               // octets that it may write to its standard output
	File  int64             // octets that a file of it, or of what it starts, may have, rounded up; 0: as many as it likes
}

// complaintsMost is how many octets of a program's complaints are kept, for the log.
const complaintsMost = 500

// ulimitUnit is the unit of a shell's ulimit -f, in octets (POSIX, "ulimit"). Some shells take twice as much.
const ulimitUnit = 512

// Find is ErrMissing where the program is not installed.
func (p Program) Find() error {
	if len(p.Argv) == 0 {
		return ErrMissing
	}
	if _, err := exec.LookPath(p.Argv[0]); err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return nil
}

// Uses tells whether a place, such as {file}, stands in the command line.
func (p Program) Uses(place string) bool { return strings.Contains(strings.Join(p.Argv, " "), place) }

// Output runs the program and gives what it wrote to its standard output. The errors are ErrMissing, ErrLarge, that of ctx, and where the
// program failed an [exec.ExitError] with what it complained of, or else with what it wrote.
func (p Program) Output(ctx context.Context, r Run) ([]byte, error) {
	if err := p.Find(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	name, args := p.Argv[0], p.arguments(r)
	answer, complaints := &limited{most: r.Most}, &limited{most: complaintsMost}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = r.Dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}
	cmd.Stdout, cmd.Stderr = answer, tolerant{complaints}
	if r.Input != nil {
		cmd.Stdin = bytes.NewReader(r.Input)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // for what it started and left behind with its output in hand
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	_ = unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, cmp.Or(p.Nice, lowest)) // a courtesy to the calls of this machine; one that is over already needs none
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s did not end within %s: %w", name, p.Timeout, ctx.Err())
	case answer.full:
		return nil, fmt.Errorf("%s wrote more than %d octets: %w", name, r.Most, ErrLarge)
	case err != nil:
		return nil, fmt.Errorf("%s failed: %w: %s", name, err, cmp.Or(complaints.words(), answer.words()))
	}
	return answer.kept, nil
}

// arguments is the command line with its places filled in. Where files are bounded, the bound is set before the program begins: what it
// starts at its first instant has it too. A shell sets it and becomes the program; it reads no word of the command line.
func (p Program) arguments(r Run) []string {
	var args []string
	if r.File > 0 {
		const become = `ulimit -f "$0" 2>/dev/null; exec "$@"` // a bound that is lower already stays
		args = []string{"/bin/sh", "-c", become, strconv.FormatInt((r.File+ulimitUnit-1)/ulimitUnit, 10)}
	}
	for _, a := range p.Argv {
		args = append(args, r.Fill.Replace(a))
	}
	return args
}

// limited keeps the first octets that are written to it. It refuses the rest, which ends a program that writes without end. It has no buffer
// embedded: its ReadFrom would be taken in the place of Write, and knows no bound.
type limited struct {
	kept []byte
	most int
	full bool
}

// Write fails once there is no room.
func (l *limited) Write(p []byte) (int, error) {
	room := l.most - len(l.kept)
	if len(p) <= room {
		l.kept = append(l.kept, p...)
		return len(p), nil
	}
	l.full = true
	l.kept = append(l.kept, p[:room]...)
	return room, io.ErrShortWrite
}

// words is the beginning of what was written.
func (l *limited) words() string {
	return strings.TrimSpace(string(l.kept[:min(len(l.kept), complaintsMost)]))
}

// tolerant takes what there is no room for, too: a program that is stopped in its words would not say why it failed, and some tell their
// progress at length.
type tolerant struct{ *limited }

// Write never fails.
func (t tolerant) Write(p []byte) (int, error) {
	_, _ = t.limited.Write(p)
	return len(p), nil
}
