// Package flows is the flow that calls begin with: the newest published one, else the one that ships.
//
// It starts no goroutine.
package flows

import (
	"context"
	"fmt"
	"sync/atomic"

	"hotline/admin"
	"hotline/ivr"
	"hotline/ivr/versions"
	"hotline/strictyaml"
)

var _ admin.Flows = (*Published)(nil)

// Published is the flow that calls begin with. Publishing swaps a pointer: a live call keeps the version that it began with. Safe for
// concurrent use.
type Published struct {
	now  atomic.Pointer[ivr.Flow]
	keep func(versions.Flow) // on the disk
}

// Store has the published flows, the newest first. storage.Facts is one.
type Store interface {
	Flows(ctx context.Context) ([]versions.Flow, error)
}

// Open takes the newest published flow, else the one that ships. A published one that cannot be read any more (an
// older program's) is not taken in silence.
func Open(ctx context.Context, s Store, keep func(versions.Flow)) (*Published, error) {
	f := New(keep)
	published, err := s.Flows(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the flows: %w", err)
	}
	if len(published) > 0 {
		return f, f.Use(published[0])
	}
	return f, f.Ship()
}

// New is without a flow until Use or Ship gives it one. keep remembers each published flow that is used.
func New(keep func(versions.Flow)) *Published { return &Published{keep: keep} }

// Now is the flow with which the next call begins.
func (f *Published) Now() *ivr.Flow { return f.now.Load() }

// Version is that of the flow with which the next call begins; 0 is the one that ships.
func (f *Published) Version() int { return f.now.Load().Version }

// Ship takes the flow that ships with the program.
func (f *Published) Ship() error {
	shipped, err := ivr.Default()
	if err != nil {
		return err
	}
	f.now.Store(shipped)
	return nil
}

// Check reads a flow.
func (f *Published) Check(yaml string) (string, []strictyaml.Complaint) {
	flow, complaints := ivr.Parse(yaml)
	if flow == nil {
		return "", complaints
	}
	return flow.Name, nil
}

// Use makes a published version the one with which the next call begins.
func (f *Published) Use(v versions.Flow) error {
	flow, complaints := ivr.Parse(v.YAML)
	if len(complaints) > 0 {
		return fmt.Errorf("flow version %d: %s", v.Version, complaints[0])
	}
	flow.Version = v.Version
	f.now.Store(flow)
	f.keep(v)
	return nil
}
