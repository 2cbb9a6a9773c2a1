package directory

import "hotline/sla"

// Edits are what was changed of what a Book holds, document by document, as a store had them at one moment.
type Edits struct {
	Revision int64 // of the last one: the next Store.Edits begins here
	Whole    bool  // they are everything that stands; what is not among them is gone

	Customers []Customer
	Contracts []Contract
	Levels    []sla.Level
	Calendars []sla.Calendar
	Faults    []KnownFault
	Given     map[PINHash]ContractID // PINs that are the current ones now
	Ended     []PINHash
	Removed   []Removed

	Flow int // the newest published flow, whenever that was; 0: none
}

// Removed is a document that was deleted.
type Removed struct {
	Kind string // "customer", "contract", "level", "calendar" or "fault"
	ID   string
}

// Empty tells whether nothing changed since a revision.
func (e Edits) Empty(since int64) bool { return !e.Whole && e.Revision == since }
