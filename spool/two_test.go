package spool

import (
	"bytes"
	"io"
	"path/filepath"
	"testing"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/sealed"
)

// TestARecordingOfTwoChannelsIsKeptLikeAnyOther: in the clear and sealed, whole and cut off, in both codecs. Its file has two channels,
// and who plays it in one hears their sum.
func TestARecordingOfTwoChannelsIsKeptLikeAnyOther(t *testing.T) {
	keys, err := sealed.ParseKeys([]byte(sealed.NewKey()))
	if err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Encryption{"in the clear": {}, "sealed": {Keys: keys}} {
		for _, c := range []g711.Codec{g711.ALaw, g711.MuLaw} {
			t.Run(name+" "+c.String(), func(t *testing.T) {
				f, err := Open(filepath.Join(t.TempDir(), "recordings"), e)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				w, err := f.CreateTwo("417-a", c)
				if err != nil {
					t.Fatal(err)
				}
				both := bytes.Repeat([]byte{c.EncodeSample(1000), c.EncodeSample(-300)}, 8000)
				if _, err := w.Write(both); err != nil {
					t.Fatal(err)
				}
				if n, err := f.Channels("417-a"); err != nil || n != 2 {
					t.Errorf("while it is written it has %d channels, %v", n, err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				looksLike(t, f, c, both)
			})
		}
	}
}

// looksLike reads recording 417-a, as a file and as one channel.
func looksLike(t *testing.T, f *Folder, c g711.Codec, both []byte) {
	t.Helper()
	file, err := f.Open("417-a")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, append(wav.HeaderOf(wav.G711(c), 2, len(both)), both...)) {
		t.Errorf("the file is another one, %v", err)
	}
	codec, octets, err := f.Octets("417-a")
	if err != nil || codec != c || len(octets) != len(both)/2 {
		t.Fatalf("%s, %d octets, %v", codec, len(octets), err)
	}
	if v := c.Samples(octets[4000:4001])[0]; v < 650 || v > 750 {
		t.Errorf("the sum is %d, want about 700", v)
	}
	if n, err := f.Channels("417-a"); err != nil || n != 2 {
		t.Errorf("it has %d channels, %v", n, err)
	}
}
