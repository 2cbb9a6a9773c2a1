package evosupport

import (
	"context"
	"errors"
	"time"

	"hotline/storage"
)

// ErrAnother is an entry that is not to be written: its id is that of another installation.
var ErrAnother = errors.New("an entry of this id is about another installation; give one of the two another id")

// recordTries is how often a record is tried that others change meanwhile.
const recordTries = 8

// Record writes down what was found at an installation, where another version than is known: in the entry of this product there, whoever
// made it, else in the one of the id that found names. Without a product or a version there is nothing to write down. It fails with
// ErrAnother and with the errors of package storage.
func Record(ctx context.Context, s Store, found Installed) error {
	if found.Product == "" || found.Release == "" {
		return nil
	}
	for range recordTries {
		all, err := s.InstalledOf(ctx, found.Contract)
		if err != nil {
			return err
		}
		next := Installed{ID: found.ID, Contract: found.Contract, Installation: found.Installation}
		for _, i := range all {
			if i.ID == found.ID && next.Version == 0 || i.Installation == found.Installation && i.Product == found.Product {
				next = i
			}
		}
		if next.Installation != found.Installation {
			return ErrAnother
		}
		if next.Product == found.Product && next.Release == found.Release {
			return nil
		}
		next.Product, next.Release, next.Seen = found.Product, found.Release, found.Seen.UTC().Truncate(time.Second)
		if _, err = s.PutInstalled(ctx, next); !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
			return err
		}
	}
	return ErrAnother
}
