package upload

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/jfreymuth/oggvorbis"
	"github.com/mewkiz/flac"
)

// longestFile bounds what a small file may unpack to.
const longestFile = 5 * time.Minute

// read finds out which kind of file it is by its first octets, whatever it is called.
func read(file []byte) (r recording, err error) {
	defer func() { // of a decoder, which reads what strangers could have made
		if recover() != nil {
			err = errors.New("the file is damaged: it cannot be read; save it again")
		}
	}()
	begins := func(what string) bool { return bytes.HasPrefix(file, []byte(what)) }
	switch {
	case len(file) > Largest:
		return r, fmt.Errorf("the file has more than %d MB; save it shorter, or with one channel", Largest>>20)
	case begins("RIFF") && len(file) > 12 && string(file[8:12]) == "WAVE":
		return readWAV(file)
	case begins("fLaC"):
		return readFLAC(file)
	case begins("OggS") && bytes.Contains(file[:min(len(file), 200)], []byte("OpusHead")):
		return r, errors.New("this is OGG with Opus, which is not read; save it as WAV, FLAC or OGG Vorbis")
	case begins("OggS"):
		return readVorbis(file)
	case begins("ID3") || begins("\xff\xfb") || begins("\xff\xf3"):
		return r, errors.New("this is MP3, which is not read, and has lost what telephones need; save it as WAV or FLAC")
	}
	return r, errors.New("this is no WAV, FLAC or OGG file; save it as one of these")
}

func readFLAC(file []byte) (recording, error) {
	s, err := flac.New(bytes.NewReader(file))
	if err != nil {
		return recording{}, fmt.Errorf("the FLAC file cannot be read; save it again: %w", err)
	}
	bits := int(s.Info.BitsPerSample)
	m, err := newMixer("flac", int(s.Info.SampleRate), int(s.Info.NChannels))
	if err != nil {
		return recording{}, err
	}
	for {
		f, err := s.ParseNext()
		if errors.Is(err, io.EOF) && uint64(len(m.pcm)) >= s.Info.NSamples {
			return m.done(), nil
		}
		if err != nil {
			return recording{}, fmt.Errorf("the FLAC file is damaged; save it again: %w", err)
		}
		for n := range f.Subframes[0].Samples {
			for c := range m.channels {
				m.add(int16(scaled(f.Subframes[c].Samples[n], bits)))
			}
		}
		if m.tooLong() {
			return recording{}, fmt.Errorf("it lasts more than %s; shorten it", longestFile)
		}
	}
}

// scaled is a sample of some bits at 16.
func scaled(v int32, bits int) int32 {
	if bits > 16 {
		return v >> (bits - 16)
	}
	return v << (16 - bits)
}

func readVorbis(file []byte) (recording, error) {
	d, err := oggvorbis.NewReader(bytes.NewReader(file))
	if err != nil {
		return recording{}, fmt.Errorf("the OGG file holds no Vorbis that can be read; save it as WAV, FLAC or OGG Vorbis: %w", err)
	}
	m, err := newMixer("ogg", d.SampleRate(), d.Channels())
	if err != nil {
		return recording{}, err
	}
	for block := make([]float32, 4096*m.channels); ; {
		n, err := d.Read(block)
		for _, v := range block[:n] {
			m.add(fromFloat(v))
		}
		switch {
		case errors.Is(err, io.EOF):
			return m.done(), nil
		case err != nil:
			return recording{}, fmt.Errorf("the OGG file is damaged; save it again: %w", err)
		case m.tooLong():
			return recording{}, fmt.Errorf("it lasts more than %s; shorten it", longestFile)
		}
	}
}

// mixer makes one channel of several, and counts what is clipped.
type mixer struct {
	recording
	channel, sum int
	full         int16 // the highest value that there can be, or nearly
	atFullScale  []int // per channel, how many one after the other
}

func newMixer(format string, rate, channels int) (*mixer, error) {
	if rate < 8000 || rate > 96000 || channels < 1 || channels > 2 {
		return nil, fmt.Errorf("%d Hz and %d channels are not read; save it with 8 to 96 kHz and one or two channels", rate, channels)
	}
	return &mixer{recording: recording{format: format, rate: rate, channels: channels}, full: math.MaxInt16 - 1, atFullScale: make([]int, channels)}, nil
}

// add takes the next sample, of one channel after the other.
func (m *mixer) add(v int16) {
	full := &m.atFullScale[m.channel]
	if v < m.full && v > -m.full {
		*full = 0
	} else if *full++; *full == run {
		m.clipped += run
	} else if *full > run {
		m.clipped++
	}
	m.sum += int(v)
	if m.channel++; m.channel == m.channels {
		m.pcm = append(m.pcm, int16(m.sum/m.channels))
		m.channel, m.sum = 0, 0
	}
}

func (m *mixer) tooLong() bool { return m.lasts() > longestFile }

func (m *mixer) done() recording { return m.recording }
