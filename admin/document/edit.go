package document

import (
	"context"
	"errors"

	"hotline/audit"
	"hotline/storage"
)

// tries bounds how often an edit is made anew because somebody was faster.
const tries = 50

// Kind is how documents of one type are read and written.
type Kind[T any] struct {
	Read    func(ctx context.Context, id string) (T, error)
	Put     func(ctx context.Context, v T) (T, error) // compares the version and gives the next one
	Version func(v *T) *int
}

// Edit is one edit of a document.
type Edit struct {
	Precondition
	BodyVersion
	Name    string // in answers, such as "contract rossi"
	ID      string
	Changes bool // it is no edit where there is no document; else it makes one
	Merges  bool // it is built on whatever stands, as an addition is, and is made anew where somebody was faster
}

// BodyVersion is the version in a body: another way than If-Match to say which one was read. 0: the body does not say it.
type BodyVersion struct {
	Version int `json:"version,omitempty" minimum:"1" doc:"The version that was read, unless If-Match says it; 409 when somebody was faster"`
}

// Do reads the document that stands, lets make change it, and writes the result. make gets the zero value where there is no
// document. Somebody else's edit is never lost: either this edit names the version that stands, or it is built on what
// stands, or it changes nothing.
func (k Kind[T]) Do(ctx context.Context, e Edit, make func(ctx context.Context, stands T) (T, error)) (T, error) {
	var none T
	for range tries {
		stands, version, err := k.stands(ctx, e)
		if err != nil {
			return none, err
		}
		if err := e.meant(version); err != nil {
			return none, err
		}
		next, err := make(ctx, stands)
		if err != nil {
			return none, err
		}
		*k.Version(&next) = version
		if version > 0 && audit.Same(stands, next) { // nothing is written, and no node hears of anything
			return stands, nil
		}
		if version > 0 && !e.open() && !e.named() {
			return none, unsaid(e.Name, version)
		}
		if next, err = k.Put(ctx, next); !overtook(err) {
			return next, err
		}
	}
	return none, storage.ErrConflict // by so many in a row
}

// stands reads the document and its version; 0 for none.
func (k Kind[T]) stands(ctx context.Context, e Edit) (v T, version int, err error) {
	v, err = k.Read(ctx, e.ID)
	if errors.Is(err, storage.ErrNotFound) && !e.Changes {
		return v, 0, nil
	}
	return v, *k.Version(&v), err
}

// meant holds the edit to the version that it names.
func (e Edit) meant(stands int) error {
	if err := e.Check(e.Name, stands); err != nil {
		return err
	}
	if e.Version != 0 && e.Version != stands {
		return stale(e.Name, e.Version, stands)
	}
	return nil
}

// named tells whether the edit says which version it is for.
func (e Edit) named() bool { return e.given() && !e.anyVersion() || e.Version != 0 }

// open tells whether it is for whatever stands.
func (e Edit) open() bool { return e.Merges || e.anyVersion() }

// overtook tells whether somebody wrote the document between reading and writing; read again, the edit is judged by what
// stands now.
func overtook(err error) bool {
	return errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrNotFound)
}
