package spool

import (
	"errors"
	"fmt"
	"io"
	"os"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/sealed"
)

// sound is a sealed recording, read as the WAV file that it would be: a header, the content, and an octet of padding where RIFF
// asks for one. A file that was sealed whole has both in its content.
type sound struct {
	file    *os.File
	content *sealed.Reader
	head    []byte
	padding int64
	at      int64
}

// openSealed opens a sealed file, and takes it over.
func openSealed(file *os.File, id string, keys sealed.Keys, read reading) (*sound, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	r, err := read(file, info.Size(), id, keys)
	if err != nil {
		return nil, err
	}
	s := &sound{file: file, content: r}
	switch r.Format() {
	case wholeFile:
		return s, nil
	case aLaw:
		s.head = wav.Header(wav.G711(g711.ALaw), int(r.Len()))
	case muLaw:
		s.head = wav.Header(wav.G711(g711.MuLaw), int(r.Len()))
	case aLawTwice:
		s.head = wav.HeaderOf(wav.G711(g711.ALaw), 2, int(r.Len()))
	case muLawTwice:
		s.head = wav.HeaderOf(wav.G711(g711.MuLaw), 2, int(r.Len()))
	default:
		return nil, fmt.Errorf("reading %s: a later version of hotline wrote it in format %d: use that one", id, r.Format())
	}
	s.padding = r.Len() & 1
	return s, nil
}

// size is how many octets the WAV file has.
func (s *sound) size() int64 { return int64(len(s.head)) + s.content.Len() + s.padding }

// Read reads on. See io.Reader.
func (s *sound) Read(into []byte) (n int, err error) {
	head, end := int64(len(s.head)), s.size()-s.padding
	switch {
	case len(into) == 0:
		return 0, nil
	case s.at < head:
		n = copy(into, s.head[s.at:])
	case s.at < end:
		if _, err := s.content.Seek(s.at-head, io.SeekStart); err != nil {
			return 0, err
		}
		n, err = s.content.Read(into)
	case s.at < s.size():
		into[0], n = 0, 1
	default:
		return 0, io.EOF
	}
	s.at += int64(n)
	return n, err
}

// Seek goes to a place in the WAV file. See io.Seeker.
func (s *sound) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size()
	}
	if offset < 0 {
		return s.at, errors.New("a recording has nothing before its beginning")
	}
	s.at = offset
	return offset, nil
}

// Close closes the file.
func (s *sound) Close() error { return s.file.Close() }
