package slow

// Event is one thing that happened to a request, at a Unix second.
type Event struct {
	What     string // "open", "agree", "act", "pause", "resume", "look"
	At       int64
	Calendar *Calendar        // of open and agree
	Limits   [3]int64         // of open and agree: contact, intervention, restore; all 0: no promise
	Stops    map[string][]int // of open and agree: the clocks that a reason stops
	Clock    int              // of act
	Why      string           // of pause and resume
}

// Clock is how one promise stands; 0 is an instant that has not come.
type Clock struct {
	There, Projected, Stopped bool
	From, Due, Met, Broken    int64
	Warn                      int64 // when three quarters of the limit are used up; 0: not before it runs on
	limit                     int64
}

// why is a pause with its reason.
type why struct {
	Pause
	reason string
}

// request is a request half played.
type request struct {
	opened  int64
	terms   Event
	clocks  [3]Clock
	acted   [3]int64
	pauses  []why
	started bool
}

// Play plays everything that happened and tells how the three clocks stand.
func Play(events []Event) [3]Clock {
	var r request
	for _, e := range events {
		r.look(e.At)
		r.happen(e)
		r.work()
		r.look(e.At)
	}
	return r.clocks
}

// look breaks what ran out before an instant.
func (r *request) look(at int64) {
	for i := range r.clocks {
		c := &r.clocks[i]
		if c.There && !c.Projected && !c.Stopped && c.Met == 0 && c.Broken == 0 && c.Due < at {
			c.Broken = c.Due
		}
	}
}

func (r *request) happen(e Event) {
	switch e.What {
	case "open", "agree":
		if !r.started {
			r.opened, r.started = e.At, true
		}
		r.terms = e
		for i := range r.clocks {
			if c := &r.clocks[i]; c.Met == 0 && c.Broken == 0 {
				*c = Clock{There: e.Limits != [3]int64{}, limit: e.Limits[i]}
			}
		}
	case "act":
		for i := 0; i <= e.Clock; i++ { // who restores has intervened, who intervenes has been in contact
			if r.acted[i] == 0 {
				r.acted[i] = e.At
			}
		}
	case "pause":
		for _, p := range r.pauses {
			if p.reason == e.Why && p.Until == 0 {
				return
			}
		}
		r.pauses = append(r.pauses, why{Pause{e.At, 0}, e.Why})
	case "resume":
		for i := range r.pauses {
			if p := &r.pauses[i]; p.reason == e.Why && p.Until == 0 {
				p.Until = e.At
			}
		}
	}
}

// work walks for every clock that is neither kept nor broken.
func (r *request) work() {
	for i := range r.clocks {
		c := &r.clocks[i]
		if !c.There {
			continue
		}
		if c.Met == 0 && c.Broken == 0 {
			c.From, c.Projected = r.opened, false
			if i == 2 {
				if c.From = r.acted[1]; c.From == 0 {
					c.From, c.Projected = r.clocks[1].Due, true
				}
			}
			c.Due, c.Warn, c.Stopped = r.terms.Calendar.Due(c.From, c.limit, c.limit*3/4, r.stopping(i))
			if c.Projected {
				c.Warn = 0
			}
		}
		if c.Met == 0 && r.acted[i] != 0 {
			c.Met, c.Stopped = r.acted[i], false
			if c.Broken == 0 && c.Met > c.Due {
				c.Broken = c.Due
			}
		}
	}
}

// stopping lists the pauses that stop a clock.
func (r *request) stopping(clock int) (list []Pause) {
	for _, p := range r.pauses {
		for _, k := range r.terms.Stops[p.reason] {
			if k == clock && (p.Until == 0 || p.Until > p.From) {
				list = append(list, p.Pause)
			}
		}
	}
	return list
}
