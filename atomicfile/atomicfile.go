// Package atomicfile writes files that are whole at every instant, also after a power cut, and keeps JSON values in them.
//
// It starts no goroutine.
package atomicfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Values keeps values in a folder, each as the JSON of a file of its own. Safe for concurrent use of different names.
type Values struct{ Dir string }

// Put writes a value in the place of the former one.
func (c Values) Put(name string, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		err = Replace(c.File(name), text)
	}
	if err != nil {
		return fmt.Errorf("keeping %s on the disk: %w", name, err)
	}
	return nil
}

// Get reads a value; os.ErrNotExist when none was kept.
func (c Values) Get(name string, v any) error {
	text, err := os.ReadFile(c.File(name))
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("reading %s from the disk: %w", name, err)
	}
	return nil
}

// File is the file of a value.
func (c Values) File(name string) string { return filepath.Join(c.Dir, name+".json") }

// Replace writes a file beside, brings it to the disk and renames it: readers find the old one whole or the new one whole.
// It makes the folder when it is missing.
func Replace(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return errors.Join(os.Rename(file.Name(), name), SyncFolder(filepath.Dir(name)))
}

// Overwrite puts text into a file that is there, in its place and without taking more of the disk: for one that is full.
// The text must be as long as what stands there, and shorter than a sector of the disk (512 octets), which is written whole
// or not at all.
func Overwrite(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if info, err := file.Stat(); err != nil || info.Size() != int64(len(text)) {
		return errors.Join(fmt.Errorf("%s has another length", name), err, file.Close())
	}
	_, err = file.WriteAt(text, 0)
	return errors.Join(err, file.Sync(), file.Close())
}

// SyncFolder brings a folder to the disk, so that a rename in it lasts.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
