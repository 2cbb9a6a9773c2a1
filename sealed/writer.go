package sealed

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
)

// Writer seals one file. Each whole chunk goes to the file at once; what fills no chunk waits for more, or for Close. Used by one
// goroutine.
type Writer struct {
	file   io.Writer
	name   string
	aead   cipher.AEAD
	chunk  int64  // number of the next one
	plain  []byte // what fills no chunk yet
	sealed []byte // the buffer of what goes to the file
	err    error  // the first fault; nothing is written after it, since a nonce must not be used twice
}

// errClosed is the fault of a writer that was closed.
var errClosed = errors.New("it is closed already")

// NewWriter begins a file with its header. name is bound to the content: the file can be read under no other one. format says
// what the content is; a reader gives it back.
func NewWriter(file io.Writer, name string, format byte, keys Keys) (*Writer, error) {
	if len(keys.list) == 0 {
		return nil, fmt.Errorf("sealing %s: %w", name, ErrNoKey)
	}
	head := make([]byte, header)
	copy(head, magic)
	head[8], head[9] = version, format
	copy(head[beforeKey:], keys.list[0].id[:])
	rand.Read(head[salt:])
	aead, err := cipherOf(keys.list[0], head, name)
	if err != nil {
		return nil, err
	}
	if _, err := file.Write(head); err != nil {
		return nil, fmt.Errorf("sealing %s: %w", name, err)
	}
	return &Writer{file: file, name: name, aead: aead, plain: make([]byte, 0, Chunk)}, nil
}

// Write seals content. It goes to the file in one piece. After an error the file ends there.
func (w *Writer) Write(content []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	whole := len(content)
	w.sealed = w.sealed[:0]
	for len(w.plain)+len(content) >= Chunk {
		n := Chunk - len(w.plain)
		if len(w.plain) == 0 {
			w.seal(content[:n], middle)
		} else {
			w.plain = append(w.plain, content[:n]...)
			w.seal(w.plain, middle)
			w.plain = w.plain[:0]
		}
		content = content[n:]
	}
	w.plain = append(w.plain, content...)
	if w.flush(); w.err != nil {
		return 0, w.err
	}
	return whole, nil
}

// Close seals the last chunk. It does not close the file. A file that was not closed is seen to be cut.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	w.sealed = w.sealed[:0]
	w.seal(w.plain, last)
	if w.flush(); w.err != nil {
		return w.err
	}
	w.err = fmt.Errorf("sealing %s: %w", w.name, errClosed)
	return nil
}

// seal adds a chunk to what goes to the file.
func (w *Writer) seal(plain []byte, p place) {
	w.sealed = w.aead.Seal(w.sealed, nonceOf(w.chunk, p), plain, nil)
	w.chunk++
}

// flush writes what was sealed.
func (w *Writer) flush() {
	if len(w.sealed) == 0 {
		return
	}
	if _, err := w.file.Write(w.sealed); err != nil {
		w.err = fmt.Errorf("sealing %s: %w", w.name, err)
	}
}
