package offline

import (
	"fmt"
	"log/slog"
	"os"

	"hotline/atomicfile"
	"hotline/datadir"
	"hotline/directory"
	"hotline/ivr/versions"
	"hotline/storage/stored"
)

// The names of what the disk remembers for a start without a database.
const (
	bookName = "book"
	flowName = "flow"
	keyName  = "pin-key" // fingerprint of the PIN key
)

// Copy is what the disk remembers of the database: contracts and calendars, the published flow, and which PIN key is the right one.
// Its methods that keep something only log that they cannot. Safe for concurrent use, but for Load.
type Copy struct {
	cache atomicfile.Values
	log   *slog.Logger
	book  *directory.Book // as the last start left it; see Load
}

// NewCopy makes the copy that lies in a folder; it reads nothing.
func NewCopy(dir string, log *slog.Logger) *Copy {
	return &Copy{cache: atomicfile.Values{Dir: dir}, log: log}
}

// Cache is the folder's other values.
func (c *Copy) Cache() atomicfile.Values { return c.cache }

// Load reads the book that a former start left, and tells whether there is one.
func (c *Copy) Load() bool {
	var kept stored.Book
	err := c.cache.Get(bookName, &kept)
	c.book = kept.Domain()
	return err == nil
}

// Book is what Load has read.
func (c *Copy) Book() *directory.Book { return c.book }

// KeepBook remembers contracts and calendars.
func (c *Copy) KeepBook(b *directory.Book) {
	if err := c.cache.Put(bookName, stored.OfBook(b)); err != nil {
		c.log.Warn("the copy of contracts and calendars is stale", "error", err)
	}
}

// Flow is the published flow; false when none is remembered.
func (c *Copy) Flow() (v versions.Flow, ok bool) {
	var kept stored.Flow
	err := c.cache.Get(flowName, &kept)
	return kept.Domain(), err == nil
}

// KeepFlow remembers the published flow.
func (c *Copy) KeepFlow(v versions.Flow) {
	if err := c.cache.Put(flowName, stored.OfFlow(v)); err != nil {
		c.log.Warn("the copy of the flow is stale", "error", err)
	}
}

// KeepKey remembers which PIN key is the right one.
func (c *Copy) KeepKey(key []byte) {
	if err := c.cache.Put(keyName, directory.KeyFingerprint(key)); err != nil {
		c.log.Warn("the disk does not remember which PIN key is the right one", "error", err)
	}
}

// PINKey reads the key from its file, and holds it to what the disk remembers.
func (c *Copy) PINKey(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the PIN key: %w", err)
	}
	known := ""
	if err := c.cache.Get(keyName, &known); err != nil {
		c.log.Warn("the disk does not remember which PIN key is the right one", "error", err)
	}
	return datadir.ParsePINKey(file, text, known)
}
