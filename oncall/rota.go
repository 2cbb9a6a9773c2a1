package oncall

import (
	"cmp"
	"time"
)

// EngineerID names an engineer for ever.
type EngineerID string

// Engineer is somebody who can be called out.
type Engineer struct {
	ID       EngineerID
	Name     string
	Phones   []string // SIP addresses, or numbers reached through the trunk; in the order to be tried
	Language string
	Spoken   string // how the name is written for a voice to say it right; empty: as it is
	Version  int
}

// SpokenName is the name as a voice is given it.
func (e Engineer) SpokenName() string { return cmp.Or(e.Spoken, e.Name) }

// Rota is the weekly plan with its overrides, in one zone.
type Rota struct {
	Zone      string // IANA name
	Shifts    []Shift
	Overrides []Override
	Version   int
}

// Shift repeats every week, from From on Day for Length; a night shift runs over midnight. Level 1 is called first,
// and within a level the engineers stand in the order of Order.
type Shift struct {
	Engineer EngineerID
	Level    int
	Order    int
	Day      time.Weekday
	From     time.Duration // wall-clock time of day since midnight
	Length   time.Duration // wall-clock span, at most 7 days; always on call is one shift of 7 days
}

// Override puts Instead on duty at Level for [From, Until) and takes Engineer off; an empty Engineer adds somebody, an
// empty Instead leaves the place free.
type Override struct {
	Engineer EngineerID
	Instead  EngineerID
	Level    int
	From     time.Time
	Until    time.Time
	Reason   string // in words: one by telephone says who, whose shift it was, and when; empty where nobody gave one
}

// Attempt is one telephone to be rung.
type Attempt struct {
	Engineer EngineerID
	Name     string
	Level    int
	Phone    string
	Language string
	Why      string // it is in the plan: the shift, layer or override, or the policy's step; empty where nobody asked
}
