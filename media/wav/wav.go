// Package wav reads and writes sound files of 8 kHz mono: 16-bit linear (format 1), A-law (6) and mu-law (7).
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Format is the format tag of a file's sound (RFC 2361).
type Format uint16

// The formats that we read and write.
const (
	Linear Format = 1
	ALaw   Format = 6
	MuLaw  Format = 7
)

// octets of one sample
func (f Format) octets() int {
	if f == Linear {
		return 2
	}
	return 1
}

const (
	headOctets = 58 // RIFF head, fmt of 18 octets, fact, data head
	largest    = 64 << 20
	rate       = 8000
)

// ErrBad is the error of a file that is no sound file which we read.
var ErrBad = errors.New("not a WAV file of 8 kHz mono in linear 16-bit, A-law or mu-law")

// Head is the header of a file whose sound is octets long.
func Head(f Format, octets int) []byte {
	b := make([]byte, 0, headOctets)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(headOctets-8+octets+octets&1))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 18)
	b = binary.LittleEndian.AppendUint16(b, uint16(f))
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*f.octets()))
	b = binary.LittleEndian.AppendUint16(b, uint16(f.octets()))
	b = binary.LittleEndian.AppendUint16(b, uint16(8*f.octets()))
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = append(b, "fact"...)
	b = binary.LittleEndian.AppendUint32(b, 4)
	b = binary.LittleEndian.AppendUint32(b, uint32(octets/f.octets()))
	b = append(b, "data"...)
	return binary.LittleEndian.AppendUint32(b, uint32(octets))
}

// File is what a [Writer] writes to; *os.File is one.
type File interface {
	io.Writer
	io.WriterAt
}

// Writer writes a file that can be played at every instant: the header is put right after each write. Used by one
// goroutine.
type Writer struct {
	file   File
	format Format
	octets int
}

// NewWriter writes the header of an empty file.
func NewWriter(file File, f Format) (*Writer, error) {
	if _, err := file.Write(Head(f, 0)); err != nil {
		return nil, fmt.Errorf("beginning a sound file: %w", err)
	}
	return &Writer{file: file, format: f}, nil
}

// Write appends sound in the file's format and puts the header right.
func (w *Writer) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	w.octets += n
	if err == nil {
		_, err = w.file.WriteAt(Head(w.format, w.octets), 0)
	}
	if err != nil {
		return n, fmt.Errorf("writing to a sound file: %w", err)
	}
	return n, nil
}

// Close pads the sound to an even length, as RIFF asks. It does not close the file.
func (w *Writer) Close() error {
	if w.octets&1 == 0 {
		return nil
	}
	if _, err := w.file.Write([]byte{0}); err != nil {
		return fmt.Errorf("ending a sound file: %w", err)
	}
	return nil
}

// Read reads a whole file, at most 64 MB, and gives its sound. Chunks it does not know are passed over, and a data chunk
// that says more than there is gives what there is: so does a file whose writer died.
func Read(r io.Reader) (Format, []byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err != nil {
		return 0, nil, fmt.Errorf("reading a sound file: %w", err)
	}
	if len(b) > largest {
		return 0, nil, fmt.Errorf("reading a sound file of more than %d MB: %w", largest>>20, ErrBad)
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return 0, nil, fmt.Errorf("reading a sound file: no RIFF header: %w", ErrBad)
	}
	format := Format(0)
	for rest := b[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		chunk := rest[:min(size, len(rest))]
		switch name {
		case "fmt ":
			if format, err = formatOf(chunk); err != nil {
				return 0, nil, err
			}
		case "data":
			if format == 0 {
				return 0, nil, fmt.Errorf("reading a sound file: sound before its format: %w", ErrBad)
			}
			return format, chunk[:len(chunk)-len(chunk)%format.octets()], nil
		}
		rest = rest[min(size+size&1, len(rest)):]
	}
	return 0, nil, fmt.Errorf("reading a sound file: it has no sound: %w", ErrBad)
}

func formatOf(b []byte) (Format, error) {
	if len(b) < 16 {
		return 0, fmt.Errorf("reading a sound file: its format is cut: %w", ErrBad)
	}
	f := Format(binary.LittleEndian.Uint16(b))
	channels, hz, bits := binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	if (f != Linear && f != ALaw && f != MuLaw) || channels != 1 || hz != rate || int(bits) != 8*f.octets() {
		return 0, fmt.Errorf("reading a sound file: format %d, %d channels, %d Hz, %d bits: %w", f, channels, hz, bits, ErrBad)
	}
	return f, nil
}

// Samples turns linear sound into samples.
func Samples(octets []byte) []int16 {
	out := make([]int16, len(octets)/2)
	for i := range out {
		out[i] = int16(binary.LittleEndian.Uint16(octets[2*i:]))
	}
	return out
}
