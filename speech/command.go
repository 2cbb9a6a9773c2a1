package speech

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hotline/prompts"
	"hotline/prompts/written"
)

// Command is a voice that is a program of this machine, such as SVOX Pico's pico2wave. It is run without a shell, at the
// lowest priority, with nothing of our environment but PATH and HOME, and killed with all that it started when its time is over.
type Command struct {
	// Argv is the command line. {text}, {language} (it), {voice} and {file} are filled in; without {file} the sound is read
	// from its standard output, without {text} the text is written to its standard input.
	Argv    []string
	Voices  map[prompts.Language]string
	Timeout time.Duration
}

// Ready tells whether the program is there.
func (c Command) Ready() error {
	if len(c.Argv) == 0 {
		return ErrNoVoice
	}
	if _, err := exec.LookPath(c.Argv[0]); err != nil {
		return fmt.Errorf("%w: %w", ErrNoVoice, err)
	}
	return nil
}

// Voice is the command line and the voice.
func (c Command) Voice(lang prompts.Language) string {
	return "command\x00" + strings.Join(c.Argv, "\x00") + "\x00" + c.Voices[lang]
}

// Speak runs the program.
func (c Command) Speak(ctx context.Context, t Text) (Samples, error) {
	dir, err := os.MkdirTemp("", "hotline-voice-*")
	if err != nil {
		return Samples{}, fmt.Errorf("making a folder for the voice: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "said.wav")
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	said, err := c.run(ctx, dir, file, t)
	if ctx.Err() != nil {
		return Samples{}, fmt.Errorf("%s did not end within %s: %w", c.Argv[0], c.Timeout, ctx.Err())
	}
	if err != nil {
		return Samples{}, err
	}
	if c.uses("{file}") {
		if said, err = readBounded(file); err != nil {
			return Samples{}, fmt.Errorf("%s ended and left no sound: %w: %w", c.Argv[0], ErrRubbish, err)
		}
	}
	s, err := readWAV(said)
	if err != nil {
		return Samples{}, fmt.Errorf("%s gave %w", c.Argv[0], err)
	}
	return s, nil
}

func (c Command) uses(place string) bool {
	return strings.Contains(strings.Join(c.Argv, " "), place)
}

// run starts the program and waits for it; said is its standard output.
func (c Command) run(ctx context.Context, dir, file string, t Text) (said []byte, err error) {
	var args []string
	fill := strings.NewReplacer("{text}", c.marked(t), "{language}", string(t.Language), "{voice}", c.Voices[t.Language], "{file}", file)
	for _, a := range c.Argv {
		args = append(args, fill.Replace(a))
	}
	out, complaints := &bounded{most: largest + 1}, &bounded{most: 500}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LANG=C.UTF-8"}
	cmd.Stdout, cmd.Stderr = out, complaints
	if !c.uses("{text}") {
		cmd.Stdin = strings.NewReader(t.Words)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second // for what it started and left behind with its output in hand
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the voice: %w", err)
	}
	// Both are courtesies to the calls of this machine; a program that is over already needs none.
	_ = unix.Setpriority(unix.PRIO_PGRP, cmd.Process.Pid, 19)
	_ = unix.Prlimit(cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: largest + 1, Max: largest + 1}, nil)
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("%s failed: %w: %s", c.Argv[0], err, strings.TrimSpace(complaints.String()))
	}
	return out.Bytes(), nil
}

// marked is the text in Pico's markup, for Pico: at half volume, because it clips at full, and as slow as the voices that
// ship. Inside a sentence a comma keeps the melody up.
func (c Command) marked(t Text) string {
	words := t.Words
	if t.Class == prompts.Infix && !strings.HasSuffix(words, ",") && !strings.HasSuffix(words, ".") {
		words += ","
	}
	if filepath.Base(c.Argv[0]) != "pico2wave" {
		return words
	}
	words = strings.ReplaceAll(words, "&", " "+written.In(t.Language).Text("spelled-&")+" ")
	return `<volume level="55"><speed level="95">` + words + `</speed></volume>`
}

// bounded keeps the first octets written to it and drops the rest.
type bounded struct {
	bytes.Buffer
	most int
}

// Write never fails: a program that is stopped in its words would not say why.
func (b *bounded) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), max(b.most-b.Len(), 0))])
	return len(p), nil
}

func readBounded(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, largest+1))
	return b, errors.Join(err, f.Close())
}
