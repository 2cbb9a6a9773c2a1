// Package spool is the folder of recordings: sealed, or as WAV files where the owner wants them in the clear. Both can be played
// while they are written.
//
// A recording in the clear is the WAV file ID.wav. A sealed one is ID.sealed: package sealed says how it is written, and whoever
// reads it gets the WAV file that it would be. [Folder.SealAll] seals older ones; it runs in one goroutine of its caller.
package spool

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/sealed"
	"hotline/storage"
)

// Folder is the folder of recordings, which are named by their opaque ids. Nothing outside the folder can be named. Safe for
// concurrent use.
type Folder struct {
	root       *os.Root
	encryption Encryption
	files      files
	moving     sync.Mutex // a recording is put in the place of another, or deleted
}

// Encryption says how recordings are kept. The zero value keeps them in the clear, and reads no sealed ones.
type Encryption struct {
	Keys sealed.Keys // of the recordings that are sealed, and of those to come
	Off  bool        // recordings to come are kept in the clear
}

// seals tells whether recordings to come are sealed.
func (e Encryption) seals() bool { return !e.Off && len(e.Keys.IDs()) > 0 }

const (
	clearSuffix  = ".wav"
	sealedSuffix = ".sealed"
	newSuffix    = ".sealing" // one that is being sealed, and is none yet
)

// What a sealed file says of its content.
const (
	wholeFile byte = iota // a sound file with its own header
	aLaw
	muLaw
	aLawTwice // two channels, an octet of each by turns
	muLawTwice
)

// Open opens the folder and makes it when it is missing.
func Open(dir string, e Encryption) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the folder of recordings: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the folder of recordings: %w", err)
	}
	return &Folder{root: root, encryption: e, files: disk{root}}, nil
}

// Close closes the folder.
func (f *Folder) Close() error { return f.root.Close() }

// recording is one that is being written.
type recording struct {
	file file
	form io.WriteCloser // *wav.Writer or *sealed.Writer
}

// Create begins a recording in a codec. Write appends octets of the codec; Close makes the file whole and brings it to the
// disk. The writer is used by one goroutine.
func (f *Folder) Create(id string, c g711.Codec) (io.WriteCloser, error) { return f.create(id, c, 1) }

// CreateTwo is Create for a recording of two channels: Write takes an octet of each by turns.
func (f *Folder) CreateTwo(id string, c g711.Codec) (io.WriteCloser, error) {
	return f.create(id, c, 2)
}

func (f *Folder) create(id string, c g711.Codec, channels int) (io.WriteCloser, error) {
	suffix := clearSuffix
	if f.encryption.seals() {
		suffix = sealedSuffix
	}
	file, err := f.files.Begin(id + suffix)
	if err != nil {
		return nil, fmt.Errorf("beginning recording %s: %w", id, err)
	}
	r := &recording{file: file}
	if f.encryption.seals() {
		r.form, err = sealed.NewWriter(file, id, lawOf(c, channels), f.encryption.Keys)
	} else {
		r.form, err = wav.NewWriter(file, wav.G711(c), channels)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("beginning recording %s: %w", id, err), file.Close(), f.files.Remove(id+suffix))
	}
	return r, nil
}

// lawOf is what a sealed file says of a codec's octets.
func lawOf(c g711.Codec, channels int) byte {
	switch {
	case channels == 2 && c == g711.MuLaw:
		return muLawTwice
	case channels == 2:
		return aLawTwice
	case c == g711.MuLaw:
		return muLaw
	}
	return aLaw
}

func (r *recording) Write(octets []byte) (int, error) { return r.form.Write(octets) }

func (r *recording) Close() error {
	return errors.Join(r.form.Close(), r.file.Sync(), r.file.Close())
}

