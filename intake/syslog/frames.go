package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// errFrame is a stream of which nobody knows where the next message begins.
var errFrame = errors.New("the length before a message cannot be right")

// lengthMost is how many digits a length may have: what is longer was not meant as one.
const lengthMost = 7

// frames cuts a stream into messages: by octet counting or by lines, as each message begins (RFC 6587 section 3.4). One goroutine uses it.
type frames struct {
	in     *bufio.Reader
	begins func() // a message has begun
	ends   func()
}

// frame is one message.
type frame struct {
	text      []byte
	shortened bool // it was longer than what is read of one
}

func newFrames(r io.Reader) *frames {
	return &frames{in: bufio.NewReaderSize(r, messageMost), begins: func() {}, ends: func() {}}
}

// next reads the next message. io.EOF after the last one; io.ErrUnexpectedEOF within one.
func (f *frames) next() (frame, error) {
	for {
		b, err := f.in.Peek(1)
		if err != nil {
			return frame{}, err
		}
		switch c := b[0]; {
		case c == '\n' || c == '\r' || c == 0 || c == ' ':
			_, _ = f.in.Discard(1) // between two messages
			continue
		case c >= '1' && c <= '9':
			f.begins()
			defer f.ends()
			return f.counted()
		default:
			f.begins()
			defer f.ends()
			return f.line()
		}
	}
}

// counted reads a message behind its length.
func (f *frames) counted() (frame, error) {
	n := 0
	for i := 0; ; i++ {
		b, err := f.in.ReadByte()
		switch {
		case err == io.EOF:
			return frame{}, io.ErrUnexpectedEOF
		case err != nil:
			return frame{}, err
		case b == ' ' && i > 0:
		case b < '0' || b > '9' || i == lengthMost:
			return frame{}, fmt.Errorf("%w: it has a %s", errFrame, strconv.QuoteRune(rune(b)))
		default:
			n = 10*n + int(b-'0')
			continue
		}
		break
	}
	text := make([]byte, min(n, messageMost))
	if _, err := io.ReadFull(f.in, text); err != nil {
		return frame{}, unexpected(err)
	}
	if _, err := f.in.Discard(n - len(text)); err != nil {
		return frame{}, unexpected(err)
	}
	return frame{text, n > len(text)}, nil
}

// line reads a message up to the end of its line. The last one of a stream needs none.
func (f *frames) line() (frame, error) {
	text, err := f.in.ReadSlice('\n')
	one := frame{text: bytes.Clone(text)}
	for errors.Is(err, bufio.ErrBufferFull) {
		one.shortened = true
		_, err = f.in.ReadSlice('\n')
	}
	if err == io.EOF && len(one.text) > 0 {
		err = nil
	}
	return one, err
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
