package database

import (
	"context"
	"errors"

	"hotline/evosupport"
	"hotline/storage"
)

// AddRelease writes down that a version of a product was published, and is the newest now.
func AddRelease(ctx context.Context, c Config, product string, r evosupport.Release) error {
	return withStore(ctx, c, func(ctx context.Context, s Store) error {
		for {
			p, err := s.Product(ctx, product)
			if errors.Is(err, storage.ErrNotFound) {
				p, err = evosupport.Product{ID: product}, nil
			}
			if err != nil {
				return err
			}
			if _, err = s.PutProduct(ctx, p.Publish(r)); !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
				return err
			}
		}
	})
}
