package directory

import (
	"encoding/hex"
	"fmt"
	"time"

	"hotline/sla"
)

// CustomerID and ContractID are opaque identifiers. They never hold a caller's text.
type (
	CustomerID string
	ContractID string
)

// Customer is a company that calls.
type Customer struct {
	ID      CustomerID `json:"id"`
	Name    string     `json:"name"`
	Email   string     `json:"email,omitempty"`   // where receipts go; none when empty
	Numbers []string   `json:"numbers,omitempty"` // telephone numbers known for it: a hint, never a credential
	Spoken  string     `json:"spoken,omitempty"`  // how the name is written for a voice to say it right; empty: as it is
	Version int        `json:"version"`
}

// Said is the name as a voice is given it.
func (c Customer) Said() string {
	if c.Spoken != "" {
		return c.Spoken
	}
	return c.Name
}

// AfterHours says what a blocking call outside the contract's hours does.
type AfterHours string

// Outside the hours nobody is woken unless the contract says ring (said and priced to the caller first).
const (
	AfterHoursWait AfterHours = "wait"
	AfterHoursRing AfterHours = "ring"
)

// Contract is what a customer may expect. It never holds its PIN: only a keyed hash of that is stored, apart from it.
type Contract struct {
	ID           ContractID     `json:"id"`
	Customer     CustomerID     `json:"customer"`
	Level        sla.LevelID    `json:"level"`
	Language     string         `json:"language"` // "it" or "en"
	ValidFrom    time.Time      `json:"valid_from"`
	ValidUntil   time.Time      `json:"valid_until"`        // exclusive; zero: without end
	Calendar     sla.CalendarID `json:"calendar,omitempty"` // override of the level's calendar
	Blocking     *sla.Limits    `json:"blocking,omitempty"` // override of the level's limits, whole
	NonBlocking  *sla.Limits    `json:"non_blocking,omitempty"`
	AfterHours   AfterHours     `json:"after_hours"`
	EvoSupport   bool           `json:"evo_support"`
	RemoteAccess bool           `json:"remote_access"`   // a fact that staff set, never deduced
	PINAt        time.Time      `json:"pin_at,omitzero"` // when it got the PIN that it has; zero: not known
	Version      int            `json:"version"`
}

// Valid tells whether the contract is in force at now.
func (c Contract) Valid(now time.Time) bool {
	return !now.Before(c.ValidFrom) && (c.ValidUntil.IsZero() || now.Before(c.ValidUntil))
}

// PINHash is the keyed hash under which a PIN is stored (HMAC-SHA-256, 32 octets); the key never reaches the store.
type PINHash [32]byte

// MarshalText writes the hash in hexadecimal, so that it can be a key of the book that is kept on disk.
func (h PINHash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads it back.
func (h *PINHash) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("a PIN's hash is %d hexadecimal digits", 2*len(h))
	}
	*h = PINHash(b)
	return nil
}
