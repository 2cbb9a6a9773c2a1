// Package journal is the write-ahead file of tickets: a change is on the local disk before the store is tried, so that it
// survives a store that is down and a process that dies.
package journal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"hotline/atomicfile"
	"hotline/storage"
	"hotline/storage/stored"
	"hotline/tickets"
)

const (
	fileName = "changes.journal"
	tidyAt   = 1 << 20 // octets, beyond twice those of its open changes, from which a journal is begun anew
)

// Journal is the write-ahead file: a change is on the disk before the store is tried, and is replayed until the store
// has it. Safe for concurrent use.
type Journal struct {
	mu      sync.Mutex // the file's end
	name    string
	damaged string
	only    bool     // the file is the only copy of what could not be read
	file    *os.File // appended to
	size    int64
	begun   int64  // size when the file was begun anew
	kept    int64  // octets of the disk that are the file's
	written uint64 // records so far
	open    map[string]tickets.Change
	order   []string // the keys of open, by the time of writing

	syncing sync.Mutex
	synced  uint64 // records that are on the disk for sure
}

// entry is one record: a change, or that the store has one.
type entry struct {
	ID     string         `json:"id"`
	Change *stored.Change `json:"change,omitempty"`
}

// body is the text of a record: of a change, or, without one, that the store has it.
func body(id string, c *tickets.Change) ([]byte, error) {
	e := entry{ID: id}
	if c != nil {
		form := stored.OfChange(*c)
		e.Change = &form
	}
	return json.Marshal(e)
}

// Open opens the journal in a folder, makes it when it is missing, cuts a torn end off, and forgets what is done. Where
// more than the end cannot be read, a copy of the file is kept beside it; see Damaged.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	j := &Journal{name: filepath.Join(dir, fileName), open: map[string]tickets.Change{}}
	text, err := os.ReadFile(j.name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	bodies, good, whole := read(text)
	if !whole {
		if j.damaged, err = keepCopy(j.name, text); errors.Is(err, syscall.ENOSPC) {
			j.damaged, j.only, err = j.name, true, nil
		}
		if err != nil {
			return nil, fmt.Errorf("opening the journal %s, of which a part cannot be read: keeping a copy: %w", j.name, err)
		}
		good = len(text) // what cannot be read is not cut off: the copy may be the same file
	}
	for _, text := range bodies {
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("reading the journal %s: %w; keep the file, it holds tickets that the database may not have", j.name, err)
		}
		j.noteRead(e)
	}
	if err = syscall.ENOSPC; !j.only {
		err = j.begin()
	}
	if errors.Is(err, syscall.ENOSPC) && len(text) > 0 {
		err = j.goOn(int64(good)) // a full disk must not keep callers out
	}
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	return j, nil
}

// keepCopy keeps what could not be read for somebody who can: under a second name, which takes no room, since a journal is
// begun anew in another file. Where the file system has no second names the text is copied.
func keepCopy(journal string, text []byte) (name string, err error) {
	name = filepath.Join(filepath.Dir(journal), "damaged-"+rand.Text()+".journal")
	if os.Link(journal, name) == nil {
		return name, atomicfile.SyncFolder(filepath.Dir(journal))
	}
	return name, writeCopy(name, text)
}

// writeCopy writes a whole copy, or leaves none.
func writeCopy(name string, text []byte) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}

// Damaged names the copy of the journal's file that was kept because a part of it could not be read; empty when all could be
// read. The records behind that part were read all the same. On a full disk it names the journal itself, which is then not
// begun anew.
func (j *Journal) Damaged() string { return j.damaged }

// noteRead follows one record that was read.
func (j *Journal) noteRead(e entry) {
	if e.Change == nil {
		j.note(e.ID, nil)
		return
	}
	c := e.Change.Domain()
	j.note(e.ID, &c)
}

// note follows one record: a change that the store does not have yet, or, without one, that the store has it.
func (j *Journal) note(id string, c *tickets.Change) {
	_, known := j.open[id]
	switch {
	case c != nil:
		if !known {
			j.order = append(j.order, id)
		}
		j.open[id] = *c
	case known:
		delete(j.open, id)
		j.order = slices.DeleteFunc(j.order, func(other string) bool { return other == id })
	}
}

