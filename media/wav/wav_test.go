package wav_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hotline/media/g711"
	"hotline/media/wav"
)

func TestFilesCanBePlayedAtEveryInstant(t *testing.T) {
	for _, f := range []wav.Format{wav.Linear, wav.G711(g711.ALaw), wav.G711(g711.MuLaw)} {
		file, err := os.Create(filepath.Join(t.TempDir(), "a.wav"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		w, err := wav.NewWriter(file, f)
		if err != nil {
			t.Fatal(err)
		}
		var want []byte
		for _, n := range []int{8000, 8000, 1233} {
			piece := bytes.Repeat([]byte{byte(n), 3}, n)[:n]
			want = append(want, piece...)
			if _, err := w.Write(piece); err != nil {
				t.Fatal(err)
			}
			check(t, file.Name(), f, want[:len(want)-len(want)%2])
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if info, err := file.Stat(); err != nil || info.Size()%2 != 0 {
			t.Errorf("the file has %d octets, %v", info.Size(), err)
		}
	}
}

func check(t *testing.T, name string, f wav.Format, want []byte) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	format, got, err := wav.Read(bytes.NewReader(b))
	if err != nil || format != f || !bytes.Equal(got[:len(got)-len(got)%2], want) {
		t.Errorf("format %d of %d octets, %v; want %d of %d", format, len(got), err, f, len(want))
	}
}

func TestWhatIsNoSoundFileIsRefusedInWords(t *testing.T) {
	stereo := wav.Header(wav.G711(g711.ALaw), 0)
	stereo[22] = 2
	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("hello, this is no sound"), "stereo": stereo,
		"no sound": wav.Header(wav.G711(g711.ALaw), 0)[:40], "sound first": append([]byte("RIFF\x00\x00\x00\x00WAVE"), "data\x01\x00\x00\x00x"...),
	} {
		if _, _, err := wav.Read(bytes.NewReader(b)); !errors.Is(err, wav.ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzWAV(f *testing.F) {
	f.Add(append(wav.Header(wav.Linear, 3), 1, 2, 3))
	f.Add(append(wav.Header(wav.G711(g711.MuLaw), 900), 1, 2, 3))
	f.Fuzz(func(t *testing.T, b []byte) {
		format, sound, err := wav.Read(bytes.NewReader(b))
		if err == nil && len(sound) > len(b) {
			t.Errorf("%d octets of format %d from a file of %d", len(sound), format, len(b))
		}
	})
}
