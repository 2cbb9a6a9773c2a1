package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"hotline/atomicfile"
)

// Forget takes out of the journal's files what they tell of recordings that were erased. The journal is begun anew with what the store
// does not have yet. In the copies of damaged journals the recordings' checksums are written over with noughts; all else stays for
// whoever reads them.
func (j *Journal) Forget(recordings []string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.only {
		return nil // the disk is full, and the file the only copy; the next start has the copy
	}
	copies, err := filepath.Glob(filepath.Join(filepath.Dir(j.name), "damaged-*.journal"))
	err = errors.Join(err, j.begin())
	for _, name := range copies {
		err = errors.Join(err, forgetIn(name, recordings))
	}
	if err != nil {
		return fmt.Errorf("taking erased recordings out of the journal: %w", err)
	}
	return nil
}

// forgetIn writes a copy anew where it tells of the recordings.
func forgetIn(name string, recordings []string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	blank := bytes.Clone(text)
	for _, id := range recordings {
		blankSum(blank, id)
	}
	if bytes.Equal(text, blank) {
		return nil
	}
	for at := 0; at < len(text); at++ {
		body, _, ok := next(text[at:])
		if !ok {
			continue
		}
		copy(blank[at:], record(nil, blank[at+recordHead:at+recordHead+len(body)])) // with the checksum of what stands there now
		at += recordHead + len(body) - 1
	}
	return atomicfile.Replace(name, blank)
}

const (
	sumField  = `"sha256":"`
	sumOctets = 64
)

// blankSum writes noughts over the checksum behind each naming of a recording, within its object.
func blankSum(text []byte, id string) {
	name := []byte(`"id":"` + id + `"`)
	for at := 0; ; {
		found := bytes.Index(text[at:], name)
		if found < 0 {
			return
		}
		at += found + len(name)
		object, _, whole := bytes.Cut(text[at:], []byte("}"))
		field := bytes.Index(object, []byte(sumField))
		if !whole || field < 0 {
			continue
		}
		sum := object[field+len(sumField):]
		sum = sum[:min(len(sum), sumOctets)]
		copy(sum, bytes.Repeat([]byte("0"), len(sum)))
	}
}
