package sealed

import (
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Reader reads the content of a sealed file from any place. Each chunk that is read is proven to be as it was written, and in its
// place. Used by one goroutine.
type Reader struct {
	file   io.ReaderAt
	name   string
	aead   cipher.AEAD
	format byte

	chunks int64 // of 4000 octets
	rest   int   // octets of the last one
	end    place // middle: there is no last chunk

	at     int64  // place in the content
	loaded int64  // the chunk that plain holds; -1 for none
	plain  []byte // of one chunk
	sealed []byte // the buffer of what comes from the file
}

// NewReader opens a whole file of size octets, and proves that its end is there. The error is ErrForeign, ErrNoKey, ErrCut or
// ErrDamaged, or one of the file.
func NewReader(file io.ReaderAt, size int64, name string, keys Keys) (*Reader, error) {
	r, err := open(file, size, name, keys)
	if err == nil {
		err = r.findEnd(size)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// NewPartialReader opens a file that may have no end: one that is still being written, or whose process died. What stands behind
// its last good chunk is passed over. Damage before that is found when it is read.
func NewPartialReader(file io.ReaderAt, size int64, name string, keys Keys) (*Reader, error) {
	r, err := open(file, size, name, keys)
	if err != nil {
		return nil, err
	}
	if err = r.findEnd(size); err == nil || !errors.Is(err, ErrCut) && !errors.Is(err, ErrDamaged) {
		return r, err
	}
	r.rest, r.end = 0, middle
	for ; r.chunks > 0; r.chunks-- {
		if err = r.load(r.chunks - 1); err == nil || !errors.Is(err, ErrDamaged) {
			return r, err
		}
	}
	return r, nil
}

// readHeader reads the header of a file, and tells one of another kind.
func readHeader(file io.ReaderAt, size int64, name string) ([]byte, error) {
	head := make([]byte, header)
	if size < header {
		return nil, fmt.Errorf("reading %s: %w", name, ErrForeign)
	}
	if _, err := file.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	if string(head[:8]) != magic {
		return nil, fmt.Errorf("reading %s: %w", name, ErrForeign)
	}
	if head[8] != version {
		return nil, fmt.Errorf("reading %s: it has version %d, and this program knows version %d: %w", name, head[8], version, ErrForeign)
	}
	return head, nil
}

// open finds the key of a file.
func open(file io.ReaderAt, size int64, name string, keys Keys) (*Reader, error) {
	head, err := readHeader(file, size, name)
	if err != nil {
		return nil, err
	}
	id := [keyID]byte(head[beforeKey:salt])
	k, known := keys.find(id)
	if !known {
		return nil, fmt.Errorf("reading %s, sealed with key %s: %w: put that key back into the key file, behind the first one", name, hex.EncodeToString(id[:]), ErrNoKey)
	}
	aead, err := cipherOf(k, head, name)
	if err != nil {
		return nil, err
	}
	body := size - header
	return &Reader{file: file, name: name, aead: aead, format: head[9], chunks: body / (Chunk + tag), loaded: -1}, nil
}

// findEnd reads the last chunk.
func (r *Reader) findEnd(size int64) error {
	left := int((size - header) % (Chunk + tag))
	if left < tag {
		return fmt.Errorf("reading %s: %w", r.name, ErrCut)
	}
	r.rest = left - tag
	for _, r.end = range []place{last, recovered} {
		err := r.load(r.chunks)
		if err == nil || !errors.Is(err, ErrDamaged) {
			return err
		}
	}
	return fmt.Errorf("reading the end of %s, chunk %d: %w", r.name, r.chunks, ErrDamaged)
}

// load reads one chunk.
func (r *Reader) load(chunk int64) error {
	n, p := Chunk, middle
	if chunk == r.chunks {
		n, p = r.rest, r.end
	}
	if r.loaded = -1; r.sealed == nil {
		r.sealed, r.plain = make([]byte, Chunk+tag), make([]byte, 0, Chunk)
	}
	sealed := r.sealed[:n+tag]
	if _, err := r.file.ReadAt(sealed, header+chunk*(Chunk+tag)); err != nil {
		if errors.Is(err, io.EOF) {
			err = ErrCut
		}
		return fmt.Errorf("reading %s, chunk %d: %w", r.name, chunk, err)
	}
	plain, err := r.aead.Open(r.plain[:0], nonceOf(chunk, p), sealed, nil)
	if err != nil {
		return fmt.Errorf("reading %s, chunk %d: %w", r.name, chunk, ErrDamaged)
	}
	r.plain, r.loaded = plain, chunk
	return nil
}

// Format is what the writer said of the content.
func (r *Reader) Format() byte { return r.format }

// Len is how many octets the content has.
func (r *Reader) Len() int64 { return r.chunks*Chunk + int64(r.rest) }

// Ended tells whether the file has its end, put there by its writer or by Recover.
func (r *Reader) Ended() bool { return r.end != middle }

// Read reads on. See io.Reader.
func (r *Reader) Read(into []byte) (int, error) {
	n := 0
	for n < len(into) && r.at < r.Len() {
		if chunk := r.at / Chunk; chunk != r.loaded {
			if err := r.load(chunk); err != nil {
				return n, err
			}
		}
		m := copy(into[n:], r.plain[r.at%Chunk:])
		n, r.at = n+m, r.at+int64(m)
	}
	if n == 0 && len(into) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

// Seek goes to a place in the content. See io.Seeker.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.Len()
	}
	if offset < 0 {
		return r.at, fmt.Errorf("reading %s: there is nothing before its beginning", r.name)
	}
	r.at = offset
	return offset, nil
}

// Recoverable is a file to which an end can be put.
type Recoverable interface {
	io.ReaderAt
	io.WriterAt
	Truncate(size int64) error
}

// Recover gives a file that its process left without an end one, behind its last good chunk. What stood behind that is cut off.
// A file that has its end stays as it is, and so does one of which no chunk can be read, with ErrDamaged: it may be whole, and
// only have another name. Nobody may be writing the file.
func Recover(file Recoverable, size int64, name string, keys Keys) error {
	r, err := NewPartialReader(file, size, name, keys)
	if err != nil || r.Ended() {
		return err
	}
	end := header + r.chunks*(Chunk+tag)
	if r.chunks == 0 && size >= end+Chunk+tag {
		return fmt.Errorf("ending %s, of which nothing can be read: %w: it may have had another name", name, ErrDamaged)
	}
	if err := file.Truncate(end); err != nil {
		return fmt.Errorf("ending %s: %w", name, err)
	}
	if _, err := file.WriteAt(r.aead.Seal(nil, nonceOf(r.chunks, recovered), nil, nil), end); err != nil {
		return fmt.Errorf("ending %s: %w", name, err)
	}
	return nil
}

// KeyOf is the id of the key that a file was sealed with, as its header says it.
func KeyOf(file io.ReaderAt, size int64, name string) (string, error) {
	head, err := readHeader(file, size, name)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(head[beforeKey:salt]), nil
}
