package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Command is a recogniser that is a program of this machine, such as whisper.cpp's whisper-cli or one that wraps Vosk. It is run
// without a shell, at the lowest priority, with nothing of our environment but PATH and HOME, and killed with all that it started
// when its time is over. The sound never lies on the disk: {file} is a file in memory.
type Command struct {
	// Argv is the command line. {file} and {language} are filled in; without {file} the sound, a WAV file, is written to the
	// standard input. The answer is read from the standard output: text, or JSON (see [Read]).
	Argv    []string
	Timeout time.Duration
}

// Name is the program.
func (c Command) Name() string {
	if len(c.Argv) == 0 {
		return ""
	}
	return filepath.Base(c.Argv[0])
}

// Ready tells whether the program is there.
func (c Command) Ready() error {
	if len(c.Argv) == 0 {
		return ErrMissing
	}
	if _, err := exec.LookPath(c.Argv[0]); err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return nil
}

// Transcribe runs the program.
func (c Command) Transcribe(ctx context.Context, s Sound) (Heard, error) {
	if err := c.Ready(); err != nil {
		return Heard{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	file, err := inMemory(s.WAV)
	if err != nil {
		return Heard{}, fmt.Errorf("giving the recording to the recogniser: %w", err)
	}
	defer file.Close()
	// By our own process's name for it: programs that the recogniser starts find it, too.
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), file.Fd())
	fill := strings.NewReplacer("{file}", path, "{language}", s.Language)
	var args []string
	for _, a := range c.Argv {
		args = append(args, fill.Replace(a))
	}
	out, complaints := &bounded{most: largest}, &bounded{most: 1 << 20}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}
	cmd.Stdout, cmd.Stderr = out, discarding{complaints}
	if !strings.Contains(strings.Join(c.Argv, " "), "{file}") {
		cmd.Stdin = bytes.NewReader(s.WAV)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // for what it started and left behind with its output in hand
	if err := cmd.Start(); err != nil {
		return Heard{}, fmt.Errorf("starting the recogniser: %w", err)
	}
	_ = unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, 19) // a courtesy to the calls; a program that is over needs none
	err = cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind
	if ctx.Err() != nil {
		return Heard{}, fmt.Errorf("%s did not end within %v: %w", c.Name(), c.Timeout, errors.Join(ErrRubbish, ctx.Err()))
	}
	if err != nil {
		return Heard{}, fmt.Errorf("%s failed: %w: %.300s: %w", c.Name(), err, strings.TrimSpace(string(complaints.kept)), ErrRubbish)
	}
	return Read(out.kept)
}

// inMemory is a file that lies on no disk.
func inMemory(content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("recording.wav", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "recording.wav")
	if _, err := file.WriteAt(content, 0); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// discarding keeps what there is room for and takes the rest: whisper.cpp tells its progress at length.
type discarding struct{ *bounded }

// Write takes everything.
func (d discarding) Write(p []byte) (int, error) {
	_, _ = d.bounded.Write(p)
	return len(p), nil
}
