// Package spool is the folder of recordings: WAV files that can be played at every instant, also while they are written.
package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/storage"
)

// Folder is the folder of recordings, which are named by their opaque ids. Nothing outside the folder can be named. Safe for
// concurrent use.
type Folder struct{ root *os.Root }

const suffix = ".wav"

// Open opens the folder and makes it when it is missing.
func Open(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the folder of recordings: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of recordings: %w", err)
	}
	return &Folder{root}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// recording is one that is being written.
type recording struct {
	file *os.File
	wav  *wav.Writer
}

// Create begins a recording in a codec. Write appends octets of the codec; Close makes the file whole and brings it to the
// disk. The writer is used by one goroutine.
func (f *Folder) Create(id string, c g711.Codec) (io.WriteCloser, error) {
	file, err := f.root.OpenFile(id+suffix, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("beginning recording %s: %w", id, err)
	}
	w, err := wav.NewWriter(file, wav.G711(c))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("beginning recording %s: %w", id, err), file.Close())
	}
	return &recording{file, w}, nil
}

func (r *recording) Write(octets []byte) (int, error) { return r.wav.Write(octets) }

func (r *recording) Close() error {
	return errors.Join(r.wav.Close(), r.file.Sync(), r.file.Close())
}

// Remove deletes a recording that nobody keeps. One that is not there is no fault.
func (f *Folder) Remove(id string) error {
	if err := f.root.Remove(id + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("deleting recording %s: %w", id, err)
	}
	return nil
}

// Open opens a recording for reading; storage.ErrNotFound when there is none.
func (f *Folder) Open(id string) (io.ReadSeekCloser, error) {
	file, err := f.root.Open(id + suffix)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: %w", storage.ErrNotFound, err)
	}
	if err != nil {
		return nil, fmt.Errorf("opening recording %s: %w", id, err)
	}
	return file, nil
}

// Octets reads a recording back, also one that is still being written.
func (f *Folder) Octets(id string) (c g711.Codec, octets []byte, err error) {
	file, err := f.Open(id)
	if err != nil {
		return 0, nil, err
	}
	defer file.Close()
	format, octets, err := wav.Read(file)
	if err != nil {
		return 0, nil, fmt.Errorf("reading recording %s: %w", id, err)
	}
	c, ok := format.Codec()
	if !ok {
		return 0, nil, fmt.Errorf("reading recording %s: it is linear sound, and not G.711", id)
	}
	return c, octets, nil
}

// Sum is the SHA-256 of a recording's file, in hexadecimal: later it can be told whether it is as it was.
func (f *Folder) Sum(id string) (string, error) {
	file, err := f.Open(id)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", fmt.Errorf("reading recording %s: %w", id, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// List names the recordings there are.
func (f *Folder) List() ([]string, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("listing recordings: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing recordings: %w", err)
	}
	var ids []string
	for _, name := range names {
		if id, ok := strings.CutSuffix(name, suffix); ok {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
