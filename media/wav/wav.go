// Package wav reads and writes sound files (RIFF WAVE) of 8 kHz: 16-bit linear (format 1), A-law (6) and mu-law (7). They have one
// channel, and those of talks two. The spool of recordings writes by it; recordings and spoken names are read by it.
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"hotline/media/g711"
)

// Format is the format tag of a file's sound (RFC 2361).
type Format uint16

// Linear is 16-bit linear sound. The two other formats that we read and write are those of G.711: see [G711].
const (
	Linear Format = 1
	aLaw   Format = 6
	muLaw  Format = 7
)

// G711 is the format of sound in a codec.
func G711(c g711.Codec) Format {
	if c == g711.MuLaw {
		return muLaw
	}
	return aLaw
}

// Codec is the codec of the format; ok is false for linear sound.
func (f Format) Codec() (c g711.Codec, ok bool) {
	switch f {
	case aLaw:
		return g711.ALaw, true
	case muLaw:
		return g711.MuLaw, true
	}
	return 0, false
}

// Samples decodes sound of the format into 16-bit linear samples.
func (f Format) Samples(octets []byte) []int16 {
	if c, ok := f.Codec(); ok {
		return c.Samples(octets)
	}
	samples := make([]int16, len(octets)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(octets[2*i:]))
	}
	return samples
}

// octets is the length of one sample.
func (f Format) octets() int {
	if f == Linear {
		return 2
	}
	return 1
}

const (
	headerOctets = 58       // RIFF, fmt of 18 octets, fact, and the head of data
	maxFile      = 64 << 20 // octets that are read
	rate         = 8000     // Hz
)

// ErrBad is the error of a file that is not a sound file of one of the three formats.
var ErrBad = errors.New("not a WAV file of 8 kHz in linear 16-bit, A-law or mu-law with one channel or two")

// Header is the header of a file of one channel whose sound is octets long.
func Header(f Format, octets int) []byte { return HeaderOf(f, 1, octets) }

// HeaderOf is the header of a file of one or two channels whose sound, a sample of each channel by turns, is octets long.
func HeaderOf(f Format, channels, octets int) []byte {
	b := make([]byte, 0, headerOctets)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(headerOctets-8+octets+octets&1))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 18)
	b = binary.LittleEndian.AppendUint16(b, uint16(f))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*channels*f.octets()))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*f.octets()))
	b = binary.LittleEndian.AppendUint16(b, uint16(8*f.octets()))
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = append(b, "fact"...)
	b = binary.LittleEndian.AppendUint32(b, 4)
	b = binary.LittleEndian.AppendUint32(b, uint32(octets/(channels*f.octets())))
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
	file     File
	format   Format
	channels int
	octets   int
}

// NewWriter writes the header of an empty file of one or two channels.
func NewWriter(file File, f Format, channels int) (*Writer, error) {
	if _, err := file.Write(HeaderOf(f, channels, 0)); err != nil {
		return nil, fmt.Errorf("beginning a sound file: %w", err)
	}
	return &Writer{file: file, format: f, channels: channels}, nil
}

// Write appends sound in the file's format and puts the header right.
func (w *Writer) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	w.octets += n
	if err == nil {
		_, err = w.file.WriteAt(HeaderOf(w.format, w.channels, w.octets), 0)
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

// Read reads a whole file, at most 64 MB, and gives its sound; of two channels their sum. Chunks it does not know are passed
// over, and a data chunk that says more than there is gives what there is. So does a file whose writer died.
func Read(r io.Reader) (Format, []byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return 0, nil, fmt.Errorf("reading a sound file: %w", err)
	}
	if len(b) > maxFile {
		return 0, nil, fmt.Errorf("reading a sound file of more than %d MB: %w", maxFile>>20, ErrBad)
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return 0, nil, fmt.Errorf("reading a sound file: no RIFF header: %w", ErrBad)
	}
	format, channels := Format(0), 0
	for rest := b[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		chunk := rest[:min(size, len(rest))]
		switch name {
		case "fmt ":
			if format, channels, err = formatOf(chunk); err != nil {
				return 0, nil, err
			}
		case "data":
			if format == 0 {
				return 0, nil, fmt.Errorf("reading a sound file: sound before its format: %w", ErrBad)
			}
			return format, sum(format, channels, chunk[:len(chunk)-len(chunk)%(channels*format.octets())]), nil
		}
		rest = rest[min(size+size&1, len(rest)):]
	}
	return 0, nil, fmt.Errorf("reading a sound file: it has no sound: %w", ErrBad)
}

// Channels is how many channels a file has that [Writer] has written.
func Channels(r io.Reader) (int, error) {
	var b [headerOctets]byte
	if _, err := io.ReadFull(r, b[:]); err != nil || string(b[:4]) != "RIFF" || string(b[12:16]) != "fmt " {
		return 0, fmt.Errorf("reading a sound file: no header: %w", errors.Join(ErrBad, err))
	}
	_, channels, err := formatOf(b[20:])
	return channels, err
}

// sum is the sound of one channel, or of two together.
func sum(f Format, channels int, octets []byte) []byte {
	if channels == 1 {
		return octets
	}
	samples := f.Samples(octets)
	one := make([]byte, 0, len(octets)/2)
	for i := 0; i+1 < len(samples); i += 2 {
		both := int16(max(-32768, min(32767, int32(samples[i])+int32(samples[i+1]))))
		if c, ok := f.Codec(); ok {
			one = append(one, c.EncodeSample(both))
		} else {
			one = binary.LittleEndian.AppendUint16(one, uint16(both))
		}
	}
	return one
}

// formatOf reads the format and the number of channels.
func formatOf(b []byte) (Format, int, error) {
	if len(b) < 16 {
		return 0, 0, fmt.Errorf("reading a sound file: its format is cut: %w", ErrBad)
	}
	f := Format(binary.LittleEndian.Uint16(b))
	channels, hz, bits := binary.LittleEndian.Uint16(b[2:]), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint16(b[14:])
	if (f != Linear && f != aLaw && f != muLaw) || channels < 1 || channels > 2 || hz != rate || int(bits) != 8*f.octets() {
		return 0, 0, fmt.Errorf("reading a sound file: format %d, %d channels, %d Hz, %d bits: %w", f, channels, hz, bits, ErrBad)
	}
	return f, int(channels), nil
}
