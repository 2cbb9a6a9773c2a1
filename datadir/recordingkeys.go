package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"hotline/atomicfile"
	"hotline/sealed"
)

// ReadRecordingKeys reads the keys that recordings are sealed with, one a line, the first of which writes. A file that is missing
// is made, unless there are sealed recordings already: without their key nobody can listen to them.
func ReadRecordingKeys(file string, sealedOnes bool) (sealed.Keys, error) {
	text, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && sealedOnes:
		return sealed.Keys{}, fmt.Errorf("the key file of the recordings %s is missing, and there are recordings that were sealed with it: put it back from the backup", file)
	case errors.Is(err, fs.ErrNotExist):
		text = []byte(sealed.NewKey())
		if err := atomicfile.Replace(file, text); err != nil {
			return sealed.Keys{}, fmt.Errorf("making the key file of the recordings: %w; name another one in recordings.key_file", err)
		}
	case err != nil:
		return sealed.Keys{}, fmt.Errorf("reading the key file of the recordings: %w", err)
	}
	keys, err := sealed.ParseKeys(text)
	if err != nil {
		return sealed.Keys{}, fmt.Errorf("reading the key file of the recordings %s: %w; put it back from the backup, or put it right", file, err)
	}
	return keys, nil
}
