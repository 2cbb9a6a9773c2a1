// Package pack is whole voices as zip files in the layout of Asterisk's sounds: what is heard goes out, and many recordings of the owner's
// come in at once, tried first or taken. The rules for each file are those of a single recording (speech/upload.Booth).
//
// It starts no goroutine.
package pack

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"hotline/media/g711"
	"hotline/media/wav"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/speech"
	"hotline/speech/upload"
)

// The bounds of a pack that comes in.
const (
	MostFiles       = 2000
	largestUnpacked = 256 << 20       // octets
	importTime      = 4 * time.Minute // within which an answer can still be written
)

// Why no file of a pack is looked at. Callers test for them with errors.Is.
var (
	ErrNoZip = errors.New("this is no zip file")
	ErrMany  = fmt.Errorf("the pack has more than %d files", MostFiles)
)

// KeyOf is the prompt that a file of a pack is the sound of; folders before that of the language, such as sounds, do not count.
func KeyOf(lang prompts.Language, name string) (prompts.ID, error) {
	parts := strings.Split(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"), "/")
	for n, p := range parts {
		if p != string(lang) {
			continue
		}
		file := strings.TrimSuffix(parts[len(parts)-1], path.Ext(name))
		switch inside := parts[n+1 : len(parts)-1]; {
		case len(inside) == 0:
			return prompts.ID(file), nil
		case len(inside) == 1 && inside[0] == upload.Digits:
			return prompts.ID("n-" + file), nil
		}
		return "", errors.New("the line knows no sounds in this folder")
	}
	return "", fmt.Errorf("it does not lie in the folder of the language, %s", lang)
}

// Export writes all that is heard in a language into a zip file, or the owner's recordings alone. The files say that they are of now. An
// error is one of w: whoever reads has gone.
func Export(w io.Writer, line upload.Line, lang prompts.Language, entries []prompts.Entry, own bool, now time.Time) error {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, fast)
	for _, e := range entries {
		alaw, version, ok := line.Heard(lang, e.ID)
		if !ok || version == 0 && own {
			continue
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: upload.FileOf(lang, e.ID), Method: zip.Deflate, Modified: now})
		if err == nil {
			_, err = f.Write(linear(alaw, upload.Maker(lang, e, version)))
		}
		if err != nil {
			return err
		}
	}
	return z.Close()
}

// fast packs with the least work: a voice is eighteen megabytes of sound, and the line needs the processor more than an export does.
func fast(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) }

// linear is a sound as a WAV file of 16 bits, as Asterisk reads it, which says who has made it.
func linear(alaw []byte, by speech.Maker) []byte {
	pcm := g711.ALaw.Samples(alaw)
	octets := make([]byte, 0, 2*len(pcm))
	for _, s := range pcm {
		octets = append(octets, byte(s), byte(uint16(s)>>8))
	}
	return wav.Labelled(wav.Linear, octets, by.Label())
}

// File is what becomes of one file of a pack.
type File struct {
	Name      string
	Key       prompts.ID // empty: it is the sound of none
	Same      bool       // it sounds as what stands
	Refused   string     // why it is not taken; empty: it is
	Version   int        // as which it was written; 0: it was only tried
	Changes   []string   // what the mastering changed, with figures
	Was, Will time.Duration
}

// Result is what becomes of a pack.
type Result struct {
	Taken, Same, Refused int
	Left                 int    // files that were not looked at, because calls went first for too long
	Files                []File // those that are taken or refused, in the order of the pack
}

// Import is a pack that comes in.
type Import struct {
	Booth upload.Booth
	Busy  func() bool // tells whether somebody is on the telephone: calls go first
	By    string      // who does it
	Try   bool        // nothing is written
	// Told hears how many files are through, of so many; nil: nobody does.
	Told func(done, of int)

	fresh int // octets of sound that a trial would add
}

// Run takes one file after the other; one that is refused keeps no other from being taken. ErrNoZip, ErrMany, or an error of the store: what
// was taken by then stands, and the same pack again brings the rest.
func (m *Import) Run(ctx context.Context, lang prompts.Language, file io.ReaderAt, size int64) (v Result, err error) {
	z, err := zip.NewReader(file, size)
	if err != nil {
		return v, fmt.Errorf("%w: %w", ErrNoZip, err)
	}
	if len(z.File) > MostFiles {
		return v, ErrMany
	}
	left, began := int64(largestUnpacked), time.Now()
	for n, f := range z.File {
		if m.Told != nil {
			m.Told(n, len(z.File))
		}
		if time.Since(began) > importTime {
			v.Left = len(z.File) - n
			break
		}
		if strings.HasSuffix(f.Name, "/") || strings.EqualFold(path.Ext(f.Name), ".txt") {
			continue
		}
		from := time.Now()
		one, err := m.file(ctx, lang, f, &left)
		if err != nil {
			return v, err
		}
		if !m.rest(ctx, time.Since(from)) {
			return v, ctx.Err()
		}
		switch {
		case one.Refused != "":
			v.Refused++
		case one.Same:
			v.Same++
			continue
		default:
			v.Taken++
		}
		v.Files = append(v.Files, one)
	}
	return v, nil
}

// file takes one file of a pack. left is how much may still be unpacked. The error is one of the store.
func (m *Import) file(ctx context.Context, lang prompts.Language, f *zip.File, left *int64) (File, error) {
	v := File{Name: upload.Shown(f.Name)}
	key, err := KeyOf(lang, f.Name)
	if err != nil {
		v.Refused = err.Error()
		return v, nil
	}
	e, err := upload.Entry(lang, key)
	if err != nil {
		v.Refused = "the line says nothing of this name; the script lists what it says"
		return v, nil
	}
	v.Key = key
	octets, err := unpacked(f, left)
	if err != nil {
		v.Refused = err.Error()
		return v, nil
	}
	standing, _, _ := m.Booth.Line.Heard(lang, key)
	if v.Same = upload.Sounds(octets, standing); v.Same {
		return v, nil
	}
	p, err := m.Booth.Take(lang, e, octets)
	if err == nil && m.Try && m.Booth.Line.Octets()+m.fresh+len(p.Sound) > replaced.LargestTotal {
		err = fmt.Errorf("all recordings of the owner's together would last more than %d minutes", replaced.LargestTotal/8000/60)
	}
	if err != nil {
		v.Refused = err.Error()
		return v, nil
	}
	if v.Same = p.SHA256 == replaced.Hash(standing); v.Same { // the same recording was taken before
		return v, nil
	}
	v.Changes, v.Was, v.Will = p.Changes, lasts(standing), lasts(p.Sound)
	m.fresh += len(p.Sound)
	if m.Try {
		return v, nil
	}
	p, err = m.Booth.Write(ctx, p, m.By)
	v.Version = p.Version
	return v, err
}

func unpacked(f *zip.File, left *int64) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("it cannot be unpacked: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, min(*left, upload.Largest)+1))
	if *left -= int64(len(b)); err != nil || *left < 0 {
		return nil, errors.Join(errors.New("it cannot be unpacked, or the pack is too large"), err)
	}
	return b, nil
}

// lasts is the length of a sound in A-law of 8 kHz.
func lasts(alaw []byte) time.Duration { return time.Duration(len(alaw)) * time.Second / 8000 }

// rest leaves the machine to calls: nine times as long as a file took while somebody is on the telephone. False when ctx ended.
func (m *Import) rest(ctx context.Context, took time.Duration) bool {
	if !m.Busy() {
		return ctx.Err() == nil
	}
	t := time.NewTimer(9 * took)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
