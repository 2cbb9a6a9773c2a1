package listening

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"hotline/paging"
	"hotline/storage"
	"hotline/tickets"
)

// Desk finds tickets. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	List(ctx context.Context, f tickets.Filter) (paging.Page[tickets.Ticket], error)
}

// Find finds the tickets of which recordings are exported: one, or, where n is 0, all of a caller's number in E.164, the oldest first.
// storage.ErrNotFound where there is none.
func Find(ctx context.Context, d Desk, n tickets.Number, caller string) (list []tickets.Ticket, err error) {
	if n != 0 {
		t, err := d.Ticket(ctx, n)
		return []tickets.Ticket{t}, err
	}
	f := tickets.Filter{Caller: caller, Sort: "number", Limit: 500}
	for {
		p, err := d.List(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("the tickets of a caller: %w", err)
		}
		list = append(list, p.Items...)
		if f.After = p.Next; f.After != "" {
			continue
		}
		if len(list) == 0 {
			err = fmt.Errorf("tickets of caller %s: %w", caller, storage.ErrNotFound)
		}
		return list, err
	}
}

// Archive exports recordings. All its fields are required.
type Archive struct {
	Store tickets.RecordingStore
	Open  func(context.Context, tickets.Recording) (io.ReadSeekCloser, error)
	Actor string
	At    time.Time
}

// manifest is manifest.json of an archive.
type manifest struct {
	ExportedAt time.Time `json:"exported_at"`
	ExportedBy string    `json:"exported_by"`
	Recordings []entry   `json:"recordings"`
}

// entry is one recording of an archive.
type entry struct {
	File     string    `json:"file,omitempty"`
	SHA256   string    `json:"sha256,omitempty"` // of the file, in hexadecimal
	Octets   int64     `json:"octets,omitempty"`
	Format   string    `json:"format,omitempty"`
	ID       string    `json:"recording"`
	Call     string    `json:"call"`
	At       time.Time `json:"recorded_at"`
	Seconds  float64   `json:"seconds"`
	Partial  bool      `json:"partial"`
	Kind     string    `json:"kind"` // message or talk
	Ticket   int64     `json:"ticket"`
	Contract string    `json:"contract"`
	Caller   string    `json:"caller"`
	Missing  string    `json:"missing,omitempty"` // why it has no file
}

// fileTime is how long the sending of one recording may take, whatever the server allows to a whole answer.
const fileTime = 5 * time.Minute

// Serve answers with a ZIP archive: the sounds as they were recorded, octet for octet, and the manifest behind them. Each is noted as
// exported before it is read. After an error the answer is half an archive: the connection must be broken off.
func (a Archive) Serve(ctx context.Context, w http.ResponseWriter, list []tickets.Ticket) error {
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", `attachment; filename="recordings.zip"`)
	h.Set("Cache-Control", "no-store")
	z, control := zip.NewWriter(w), http.NewResponseController(w)
	m := manifest{ExportedAt: a.At.UTC(), ExportedBy: a.Actor, Recordings: []entry{}}
	for _, t := range list {
		for _, r := range t.Recordings {
			_ = control.SetWriteDeadline(time.Now().Add(fileTime)) // by the socket's clock; a writer without deadlines is a test's
			e := entry{
				ID: r.ID, Call: string(r.Call), At: r.At, Seconds: r.Seconds, Partial: r.Partial, Kind: cmp.Or(string(r.Kind), "message"),
				Ticket: int64(t.Number), Contract: string(t.Contract), Caller: t.Caller,
			}
			if err := a.add(ctx, z, r, &e); err != nil {
				return fmt.Errorf("exporting recording %s: %w", r.ID, err)
			}
			m.Recordings = append(m.Recordings, e)
		}
	}
	to, err := z.Create("manifest.json")
	if err != nil {
		return err
	}
	j := json.NewEncoder(to)
	j.SetIndent("", "  ")
	return errors.Join(j.Encode(m), z.Close())
}

// add puts one sound into the archive. One that lies on another node, or was erased a moment ago, is said to be missing.
func (a Archive) add(ctx context.Context, z *zip.Writer, r tickets.Recording, e *entry) error {
	file, err := a.Open(ctx, r)
	if errors.Is(err, storage.ErrNotFound) {
		e.Missing = "its sound is not on this node"
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if err := a.Store.LogAccess(ctx, r.ID, a.Actor, tickets.Exported, a.At); err != nil {
		return err
	}
	e.File, e.Format = fileName(r), format(r)
	to, err := z.CreateHeader(&zip.FileHeader{Name: e.File, Method: zip.Deflate, Modified: r.At})
	if err != nil {
		return err
	}
	sum := sha256.New()
	if e.Octets, err = io.Copy(io.MultiWriter(to, sum), file); err != nil {
		return err
	}
	e.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// format names the form of a recording's file.
func format(r tickets.Recording) string {
	if r.Law == "ulaw" {
		return "WAV, G.711 mu-law, 8000 Hz, mono"
	}
	return "WAV, G.711 A-law, 8000 Hz, mono"
}