// Remove deletes a recording that nobody keeps. One that is not there is no fault.
func (f *Folder) Remove(id string) error {
	f.moving.Lock()
	defer f.moving.Unlock()
	var faults []error
	for _, suffix := range []string{clearSuffix, sealedSuffix, newSuffix} {
		if err := f.root.Remove(id + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			faults = append(faults, fmt.Errorf("deleting recording %s: %w", id, err))
		}
	}
	return errors.Join(faults...)
}

// Open opens a whole recording as a WAV file; storage.ErrNotFound when there is none. What was cut or changed is refused, or
// ends the reading with an error, that names the recording.
func (f *Folder) Open(id string) (io.ReadSeekCloser, error) { return f.open(id, sealed.NewReader) }

// OpenPartial opens as much of a recording as there is: of one that a fault cut off.
func (f *Folder) OpenPartial(id string) (io.ReadSeekCloser, error) {
	return f.open(id, sealed.NewPartialReader)
}

// reading is one of the ways to read a sealed file.
type reading func(file io.ReaderAt, size int64, name string, keys sealed.Keys) (*sealed.Reader, error)

func (f *Folder) open(id string, read reading) (io.ReadSeekCloser, error) {
	for _, suffix := range []string{sealedSuffix, clearSuffix, sealedSuffix} { // the third where it was sealed between the first two
		file, err := f.root.Open(id + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("opening recording %s: %w", id, err)
		}
		if suffix == clearSuffix {
			return file, nil
		}
		s, err := openSealed(file, id, f.encryption.Keys, read)
		if err != nil {
			return nil, fmt.Errorf("opening recording %s: %w", id, errors.Join(err, file.Close()))
		}
		return s, nil
	}
	return nil, fmt.Errorf("opening recording %s: %w", id, storage.ErrNotFound)
}

// Channels is how many channels a recording has, also one that a fault cut off: two of a talk.
func (f *Folder) Channels(id string) (int, error) {
	file, err := f.OpenPartial(id)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	n, err := wav.Channels(file)
	if err != nil {
		return 0, fmt.Errorf("reading recording %s: %w", id, err)
	}
	return n, nil
}

// Octets reads a recording back, also one that is still being written; of two channels their sum.
func (f *Folder) Octets(id string) (c g711.Codec, octets []byte, err error) {
	file, err := f.OpenPartial(id)
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

// Sum is the SHA-256 of a recording as a WAV file, in hexadecimal: later it can be told whether it is as it was. Sealing does not
// change it.
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

// Recover gives the file of a recording whose process died its end. One that is whole stays as it is. Nobody may be writing it.
func (f *Folder) Recover(id string) error {
	file, err := f.root.OpenFile(id+sealedSuffix, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // in the clear it has no end
	}
	if err != nil {
		return fmt.Errorf("recovering recording %s: %w", id, err)
	}
	info, err := file.Stat()
	if err == nil {
		err = sealed.Recover(file, info.Size(), id, f.encryption.Keys)
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("recovering recording %s: %w", id, err)
	}
	return nil
}

// List names the recordings there are.
func (f *Folder) List() ([]string, error) {
	names, err := f.names()
	if err != nil {
		return nil, err
	}
	var ids []string
	seen := map[string]bool{}
	for _, name := range names {
		id, ok := strings.CutSuffix(name, clearSuffix)
		if !ok {
			id, ok = strings.CutSuffix(name, sealedSuffix)
		}
		if ok && !seen[id] {
			ids = append(ids, id)
			seen[id] = true
		}
	}
	return ids, nil
}

// Sealed tells whether a sealed recording lies in a folder, which then has a key somewhere. No folder has none.
func Sealed(dir string) (bool, error) {
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("listing recordings: %w", err)
	}
	return slices.ContainsFunc(list, func(e os.DirEntry) bool { return strings.HasSuffix(e.Name(), sealedSuffix) }), nil
}

// names are those of the files.
func (f *Folder) names() ([]string, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("listing recordings: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing recordings: %w", err)
	}
	return names, nil
}
