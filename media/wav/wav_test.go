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
		w, err := wav.NewWriter(file, f, 1)
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
	three := wav.Header(wav.G711(g711.ALaw), 0)
	three[22] = 3
	for name, b := range map[string][]byte{
		"empty": nil, "text": []byte("hello, this is no sound"), "three channels": three,
		"no sound": wav.Header(wav.G711(g711.ALaw), 0)[:40], "sound first": append([]byte("RIFF\x00\x00\x00\x00WAVE"), "data\x01\x00\x00\x00x"...),
	} {
		if _, _, err := wav.Read(bytes.NewReader(b)); !errors.Is(err, wav.ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTwoChannelsAreReadAsTheirSum: whoever plays or draws a talk hears both.
func TestTwoChannelsAreReadAsTheirSum(t *testing.T) {
	for _, c := range []g711.Codec{g711.ALaw, g711.MuLaw} {
		left, right := []int16{1000, -2000, 30000, 0}, []int16{0, 500, 30000, 700}
		var octets []byte
		for i := range left {
			octets = append(octets, c.EncodeSample(left[i]), c.EncodeSample(right[i]))
		}
		file := append(wav.HeaderOf(wav.G711(c), 2, len(octets)), octets...)
		if n, err := wav.Channels(bytes.NewReader(file)); err != nil || n != 2 {
			t.Errorf("%d channels, %v", n, err)
		}
		f, sound, err := wav.Read(bytes.NewReader(append(file, 7))) // cut between the two octets of an instant
		if err != nil || f != wav.G711(c) || len(sound) != len(left) {
			t.Fatalf("format %d, %d octets, %v", f, len(sound), err)
		}
		for i, got := range c.Samples(sound) {
			want := max(-32768, min(32767, int(left[i])+int(right[i])))
			if off := int(got) - want; off*off > (want/16+16)*(want/16+16) {
				t.Errorf("%s, sample %d is %d, want about %d", c, i, got, want)
			}
		}
	}
	if _, err := wav.Channels(bytes.NewReader([]byte("RIFF"))); !errors.Is(err, wav.ErrBad) {
		t.Errorf("a header that is cut: %v", err)
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
