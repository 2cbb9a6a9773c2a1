package stored

import (
	"time"

	"hotline/ivr/versions"
)

// Flow is one published version of the flow.
type Flow struct {
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	YAML      string    `json:"yaml"`
	Published time.Time `json:"published"`
	By        string    `json:"by"`
}

// OfFlow is the stored form of a version of the flow.
func OfFlow(f versions.Flow) Flow { return Flow(f) }

// Domain is the version of the flow.
func (f Flow) Domain() versions.Flow { return versions.Flow(f) }
