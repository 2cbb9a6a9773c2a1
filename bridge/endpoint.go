package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/outbox"
	"hotline/storage"
)

// Endpoints is where the outbox keeps where it sends. outbox.Store is one.
type Endpoints interface {
	Endpoint(ctx context.Context, id string) (outbox.Endpoint, error)
	PutEndpoint(ctx context.Context, e outbox.Endpoint) (outbox.Endpoint, error)
	DeleteEndpoint(ctx context.Context, id string, version int) error
}

// Establish has the outbox send to the bridge where there is one, and ends that, with all that waits, where there is none any more.
func Establish(ctx context.Context, s Endpoints, on bool, now time.Time) error {
	stands, err := s.Endpoint(ctx, Endpoint)
	missing := errors.Is(err, storage.ErrNotFound)
	switch {
	case err != nil && !missing:
		return err
	case missing && on:
		_, err = s.PutEndpoint(ctx, outbox.Endpoint{ID: Endpoint, Template: Template, Kinds: append(outbox.Kinds(), outbox.Noted), Since: now.UTC()})
		if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrExists) { // another node was faster
			return nil
		}
		return err
	case missing:
		return nil
	case on && stands.Template != Template:
		return fmt.Errorf("there is an endpoint %q of template %s, whose name the bridge needs: remove it, or give it another name", Endpoint, stands.Template)
	case !on && stands.Template == Template:
		return s.DeleteEndpoint(ctx, Endpoint, stands.Version)
	}
	return nil
}
