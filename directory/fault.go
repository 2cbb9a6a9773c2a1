package directory

import (
	"slices"
	"time"
)

// KnownFault is a fault that staff know of already: callers whose contract it covers hear so before the menu.
type KnownFault struct {
	ID        string
	Note      string // for staff
	Kind      AnnouncementKind
	Words     Words        // what callers hear of it; of a fault, behind one sentence of the catalogue
	Contracts []ContractID // covered; empty: all
	Until     time.Time    // exclusive; zero: until it is removed
	Version   int
}

// AnnouncementKind says what callers are told, and when.
type AnnouncementKind string

// The kinds of announcements.
const (
	OfFault    AnnouncementKind = ""             // a known fault: one sentence of the catalogue, then its words
	Notice     AnnouncementKind = "notice"       // its words alone
	OutOfHours AnnouncementKind = "out_of_hours" // its words alone, and only outside the hours of the contract who calls
)

// Words are a text that is spoken, by language (such as "it").
type Words map[string]string

// Covers tells whether callers of a contract hear of the fault at now.
func (f KnownFault) Covers(c ContractID, now time.Time) bool {
	return c != "" && (f.Until.IsZero() || now.Before(f.Until)) && (len(f.Contracts) == 0 || slices.Contains(f.Contracts, c))
}
