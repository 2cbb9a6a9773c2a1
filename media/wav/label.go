package wav

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// Label is what a file says of itself, in its INFO list (Multimedia Programming Interface 1.0, chapter 2).
type Label struct {
	Software string // chunk ISFT
	Comment  string // chunk ICMT
}

// Labelled is a whole mono file with a label behind its sound; without one where the label is empty.
func Labelled(f Format, sound []byte, l Label) []byte {
	b := append(Header(f, len(sound)), sound...)
	if len(sound)&1 == 1 {
		b = append(b, 0)
	}
	list := []byte("INFO")
	for _, c := range []struct{ name, text string }{{"ISFT", l.Software}, {"ICMT", l.Comment}} {
		if c.text != "" {
			list = chunk(list, c.name, append([]byte(c.text), 0))
		}
	}
	if len(list) > len("INFO") {
		b = chunk(b, "LIST", list)
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}

// chunk appends a chunk of an even length.
func chunk(b []byte, name string, content []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, name...), uint32(len(content)))
	b = append(b, content...)
	if len(content)&1 == 1 {
		b = append(b, 0)
	}
	return b
}

// ReadLabel reads the label of a file, at most 64 MB; the zero value where it has none.
func ReadLabel(r io.Reader) (l Label, err error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return l, fmt.Errorf("reading a sound file: %w", err)
	}
	if len(b) > maxFile || len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return l, fmt.Errorf("reading a sound file's label: %w", ErrBad)
	}
	chunks(b[12:], func(name string, content []byte) {
		list, ok := bytes.CutPrefix(content, []byte("INFO"))
		if name != "LIST" || !ok {
			return
		}
		chunks(list, func(name string, text []byte) {
			said := strings.TrimRight(string(text), "\x00")
			switch name {
			case "ISFT":
				l.Software = said
			case "ICMT":
				l.Comment = said
			}
		})
	})
	return l, nil
}

// chunks gives each chunk of a list; the last one may be cut.
func chunks(b []byte, each func(name string, content []byte)) {
	for len(b) >= 8 {
		name, size := string(b[:4]), int(binary.LittleEndian.Uint32(b[4:]))
		b = b[8:]
		each(name, b[:min(size, len(b))])
		b = b[min(size+size&1, len(b)):]
	}
}