// begin writes a new file of the open changes and puts it in the old one's place. Until it is there for sure the old one goes on.
func (j *Journal) begin() error {
	var text []byte
	for _, id := range j.order {
		c := j.open[id]
		whole, err := body(id, &c)
		if err != nil {
			return err
		}
		text = record(text, whole)
	}
	file, err := os.OpenFile(j.name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := replace(file, text, j.name); err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	if j.file != nil {
		_ = j.file.Close() // everything in it is in the new one
	}
	j.file, j.size, j.begun, j.kept = file, int64(len(text)), int64(len(text)), 0
	j.reserve()
	return atomicfile.SyncFolder(filepath.Dir(j.name))
}

// fresh is the file in which a journal is begun anew.
type fresh interface {
	Write([]byte) (int, error)
	Sync() error
	Name() string
}

// replace puts a new file in the place of the journal once its text is on the disk for sure, not before.
func replace(file fresh, text []byte, journal string) error {
	if _, err := file.Write(text); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(file.Name(), journal)
}

// goOn appends to the file that is there, behind its last whole record.
func (j *Journal) goOn(size int64) error {
	file, err := os.OpenFile(j.name, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := file.Truncate(size); err != nil {
		return errors.Join(err, file.Close())
	}
	j.file, j.size, j.begun = file, size, size
	return nil
}

const (
	reserved   = 4 << 20 // octets kept for the journal on a disk that may fill up: some thousand changes
	keepBeyond = 1       // FALLOC_FL_KEEP_SIZE: the room lies beyond the file's end
)

// reserve keeps room for what is still to be written, so that a disk that others have filled takes tickets all the same.
// Without it, as on a file system that does not know how, the journal takes what it finds.
func (j *Journal) reserve() {
	if j.kept-j.size > reserved/2 {
		return
	}
	if syscall.Fallocate(int(j.file.Fd()), keepBeyond, 0, j.size+reserved) == nil {
		j.kept = j.size + reserved
	}
}

// key names a change: by its first event, which is unique for ever.
func key(c tickets.Change) string {
	if len(c.Events) == 0 {
		return fmt.Sprintf("%d@%d", c.Ticket.Number, c.Ticket.Version)
	}
	return c.Events[0].ID
}

// Append writes a change and comes back when it is on the disk. Several at once share one sync.
func (j *Journal) Append(_ context.Context, c tickets.Change) error {
	n, err := j.write(key(c), &c)
	if err != nil {
		return fmt.Errorf("writing ticket %d to the journal: %w", c.Ticket.Number, err)
	}
	if err := j.sync(n); err != nil {
		return fmt.Errorf("writing ticket %d to the journal: %w", c.Ticket.Number, err)
	}
	return nil
}

// Done notes that the store has a change. It need not reach the disk: a change that is replayed twice is written once.
func (j *Journal) Done(_ context.Context, c tickets.Change) error {
	if _, err := j.write(key(c), nil); err != nil {
		return fmt.Errorf("marking ticket %d in the journal: %w", c.Ticket.Number, err)
	}
	return nil
}

func (j *Journal) write(id string, c *tickets.Change) (uint64, error) {
	whole, err := body(id, c)
	if err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	text := record(nil, whole)
	if _, err := j.file.Write(text); err != nil {
		j.kept = 0                                          // the room is given back with it
		return 0, errors.Join(err, j.file.Truncate(j.size)) // half a record must not hide those behind it
	}
	j.size += int64(len(text))
	j.reserve()
	j.written++
	j.note(id, c)
	if !j.only && j.size > tidyAt && (len(j.open) == 0 || j.size > tidyAt+2*j.begun) { // a change that waits for long does not make the file grow for ever
		_ = j.begin() // what was written stands in the old file; the next write tries again
	}
	return j.written, nil
}

// sync brings the first n records to the disk.
func (j *Journal) sync(n uint64) error {
	j.syncing.Lock()
	defer j.syncing.Unlock()
	if j.synced >= n {
		return nil
	}
	j.mu.Lock()
	file, upTo := j.file, j.written
	j.mu.Unlock()
	if err := file.Sync(); err != nil && !j.replaced(file) {
		return err
	}
	j.synced = upTo
	return nil
}

// replaced tells whether the file was begun anew meanwhile: the new one was brought to the disk with all that stood open.
func (j *Journal) replaced(file *os.File) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file != file
}

// Pending lists the changes that the store does not have, oldest first.
func (j *Journal) Pending() []tickets.Change {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []tickets.Change
	for _, id := range j.order {
		list = append(list, j.open[id])
	}
	return list
}

// Replay gives the store every change that it does not have, oldest first. It stops when the store is down. A change that
// the store refuses for another reason stays in the journal and does not keep the others: the error names all of those.
func (j *Journal) Replay(ctx context.Context, restore func(context.Context, tickets.Change) error) error {
	var refused []error
	for _, c := range j.Pending() {
		err := restore(ctx, c)
		if err == nil {
			err = j.Done(ctx, c)
		}
		if err == nil {
			continue
		}
		refused = append(refused, fmt.Errorf("replaying ticket %d from the journal: %w", c.Ticket.Number, err))
		if errors.Is(err, storage.ErrDown) || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(refused...)
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
