package sla

import "time"

// Clock is one promise of a ticket.
type Clock struct {
	Kind      Kind          `json:"kind"`
	Due       time.Time     `json:"due"`
	MetAt     time.Time     `json:"met_at,omitzero"`
	BrokenAt  time.Time     `json:"broken_at,omitzero"`
	Projected bool          `json:"projected"` // restore before the intervention: can be neither warned nor broken
	Limit     time.Duration `json:"limit"`     // working time
	From      time.Time     `json:"from"`      // where it began to run
}
