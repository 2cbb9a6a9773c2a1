package directory

import (
	"encoding/hex"
	"fmt"
	"strings"
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
	ID      CustomerID
	Name    string
	Email   string   // where receipts go; none when empty
	Numbers []string // telephone numbers known for it: a hint, never a credential
	Spoken  string   // how the name is written for a voice to say it right; empty: as it is
	Version int
}

// SpokenName is the name as a voice is given it.
func (c Customer) SpokenName() string {
	if c.Spoken != "" {
		return c.Spoken
	}
	return c.Name
}

// Address is where letters to the customer go; empty: none reaches the customer.
func (c Customer) Address() string { return strings.TrimSpace(c.Email) }

// AfterHours says what a blocking call outside the contract's hours does.
type AfterHours string

// Outside the hours nobody is woken unless the contract says ring (said and priced to the caller first).
const (
	AfterHoursWait AfterHours = "wait"
	AfterHoursRing AfterHours = "ring"
)

// Contract is what a customer may expect. It never holds its PIN: only a keyed hash of that is stored, apart from it.
type Contract struct {
	ID          ContractID
	Customer    CustomerID
	Level       sla.LevelID
	Language    string // that callers hear: "it", "en", "de", "fr" or "es"
	ValidFrom   time.Time
	ValidUntil  time.Time      // exclusive; zero: without end
	Calendar    sla.CalendarID // override of the level's calendar
	Blocking    *sla.Limits    // override of the level's limits, whole
	NonBlocking *sla.Limits
	AfterHours  AfterHours
	EvoSupport  bool
	// ConfirmByCall has the customer rung after "restored" and asked whether it works.
	ConfirmByCall bool
	RemoteAccess  bool      // a fact that staff set, never deduced
	KeepDays      int       // for so many days its recordings are kept; 0: as the house does
	SlowMenus     bool      // its callers hear longer pauses between the options, and have more time for each key
	RecordTalks   bool      // its callers' talks with engineers and the operator are recorded, once both have been told
	Statement     bool      // its customer gets a letter with the statement of each month
	PINAt         time.Time // when it got the PIN that it has; zero: not known
	Version       int
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
