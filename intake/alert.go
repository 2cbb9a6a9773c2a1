// Package intake is the Alerting Manager: facts of installed systems come in, tickets come out, with the same contract, clocks and
// chain of people as a telephone call.
//
// Package format reads what monitoring systems send and makes alerts of it. Take hands them in. It reads what is known of the
// installation, and the fold (Installation.Take, pure) decides. It writes the outcome in one step, and then carries out at the
// desk what was decided. What was decided and not carried out, because the process died, is carried out by the next look.
//
// Package admin/alerts calls it for the API, package app wires it. It starts no goroutine.
package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"hotline/directory"
	"hotline/limits"
)

// Alert is what a monitoring system says of one problem, in one form whatever system it is.
type Alert struct {
	Fingerprint  string            // names the problem within its source: the same while it lasts and when it is over
	Resolved     bool              // it is over
	Severity     string            // as the source calls it
	Title        string            // one line
	Text         string            // more about it; may be empty
	End          string            // what is to be said of its end; may be empty
	Installation string            // what it is about, where the source says so; the token's own installation goes before it
	Labels       map[string]string // of its source, as far as it has any
	Skip         string            // why it is neither a problem nor the end of one, such as "a test message"; empty: it is
}

// Batch is one message of a source.
type Batch struct {
	Alerts    []Alert
	Truncated int // alerts that the source says it has left out of the message
}

// Bounds of what comes from outside.
const (
	AlertsMost       = 5000   // of one message
	KnownMost        = 20_000 // problems of one installation that are remembered
	installationMost = 100    // characters
	titleMost        = 300
	textMost         = 4000
)

// Bounded is the alert with texts that can be kept. A fingerprint that is too long is replaced by its SHA-256.
func (a Alert) Bounded() Alert {
	if len(a.Fingerprint) > limits.Line {
		sum := sha256.Sum256([]byte(a.Fingerprint))
		a.Fingerprint = hex.EncodeToString(sum[:])
	}
	a.Fingerprint = limits.OneLine(a.Fingerprint, limits.Line)
	a.Severity = limits.OneLine(strings.TrimSpace(a.Severity), limits.Number)
	a.Title = limits.OneLine(strings.TrimSpace(a.Title), titleMost)
	a.Text = limits.Plain(strings.TrimSpace(a.Text), textMost)
	a.End = limits.OneLine(strings.TrimSpace(a.End), titleMost)
	a.Installation = limits.OneLine(strings.TrimSpace(a.Installation), installationMost)
	return a
}

// ID names an installation: a system of a customer, under the contract that promises something for it.
type ID struct {
	Contract directory.ContractID
	Name     string // the contract's id where nobody says another one
}

// Key names a problem within an installation.
type Key struct {
	Source      string // the format or mapping by which it came in
	Fingerprint string
}

// Origin is who sends: what the token is bound to, and the format or mapping by which the message is read.
type Origin struct {
	Contract     directory.ContractID
	Installation string // empty: the alerts say it, else it is the contract's only one
	Source       string
}

// of is the installation that an alert of this origin is about.
func (o Origin) of(a Alert) ID {
	for _, name := range []string{o.Installation, a.Installation} {
		if name != "" {
			return ID{o.Contract, name}
		}
	}
	return ID{o.Contract, string(o.Contract)}
}

// changesKept is how many of a problem's last changes are remembered, for flapping.
const changesKept = 21

// span is how long ago something was; 0 for what never was.
func span(from, now time.Time) time.Duration {
	if from.IsZero() {
		return 0
	}
	return now.Sub(from)
}
