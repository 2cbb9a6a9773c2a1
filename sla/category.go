package sla

// Category is what kind of request a ticket is: the caller's key is a claim, a specialist's verdict the assessment.
type Category string

// The five categories of the support policy, in the order of their keys 1 to 5, and the absence of one.
const (
	Uncategorised Category = ""
	Blocking      Category = "blocking"
	NonBlocking   Category = "non_blocking"
	Question      Category = "question"
	Change        Category = "change"
	Feature       Category = "feature"
)

// Categories lists the five categories in the order of their keys: Categories()[0] is key 1.
func Categories() []Category { return []Category{Blocking, NonBlocking, Question, Change, Feature} }

// Valid tells whether c is one of the five categories.
func (c Category) Valid() bool {
	switch c {
	case Blocking, NonBlocking, Question, Change, Feature:
		return true
	}
	return false
}

// Clocked tells whether the policy promises times for this category: the two kinds of anomaly.
func (c Category) Clocked() bool { return c == Blocking || c == NonBlocking }

// LevelID names a contract level.
type LevelID string

// The levels of the support policy.
const (
	Professional LevelID = "professional"
	Advanced     LevelID = "advanced"
	Extended     LevelID = "extended"
	OnRequest    LevelID = "on_request" // Support on Request: no contract, no deadline
)

// Priority runs from 1 (highest) to 5; 0: not known yet.
type Priority int

// Kind names one of the three clocks.
type Kind string

// The three clocks: contact and intervention run from the opening, restore from the intervention.
const (
	Contact      Kind = "contact"
	Intervention Kind = "intervention"
	Restore      Kind = "restore"
)

// Kinds lists the three clocks in their order.
func Kinds() []Kind { return []Kind{Contact, Intervention, Restore} }
