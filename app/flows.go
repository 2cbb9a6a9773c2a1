package app

import (
	"context"
	"fmt"
	"sync/atomic"

	"hotline/admin"
	"hotline/ivr"
	"hotline/ivr/versions"
	"hotline/strictyaml"
)

var _ admin.Flows = (*flows)(nil)

// flows is the flow that calls begin with. Publishing swaps a pointer: a live call keeps the version it began with.
type flows struct {
	now  atomic.Pointer[ivr.Flow]
	keep func(versions.Flow) // on the disk
}

// newFlows takes the newest published flow, else the one that ships. A published one that cannot be read any more (an
// older program's) is not taken in silence.
func newFlows(ctx context.Context, s versions.Store, keep func(versions.Flow)) (*flows, error) {
	f := &flows{keep: keep}
	published, err := s.Flows(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the flows: %w", err)
	}
	if len(published) > 0 {
		return f, f.Use(published[0])
	}
	return f, f.ship()
}

// ship takes the flow that ships with the program.
func (f *flows) ship() error {
	shipped, err := ivr.Default()
	if err != nil {
		return err
	}
	f.now.Store(shipped)
	return nil
}

// Check reads a flow.
func (f *flows) Check(yaml string) (string, []strictyaml.Complaint) {
	flow, complaints := ivr.Parse(yaml)
	if flow == nil {
		return "", complaints
	}
	return flow.Name, nil
}

// Use makes a published version the one with which the next call begins.
func (f *flows) Use(v versions.Flow) error {
	flow, complaints := ivr.Parse(v.YAML)
	if len(complaints) > 0 {
		return fmt.Errorf("flow version %d: %s", v.Version, complaints[0])
	}
	flow.Version = v.Version
	f.now.Store(flow)
	f.keep(v)
	return nil
}
