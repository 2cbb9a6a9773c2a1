package oncall

import "time"

// EngineerID names an engineer for ever.
type EngineerID string

// Engineer is somebody who can be called out.
type Engineer struct {
	ID       EngineerID `json:"id"`
	Name     string     `json:"name"`
	Phones   []string   `json:"phones"` // SIP addresses, or numbers reached through the trunk; in the order to be tried
	Language string     `json:"language"`
	Version  int        `json:"version"`
}

// Rota is the weekly plan with its overrides, in one zone.
type Rota struct {
	Zone      string     `json:"zone"` // IANA name
	Shifts    []Shift    `json:"shifts"`
	Overrides []Override `json:"overrides"`
	Version   int        `json:"version"`
}

// Shift repeats every week, from From on Day for Length; a night shift runs over midnight. Level 1 is called first,
// and within a level the engineers stand in the order of Order.
type Shift struct {
	Engineer EngineerID    `json:"engineer"`
	Level    int           `json:"level"`
	Order    int           `json:"order"`
	Day      time.Weekday  `json:"day"`
	From     time.Duration `json:"from"`   // wall-clock time of day since midnight
	Length   time.Duration `json:"length"` // wall-clock span, at most 7 days; always on call is one shift of 7 days
}

// Override puts Instead on duty at Level for [From, Until) and takes Engineer off; an empty Engineer adds somebody, an
// empty Instead leaves the place free.
type Override struct {
	Engineer EngineerID `json:"engineer,omitempty"`
	Instead  EngineerID `json:"instead,omitempty"`
	Level    int        `json:"level"`
	From     time.Time  `json:"from"`
	Until    time.Time  `json:"until"`
}

// Attempt is one telephone to be rung.
type Attempt struct {
	Engineer EngineerID
	Name     string
	Level    int
	Phone    string
	Language string
}
