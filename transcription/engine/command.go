package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"hotline/backend"
)

// Command is a recogniser that is a program of this machine, such as whisper.cpp's whisper-cli or one that wraps Vosk. It is run
// without a shell, at the lowest priority and within bounds ([backend.Program]). The sound never lies on the disk: {file} is a file in memory.
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

// program is the program that transcribes.
func (c Command) program() backend.Program { return backend.Program{Argv: c.Argv, Timeout: c.Timeout} }

// Ready tells whether the program is there.
func (c Command) Ready() error {
	if err := c.program().Find(); err != nil {
		return fmt.Errorf("%w: %w", ErrMissing, err)
	}
	return nil
}

// Transcribe runs the program.
func (c Command) Transcribe(ctx context.Context, s Sound) (Heard, error) {
	if err := c.Ready(); err != nil {
		return Heard{}, err
	}
	file, err := inMemory(s.WAV)
	if err != nil {
		return Heard{}, fmt.Errorf("giving the recording to the recogniser: %w", err)
	}
	defer file.Close()
	// By our own process's name for it: programs that the recogniser starts find it, too.
	path := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), file.Fd())
	r := backend.Run{Fill: strings.NewReplacer("{file}", path, "{language}", s.Language), Most: largest, File: scratch}
	if !c.program().Uses("{file}") {
		r.Input = s.WAV
	}
	text, err := c.program().Output(ctx, r)
	if err != nil {
		return Heard{}, fmt.Errorf("%w: %w", ErrRubbish, err)
	}
	return Read(text)
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
