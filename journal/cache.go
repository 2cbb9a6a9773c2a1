package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Cache keeps values as files that are whole at every instant: what a start without a database needs. Safe for
// concurrent use of different names.
type Cache struct{ Dir string }

// Put writes a value in the place of the former one.
func (c Cache) Put(name string, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		err = ReplaceFile(filepath.Join(c.Dir, name+".json"), text)
	}
	if err != nil {
		return fmt.Errorf("keeping %s on the disk: %w", name, err)
	}
	return nil
}

// Get reads a value; os.ErrNotExist when none was kept.
func (c Cache) Get(name string, v any) error {
	text, err := os.ReadFile(filepath.Join(c.Dir, name+".json"))
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("reading %s from the disk: %w", name, err)
	}
	return nil
}

// ReplaceFile writes a file beside, brings it to the disk and renames it: readers find the old one whole or the new one
// whole, also after a power cut. It makes the folder when it is missing.
func ReplaceFile(name string, text []byte) error {
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
	return errors.Join(os.Rename(file.Name(), name), syncFolder(filepath.Dir(name)))
}

// overwrite puts text into a file that is there, in its place and without taking more of the disk: for one that is full.
// The text is as long as what stands there, and shorter than a sector, which is written whole or not.
func overwrite(name string, text []byte) error {
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
