// Package journal keeps on the local disk what must survive a store that is down and a process that dies: changes of
// tickets before the store is tried, leased numbers, recordings as they are heard, and a copy of what a start without a
// database needs.
package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"hotline/tickets"
)

const (
	fileName = "changes.journal"
	tidyAt   = 1 << 20 // octets from which a journal without open changes is begun anew
)

// Journal is the write-ahead file: a change is on the disk before the store is tried, and is replayed until the store
// has it. Safe for concurrent use.
type Journal struct {
	mu      sync.Mutex // the file's end
	file    *os.File
	size    int64
	written uint64 // records so far
	open    map[string]tickets.Change
	order   []string // of open, by the time of writing

	syncing sync.Mutex
	synced  uint64 // records that are on the disk for sure
}

// entry is one record: a change, or that the store has one.
type entry struct {
	ID     string          `json:"id"`
	Change *tickets.Change `json:"change,omitempty"`
}

// Open opens the journal in a folder, makes it when it is missing, cuts a torn end off, and forgets what is done.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	name := filepath.Join(dir, fileName)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	j := &Journal{open: map[string]tickets.Change{}}
	for len(text) > 0 {
		body, rest, ok := next(text)
		if !ok {
			break // the process died while writing this record: nobody was told of it
		}
		text = rest
		var e entry
		if err := json.Unmarshal(body, &e); err != nil {
			return nil, fmt.Errorf("reading the journal %s: %w; keep the file, it holds tickets that the database may not have", name, err)
		}
		j.note(e)
	}
	if err := j.begin(name); err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	return j, nil
}

// note follows one record.
func (j *Journal) note(e entry) {
	if e.Change != nil {
		if _, known := j.open[e.ID]; !known {
			j.order = append(j.order, e.ID)
		}
		j.open[e.ID] = *e.Change
		return
	}
	delete(j.open, e.ID)
}

// begin writes a new file of the open changes and puts it in the old one's place.
func (j *Journal) begin(name string) error {
	file, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var text []byte
	var order []string
	for _, id := range j.order {
		c, ok := j.open[id]
		if !ok {
			continue
		}
		body, err := json.Marshal(entry{ID: id, Change: &c})
		if err != nil {
			return errors.Join(err, file.Close())
		}
		text, order = record(text, body), append(order, id)
	}
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := errors.Join(file.Sync(), os.Rename(name+".new", name), syncFolder(filepath.Dir(name))); err != nil {
		return errors.Join(err, file.Close())
	}
	if j.file != nil {
		_ = j.file.Close() // everything in it is in the new one
	}
	j.file, j.size, j.order = file, int64(len(text)), order
	return nil
}

// syncFolder makes a rename last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
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
	n, err := j.write(entry{ID: key(c), Change: &c})
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
	if _, err := j.write(entry{ID: key(c)}); err != nil {
		return fmt.Errorf("marking ticket %d in the journal: %w", c.Ticket.Number, err)
	}
	return nil
}

func (j *Journal) write(e entry) (uint64, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	text := record(nil, body)
	if _, err := j.file.Write(text); err != nil {
		return 0, errors.Join(err, j.file.Truncate(j.size)) // half a record must not hide those behind it
	}
	j.size += int64(len(text))
	j.written++
	j.note(e)
	if len(j.open) == 0 && j.size > tidyAt {
		return j.written, j.begin(j.file.Name()[:len(j.file.Name())-len(".new")])
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
	if err := file.Sync(); err != nil {
		return err
	}
	j.synced = upTo
	return nil
}

// Pending lists the changes that the store does not have, oldest first.
func (j *Journal) Pending() []tickets.Change {
	j.mu.Lock()
	defer j.mu.Unlock()
	var list []tickets.Change
	for _, id := range j.order {
		if c, ok := j.open[id]; ok {
			list = append(list, c)
		}
	}
	return list
}

// Replay gives the store every change that it does not have. It stops at the first that is refused.
func (j *Journal) Replay(ctx context.Context, restore func(context.Context, tickets.Change) error) error {
	for _, c := range j.Pending() {
		if err := restore(ctx, c); err != nil {
			return fmt.Errorf("replaying ticket %d from the journal: %w", c.Ticket.Number, err)
		}
		if err := j.Done(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the file.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}
