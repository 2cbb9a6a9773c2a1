package sealed_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hotline/prove"
	"hotline/sealed"
)

// keysOf makes a set of n keys.
func keysOf(t testing.TB, texts ...string) sealed.Keys {
	t.Helper()
	keys, err := sealed.ParseKeys([]byte(strings.Join(texts, "")))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// seal seals content, written in pieces of the given lengths, and the rest in one.
func seal(t testing.TB, keys sealed.Keys, name string, content []byte, pieces ...int) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := sealed.NewWriter(&file, name, 7, keys)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range append(pieces, len(content)) {
		n = min(n, len(content))
		if m, err := w.Write(content[:n]); err != nil || m != n {
			t.Fatalf("wrote %d of %d: %v", m, n, err)
		}
		content = content[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// open reads a whole file back.
func open(keys sealed.Keys, name string, file []byte) ([]byte, error) {
	r, err := sealed.NewReader(bytes.NewReader(file), int64(len(file)), name, keys)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// sound is content that repeats nowhere.
func sound(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

func TestWhatIsReadFromAnyPlaceIsWhatWasWritten(t *testing.T) {
	keys := keysOf(t, sealed.NewKey())
	prove.Check(t, func(d *rapid.T) {
		size := rapid.OneOf(rapid.IntRange(0, 3*sealed.Chunk+9), rapid.SampledFrom([]int{0, 1, sealed.Chunk - 1, sealed.Chunk, sealed.Chunk + 1, 2 * sealed.Chunk})).Draw(d, "size")
		content := sound(size)
		file := seal(t, keys, "a", content, rapid.SliceOfN(rapid.IntRange(0, 2*sealed.Chunk+1), 0, 5).Draw(d, "pieces")...)
		r, err := sealed.NewReader(bytes.NewReader(file), int64(len(file)), "a", keys)
		if err != nil {
			d.Fatal(err)
		}
		if r.Format() != 7 || r.Len() != int64(size) || !r.Ended() {
			d.Fatalf("format %d, %d octets, ended %v", r.Format(), r.Len(), r.Ended())
		}
		plain := bytes.NewReader(content)
		for range rapid.IntRange(1, 12).Draw(d, "looks") {
			offset, whence := int64(rapid.IntRange(-size-1, 2*size+1).Draw(d, "offset")), rapid.IntRange(0, 2).Draw(d, "whence")
			got, err := r.Seek(offset, whence)
			want, wrong := plain.Seek(offset, whence)
			if (err == nil) != (wrong == nil) || err == nil && got != want {
				d.Fatalf("seeking %d from %d: %d, %v; a plain file says %d, %v", offset, whence, got, err, want, wrong)
			}
			a, b := make([]byte, rapid.IntRange(0, size+2).Draw(d, "octets")), []byte(nil)
			b = make([]byte, len(a))
			n, err := io.ReadFull(r, a)
			m, wrong := io.ReadFull(plain, b)
			if n != m || !errors.Is(err, wrong) || !bytes.Equal(a[:n], b[:m]) {
				d.Fatalf("reading %d octets: %d, %v; a plain file gives %d, %v", len(a), n, err, m, wrong)
			}
		}
	})
}

func TestWhatWasChangedIsNeverReadAsSound(t *testing.T) {
	keys := keysOf(t, sealed.NewKey())
	content := sound(3*sealed.Chunk + 100)
	file := seal(t, keys, "mine", content)
	const whole = sealed.Chunk + 16
	chunk := func(f []byte, n int) []byte { return f[40+n*whole : 40+(n+1)*whole] }
	other := seal(t, keys, "other", content)
	spoilt := map[string]func(f []byte) []byte{
		"cut in the header":         func(f []byte) []byte { return f[:20] },
		"nothing but the header":    func(f []byte) []byte { return f[:40] },
		"cut at the end of a chunk": func(f []byte) []byte { return f[:40+2*whole] },
		"cut in a chunk":            func(f []byte) []byte { return f[:40+2*whole+50] },
		"an octet short":            func(f []byte) []byte { return f[:len(f)-1] },
		"an octet long":             func(f []byte) []byte { return append(f, 0) },
		"two chunks change places": func(f []byte) []byte {
			a := bytes.Clone(chunk(f, 0))
			copy(chunk(f, 0), chunk(f, 1))
			copy(chunk(f, 1), a)
			return f
		},
		"a chunk twice":                          func(f []byte) []byte { copy(chunk(f, 1), chunk(f, 0)); return f },
		"a chunk left out":                       func(f []byte) []byte { return append(f[:40+whole], f[40+2*whole:]...) },
		"another file of the same key":           func([]byte) []byte { return bytes.Clone(other) },
		"a chunk of another file":                func(f []byte) []byte { copy(chunk(f, 1), chunk(other, 1)); return f },
		"the header of another file":             func(f []byte) []byte { copy(f, other[:40]); return f },
		"the last chunk in the place of another": func(f []byte) []byte { return append(f[:40+whole], f[40+3*whole:]...) },
	}
	for what, spoil := range spoilt {
		_, err := open(keys, "mine", spoil(bytes.Clone(file)))
		if !errors.Is(err, sealed.ErrDamaged) && !errors.Is(err, sealed.ErrCut) && !errors.Is(err, sealed.ErrForeign) {
			t.Errorf("%s: %v", what, err)
		} else if !strings.Contains(err.Error(), "mine") {
			t.Errorf("%s: the error does not name the file: %v", what, err)
		}
	}
	prove.Check(t, func(d *rapid.T) {
		f := bytes.Clone(file)
		f[rapid.IntRange(0, len(f)-1).Draw(d, "octet")] ^= byte(1 << rapid.IntRange(0, 7).Draw(d, "bit"))
		if got, err := open(keys, "mine", f); err == nil || !strings.Contains(err.Error(), "mine") {
			d.Fatalf("%d octets, %v", len(got), err)
		}
	})
}

func TestTheFirstKeyWritesAndAllRead(t *testing.T) {
	first, second := sealed.NewKey(), sealed.NewKey()
	old := keysOf(t, first)
	file := seal(t, old, "a", sound(10))
	rotated := keysOf(t, "# new\n", second, "\n", strings.TrimSpace(first)+" # until all is written anew\n")
	if got, err := open(rotated, "a", file); err != nil || !bytes.Equal(got, sound(10)) {
		t.Errorf("the former key does not read: %v", err)
	}
	file = seal(t, rotated, "a", sound(10))
	if _, err := open(old, "a", file); !errors.Is(err, sealed.ErrNoKey) || !strings.Contains(err.Error(), rotated.IDs()[0]) {
		t.Errorf("a file of the new key, read by the former one: %v", err)
	}
}

func TestAKeyFileThatIsWrongIsRefusedWithoutItsSecret(t *testing.T) {
	good := strings.TrimSpace(sealed.NewKey())
	for what, text := range map[string]string{
		"nothing": "", "a comment": "# key\n", "half of one": good[:40], "one digit is none": good[:63] + "x", "twice": good + "\n" + good, "more than hexadecimal": good + good[:2],
	} {
		_, err := sealed.ParseKeys([]byte(text))
		if err == nil || len(text) > 8 && strings.Contains(err.Error(), good[:8]) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// shrinking is a disk that takes only so many octets.
type shrinking struct {
	bytes.Buffer
	room int
}

func (s *shrinking) Write(b []byte) (int, error) {
	n := min(len(b), s.room-s.Len())
	s.Buffer.Write(b[:n])
	if n < len(b) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func TestAFileWhoseProcessDiedGivesWhatThereIsAndIsEnded(t *testing.T) {
	keys, content := keysOf(t, sealed.NewKey()), sound(2*sealed.Chunk+700)
	whole := len(seal(t, keys, "a", content))
	for room := 40; room < whole; room += 97 {
		disk := &shrinking{room: room}
		w, err := sealed.NewWriter(disk, "a", 1, keys)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(content)
		if failed := w.Close(); failed == nil || err != nil && !errors.Is(failed, err) {
			t.Fatalf("%d octets: %v, then %v", room, err, failed)
		}
		if _, err := open(keys, "a", disk.Bytes()); !errors.Is(err, sealed.ErrCut) && !errors.Is(err, sealed.ErrDamaged) {
			t.Fatalf("%d octets are read as a whole file: %v", room, err)
		}
		name := filepath.Join(t.TempDir(), "a")
		if err := os.WriteFile(name, disk.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time changes nothing
			info, err := file.Stat()
			if err == nil {
				err = sealed.Recover(file, info.Size(), "a", keys)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(name)
		if err := errors.Join(err, file.Close()); err != nil {
			t.Fatal(err)
		}
		want := (room - 40) / (sealed.Chunk + 16) * sealed.Chunk
		if got, err := open(keys, "a", text); err != nil || !bytes.Equal(got, content[:want]) {
			t.Fatalf("%d octets: %d are read, not %d: %v", room, len(got), want, err)
		}
	}
}

// A copy under another name, as of somebody who puts one aside, is not cut to nothing.
func TestAFileOfWhichNothingCanBeReadIsNotEnded(t *testing.T) {
	keys := keysOf(t, sealed.NewKey())
	name, whole := filepath.Join(t.TempDir(), "copy"), seal(t, keys, "417-a", sound(2*sealed.Chunk+700))
	if err := os.WriteFile(name, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := sealed.Recover(file, int64(len(whole)), "copy", keys); !errors.Is(err, sealed.ErrDamaged) || !strings.Contains(err.Error(), "copy") {
		t.Errorf("ending it: %v", err)
	}
	if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, whole) {
		t.Errorf("%d octets of %d are left, %v", len(now), len(whole), err)
	}
}

// FuzzReader holds that no file makes the reader panic, and that none but a true one is read.
func FuzzReader(f *testing.F) {
	keys := keysOf(f, strings.Repeat("5a", 32))
	f.Add(seal(f, keys, "a", sound(sealed.Chunk+5)))
	f.Add([]byte("HOTLSEAL"))
	f.Add(make([]byte, 100))
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := open(keys, "a", file)
		if err == nil && !bytes.Equal(got, sound(len(got))) {
			t.Fatal("a file that nobody has sealed is read")
		}
		if r, err := sealed.NewPartialReader(bytes.NewReader(file), int64(len(file)), "a", keys); err == nil {
			_, _ = io.ReadAll(r)
		}
	})
}

// FuzzKeys holds that no key file makes the reader panic.
func FuzzKeys(f *testing.F) {
	f.Add([]byte(sealed.NewKey() + "# a comment\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if keys, err := sealed.ParseKeys(text); err == nil && len(keys.IDs()) == 0 {
			t.Fatal("no key, and no error")
		}
	})
}

// BenchmarkSecond is what encryption takes of a recorded second of a call: 8000 octets sealed, without the disk.
func BenchmarkSecond(b *testing.B) {
	w, err := sealed.NewWriter(io.Discard, "a", 1, keysOf(b, sealed.NewKey()))
	if err != nil {
		b.Fatal(err)
	}
	second := sound(8000)
	b.SetBytes(8000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(second); err != nil {
			b.Fatal(err)
		}
	}
}
