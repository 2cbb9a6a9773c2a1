package spool

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hotline/media/g711"
	"hotline/sealed"
)

func keys(t testing.TB, lines ...string) sealed.Keys {
	t.Helper()
	k, err := sealed.ParseKeys([]byte(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t testing.TB, dir string, e Encryption) *Folder {
	t.Helper()
	f, err := Open(dir, e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// speech is sound that no other file has.
func speech(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*i>>3) ^ byte(i>>7)
	}
	return b
}

// record keeps a recording, second by second.
func record(t testing.TB, f *Folder, id string, octets []byte) {
	t.Helper()
	w, err := f.Create(id, g711.ALaw)
	if err != nil {
		t.Fatal(err)
	}
	for second := range slices.Chunk(octets, 8000) {
		if _, err := w.Write(second); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func filesIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestASealedRecordingIsTheWAVFileThatItWouldBeInTheClear(t *testing.T) {
	sound := speech(20001) // an odd length, which RIFF pads
	clearDir, sealedDir := t.TempDir(), t.TempDir()
	inTheClear, secret := open(t, clearDir, Encryption{}), open(t, sealedDir, Encryption{Keys: keys(t, sealed.NewKey())})
	record(t, inTheClear, "417-a", sound)
	record(t, secret, "417-a", sound)
	want, err := os.ReadFile(filepath.Join(clearDir, "417-a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	file, err := secret.Open("417-a")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%d octets, not the %d of the file in the clear: %v", len(got), len(want), err)
	}
	for _, at := range []int64{0, 5, 57, 58, 59, 4000, 20058, int64(len(want)) - 2, int64(len(want)) - 1, int64(len(want)), 99999} {
		if _, err := file.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(file); err != nil || !bytes.Equal(got, want[min(at, int64(len(want))):]) {
			t.Errorf("from %d: %d octets, %v", at, len(got), err)
		}
	}
	a, err := inTheClear.Sum("417-a")
	b, wrong := secret.Sum("417-a")
	if a != b || err != nil || wrong != nil {
		t.Errorf("the sums are %s, %v and %s, %v", a, err, b, wrong)
	}
	text, err := os.ReadFile(filepath.Join(sealedDir, "417-a.sealed"))
	if err != nil || bytes.Contains(text, sound[:32]) {
		t.Errorf("the sound stands in the file: %v", err)
	}
}

func TestARecordingCutOffByACrashGivesWhatThereIs(t *testing.T) {
	dir, e := t.TempDir(), Encryption{Keys: keys(t, sealed.NewKey())}
	w, err := open(t, dir, e).Create("417-a", g711.MuLaw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(speech(17000)); err != nil {
		t.Fatal(err)
	}
	f := open(t, dir, e) // the next process
	if codec, octets, err := f.Octets("417-a"); err != nil || codec != g711.MuLaw || !bytes.Equal(octets, speech(16000)) {
		t.Errorf("%v, %d octets, %v", codec, len(octets), err)
	}
	if _, err := f.Open("417-a"); !errors.Is(err, sealed.ErrCut) {
		t.Errorf("what is cut is taken for whole: %v", err)
	}
	if err := f.Recover("417-a"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Sum("417-a"); err != nil {
		t.Error(err)
	}
}

func TestWithoutEncryptionSealedRecordingsAreStillRead(t *testing.T) {
	dir, k := t.TempDir(), keys(t, sealed.NewKey())
	record(t, open(t, dir, Encryption{Keys: k}), "1-a", speech(100))
	f := open(t, dir, Encryption{Keys: k, Off: true})
	record(t, f, "2-b", speech(100))
	f.SealAll(t.Context(), func() bool { return false }, slog.New(slog.DiscardHandler))
	if names := filesIn(t, dir); !slices.Equal(names, []string{"1-a.sealed", "2-b.wav"}) {
		t.Errorf("the folder holds %v", names)
	}
	for _, id := range []string{"1-a", "2-b"} {
		if _, octets, err := f.Octets(id); err != nil || len(octets) != 100 {
			t.Errorf("%s: %d octets, %v", id, len(octets), err)
		}
	}
}

var errDied = errors.New("the process died")

// dying is a disk whose process dies after some steps. When the power fails with it, what was not synced is lost: half of a file's
// end, and what was renamed and removed.
type dying struct {
	disk
	dir  string
	left int
	undo []func() error
}

func (d *dying) step() error {
	if d.left == 0 {
		return errDied
	}
	d.left--
	return nil
}

// before notes how a file stood, to be put back should the power fail.
func (d *dying) before(name string) {
	path := filepath.Join(d.dir, name)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		d.undo = append(d.undo, func() error { return os.RemoveAll(path) })
		return
	}
	d.undo = append(d.undo, func() error { return os.WriteFile(path, text, 0o600) })
}

func (d *dying) Create(name string) (file, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	f, err := d.disk.Create(name)
	return &dyingFile{file: f, disk: d, path: filepath.Join(d.dir, name)}, err
}

func (d *dying) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.before(from)
	d.before(to)
	return d.disk.Rename(from, to)
}

func (d *dying) Remove(name string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.before(name)
	return d.disk.Remove(name)
}

func (d *dying) SyncFolder() error {
	if err := d.step(); err != nil {
		return err
	}
	d.undo = nil
	return d.disk.SyncFolder()
}

type dyingFile struct {
	file
	disk  *dying
	path  string
	holes bool // what is written is not on the disk
}

func (f *dyingFile) Write(b []byte) (int, error) {
	if err := f.disk.step(); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	if !f.holes {
		f.holes = true
		f.disk.undo = append(f.disk.undo, func() error {
			if info, err := os.Stat(f.path); err == nil && f.holes {
				return os.Truncate(f.path, info.Size()/2)
			}
			return nil
		})
	}
	return f.file.Write(b)
}

func (f *dyingFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.holes = false
	return f.file.Sync()
}

func TestACrashAtAnyInstantOfSealingLosesNothing(t *testing.T) {
	sound := speech(2*pieceOctets + 333)
	former, present := sealed.NewKey(), sealed.NewKey()
	from := map[string]Encryption{"in the clear": {}, "with a former key": {Keys: keys(t, former)}}
	now := Encryption{Keys: keys(t, present, former)}
	noRest := func(time.Duration) error { return nil }
	silent := slog.New(slog.DiscardHandler)
	for what, before := range from {
		for _, power := range []bool{false, true} {
			finished, steps := false, 0
			for ; !finished; steps++ {
				dir := t.TempDir()
				record(t, open(t, dir, before), "417-a", sound)
				f := open(t, dir, now)
				d := &dying{disk: disk{f.root}, dir: dir, left: steps}
				f.files = d
				_, failed := f.sealOnce(noRest, silent)
				finished = failed == 0
				if power {
					for _, undo := range slices.Backward(d.undo) {
						if err := undo(); err != nil {
							t.Fatal(err)
						}
					}
				}
				f = open(t, dir, now)
				if _, octets, err := f.Octets("417-a"); err != nil || !bytes.Equal(octets, sound) {
					t.Fatalf("%s, power failed %v, dead after %d steps: %d octets, %v; the folder holds %v", what, power, steps, len(octets), err, filesIn(t, dir))
				}
				if list, err := f.List(); err != nil || !slices.Equal(list, []string{"417-a"}) {
					t.Fatalf("the list is %v, %v", list, err)
				}
				f.sealOnce(noRest, silent)
				f.sealOnce(noRest, silent)
				if names := filesIn(t, dir); !slices.Equal(names, []string{"417-a.sealed"}) {
					t.Fatalf("%s, dead after %d steps: at the end the folder holds %v", what, steps, names)
				}
				last := open(t, dir, Encryption{Keys: keys(t, present)})
				if _, octets, err := last.Octets("417-a"); err != nil || !bytes.Equal(octets, sound) {
					t.Fatalf("%s, dead after %d steps: at the end %d octets, %v", what, steps, len(octets), err)
				}
			}
			if steps < 6 {
				t.Errorf("%s: only %d steps were tried", what, steps)
			}
		}
	}
}

// full is a disk that takes so many octets at once, and half of what is more.
type full struct {
	disk
	room int
}

func (d full) Begin(name string) (file, error) {
	f, err := d.disk.Begin(name)
	return fullFile{f, d.room}, err
}

func (d full) Create(name string) (file, error) {
	f, err := d.disk.Create(name)
	return fullFile{f, d.room}, err
}

type fullFile struct {
	file
	room int
}

func (f fullFile) Write(b []byte) (int, error) {
	if len(b) <= f.room {
		return f.file.Write(b)
	}
	n, _ := f.file.Write(b[:len(b)/2])
	return n, syscall.ENOSPC
}

func TestARecordingThatCannotBeginLeavesNothingBehindOnAFullDisk(t *testing.T) {
	for name, e := range map[string]Encryption{"in the clear": {}, "sealed": {Keys: keys(t, sealed.NewKey())}} {
		dir := t.TempDir()
		f := open(t, dir, e)
		f.files = full{disk: disk{f.root}}
		if _, err := f.Create("417-a", g711.MuLaw); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", name, err)
		}
		if names := filesIn(t, dir); len(names) > 0 {
			t.Errorf("%s: the folder holds %v", name, names)
		}
		f.files = disk{f.root}
		record(t, f, "417-a", speech(17000)) // once there is room
		if _, err := f.Create("417-a", g711.MuLaw); !errors.Is(err, os.ErrExist) {
			t.Errorf("%s, begun twice: %v", name, err)
		}
		if names := filesIn(t, dir); len(names) != 1 {
			t.Errorf("%s, begun twice: the folder holds %v", name, names)
		}
	}
}

func TestSealingLeavesNothingBehindOnAFullDisk(t *testing.T) {
	dir, sound := t.TempDir(), speech(pieceOctets)
	record(t, open(t, dir, Encryption{}), "417-a", sound)
	f := open(t, dir, Encryption{Keys: keys(t, sealed.NewKey())})
	f.files = full{disk{f.root}, 100} // room for the header of what is sealed
	if done, failed := f.sealOnce(func(time.Duration) error { return nil }, slog.New(slog.DiscardHandler)); done != 0 || failed != 1 {
		t.Errorf("%d sealed, %d not", done, failed)
	}
	if names := filesIn(t, dir); !slices.Equal(names, []string{"417-a.wav"}) {
		t.Errorf("the folder holds %v", names)
	}
	if _, octets, err := f.Octets("417-a"); err != nil || !bytes.Equal(octets, sound) {
		t.Errorf("%d octets, %v", len(octets), err)
	}
}

// What a former process could not end must not need its former key for ever.
func TestARecordingCutOffUnderAFormerKeyIsSealedAnewToo(t *testing.T) {
	dir, former, present := t.TempDir(), sealed.NewKey(), sealed.NewKey()
	w, err := open(t, dir, Encryption{Keys: keys(t, former)}).Create("417-a", g711.MuLaw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(speech(17000)); err != nil {
		t.Fatal(err)
	}
	done, failed := open(t, dir, Encryption{Keys: keys(t, present, former)}).sealOnce(func(time.Duration) error { return nil }, slog.New(slog.DiscardHandler))
	if done != 1 || failed != 0 {
		t.Errorf("%d sealed, %d not", done, failed)
	}
	f := open(t, dir, Encryption{Keys: keys(t, present)})
	if codec, octets, err := f.Octets("417-a"); err != nil || codec != g711.MuLaw || !bytes.Equal(octets, speech(16000)) {
		t.Errorf("%v, %d octets, %v", codec, len(octets), err)
	}
}

func TestARecordingThatIsDeletedWhileItIsSealedStaysDeleted(t *testing.T) {
	dir := t.TempDir()
	record(t, open(t, dir, Encryption{}), "417-a", speech(3*pieceOctets))
	f := open(t, dir, Encryption{Keys: keys(t, sealed.NewKey())})
	f.sealOnce(func(time.Duration) error { return f.Remove("417-a") }, slog.New(slog.DiscardHandler))
	f.sealOnce(func(time.Duration) error { return nil }, slog.New(slog.DiscardHandler))
	if names := filesIn(t, dir); len(names) > 0 {
		t.Errorf("the folder holds %v", names)
	}
}

func TestSealingYieldsToCallsAndEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	record(t, open(t, dir, Encryption{}), "417-a", speech(4*pieceOctets))
	f := open(t, dir, Encryption{Keys: keys(t, sealed.NewKey())})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		asked := 0
		f.SealAll(ctx, func() bool {
			if asked++; asked == 3 {
				cancel()
			}
			return true
		}, slog.New(slog.DiscardHandler))
		if asked != 3 {
			t.Errorf("asked %d times whether somebody is on the telephone", asked)
		}
	})
	if _, octets, err := f.Octets("417-a"); err != nil || len(octets) != 4*pieceOctets {
		t.Errorf("%d octets, %v", len(octets), err)
	}
}

// Most recordings are shorter than one piece: sealing rests once it has written one, and once it has proven it.
func TestSealingYieldsAfterShortRecordingsToo(t *testing.T) {
	dir := t.TempDir()
	for _, id := range []string{"417-a", "418-b", "419-c"} {
		record(t, open(t, dir, Encryption{}), id, speech(5000))
	}
	rests := 0
	done, failed := open(t, dir, Encryption{Keys: keys(t, sealed.NewKey())}).sealOnce(func(time.Duration) error { rests++; return nil }, slog.New(slog.DiscardHandler))
	if done != 3 || failed != 0 || rests != 6 {
		t.Errorf("%d sealed, %d not, %d rests", done, failed, rests)
	}
}

// BenchmarkRecordedSecond is what a second of a recorded call takes on its way to the disk, in the clear and sealed.
func BenchmarkRecordedSecond(b *testing.B) {
	for name, e := range map[string]Encryption{"clear": {}, "sealed": {Keys: keys(b, sealed.NewKey())}} {
		b.Run(name, func(b *testing.B) {
			f := open(b, b.TempDir(), e)
			w, err := f.Create("1-a", g711.ALaw)
			if err != nil {
				b.Fatal(err)
			}
			second := speech(8000)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Write(second); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
