package speech

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"hotline/media/g711"
	"hotline/media/wav"
)

// cache keeps the sounds that were spoken in a folder: one A-law WAV file for each, named by its key. The speaker reads and
// writes it.
type cache struct{ dir string }

func (c cache) file(key string) string { return filepath.Join(c.dir, key+".wav") }

func (c cache) has(key string) bool {
	info, err := os.Stat(c.file(key))
	return err == nil && info.Size() > 0
}

// get reads a sound. A file that is damaged is taken away, so that its sound is made anew.
func (c cache) get(key string) (alaw []byte, ok bool) {
	b, err := os.ReadFile(c.file(key))
	if err != nil {
		return nil, false
	}
	format, alaw, err := wav.Read(bytes.NewReader(b))
	if err != nil || format != wav.G711(g711.ALaw) || len(alaw) == 0 || !whole(b, alaw) {
		_ = os.Remove(c.file(key)) // one that cannot be removed is not played all the same
		return nil, false
	}
	return alaw, true
}

// whole tells whether a file is as it was written, with its label or, by former versions, without one.
func whole(b, alaw []byte) bool {
	label, err := wav.ReadLabel(bytes.NewReader(b))
	return err == nil && bytes.Equal(b, wav.Labelled(wav.G711(g711.ALaw), alaw, label))
}

// put writes a sound beside, brings it to the disk and renames it: it is there whole or not at all.
func (c cache) put(key string, alaw []byte, by Maker) error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of spoken names: %w", err)
	}
	f, err := os.CreateTemp(c.dir, ".new-*")
	if err != nil {
		return fmt.Errorf("keeping a spoken name: %w", err)
	}
	_, err = f.Write(File(alaw, by))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), c.file(key))
	}
	if err != nil {
		return fmt.Errorf("keeping a spoken name: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

// sweep removes what nobody wants any more.
func (c cache) sweep(wanted map[string]bool) (removed int) {
	return c.remove(func(file string) bool {
		name, sound := strings.CutSuffix(file, ".wav")
		return sound && !wanted[name]
	})
}

// tidy removes what a crash left half written. Nothing may be being written.
func (c cache) tidy() { c.remove(func(file string) bool { return strings.HasPrefix(file, ".new-") }) }

func (c cache) remove(which func(file string) bool) (removed int) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if which(e.Name()) && os.Remove(filepath.Join(c.dir, e.Name())) == nil {
			removed++
		}
	}
	return removed
}
