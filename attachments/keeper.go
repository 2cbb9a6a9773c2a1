package attachments

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"hotline/sealed"
	"hotline/tickets"
)

// Keeper seals what goes into a store, and opens what comes out of it. Safe for concurrent use.
type Keeper struct {
	store Store
	keys  sealed.Keys
	newID func() string
}

// NewKeeper makes a keeper. The files are sealed with a key of its own that is made of secret, which all nodes have, such as the key of
// the PINs. A copy of the database alone tells nothing of them. newID gives an id that nobody can guess.
func NewKeeper(store Store, secret []byte, newID func() string) *Keeper {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("hotline attachments"))
	keys, _ := sealed.ParseKeys([]byte(hex.EncodeToString(mac.Sum(nil)))) // 64 digits are a key
	return &Keeper{store, keys, newID}
}

// Incoming is a file that is to be kept.
type Incoming struct {
	Ticket tickets.Number // one that exists: nobody looks here
	Name   string         // as it came; any text
	Type   string         // media type as its sender says it; any text
	Actor  string         // who sends it, as histories have it
}

// Put keeps a file. The same file under the same name is kept once, so that what was cut off can be sent again: known tells that it
// was there. The error is ErrLarge, ErrEmpty, ErrProgram, ErrFull, or one of the reader or of the store.
func (k *Keeper) Put(ctx context.Context, in Incoming, file io.Reader, now time.Time) (a Attachment, known bool, err error) {
	content, err := io.ReadAll(io.LimitReader(file, Most+1))
	switch {
	case err != nil:
		return Attachment{}, false, fmt.Errorf("reading a file for ticket %d: %w", in.Ticket, err)
	case len(content) > Most:
		return Attachment{}, false, ErrLarge
	case len(content) == 0:
		return Attachment{}, false, ErrEmpty
	case program(content):
		return Attachment{}, false, ErrProgram
	}
	sum := sha256.Sum256(content)
	a = Attachment{
		ID: k.newID(), Ticket: in.Ticket, Name: nameOf(in.Name), Type: typeOf(content, in.Type), Size: int64(len(content)),
		SHA256: hex.EncodeToString(sum[:]), Actor: in.Actor, At: now,
	}
	kept, err := k.seal(a.ID, content)
	if err != nil {
		return Attachment{}, false, err
	}
	stands, err := k.store.PutAttachment(ctx, a, kept)
	if err != nil {
		return Attachment{}, false, fmt.Errorf("keeping %q of ticket %d: %w", a.Name, a.Ticket, err)
	}
	return stands, stands.ID != a.ID, nil
}

// pieces is how many octets are sealed at once: what is written at once is kept whole in memory beside the file.
const pieces = 64 << 10

func (k *Keeper) seal(id string, content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := sealed.NewWriter(&b, id, 0, k.keys)
	if err != nil {
		return nil, err
	}
	for piece := range slices.Chunk(content, pieces) {
		if _, err = w.Write(piece); err != nil {
			return nil, err
		}
	}
	if err = w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// List gives the attachments of a ticket in the order in which they were kept.
func (k *Keeper) List(ctx context.Context, n tickets.Number) ([]Attachment, error) {
	list, err := k.store.Attachments(ctx, n)
	if err != nil {
		return nil, fmt.Errorf("reading the attachments of ticket %d: %w", n, err)
	}
	return list, nil
}

// Open gives an attachment with its content; storage.ErrNotFound where there is none.
func (k *Keeper) Open(ctx context.Context, id string) (Attachment, io.ReadSeeker, error) {
	a, kept, err := k.store.Attachment(ctx, id)
	if err != nil {
		return Attachment{}, nil, fmt.Errorf("reading attachment %s: %w", id, err)
	}
	content, err := sealed.NewReader(bytes.NewReader(kept), int64(len(kept)), a.ID, k.keys)
	if err != nil {
		return Attachment{}, nil, fmt.Errorf("opening attachment %s: %w", id, err)
	}
	return a, content, nil
}
