package oracle

// Event is one thing that happened to a request, at a Unix second.
type Event struct {
	What     string // "open", "agree", "act", "pause", "resume", "look"
	At       int64
	Calendar *Calendar        // of open and agree
	Limits   [3]int64         // of open and agree: contact, intervention, restore; all 0: no promise
	Stops    map[string][]int // of open and agree: the clocks that a reason stops
	Clock    int              // of act
	Really   int64            // of act, where it is entered later: when it happened; 0: at At
	Why      string           // of pause and resume
}

// Clock is how one promise stands; 0 is an instant that has not come.
type Clock struct {
	There, Projected, Stopped bool
	From, Due, Met, Broken    int64
	Warn                      int64 // when three quarters of the limit are used up; 0: not before it runs on
	Spent                     int64 // working seconds outside the pauses until it was met
	limit                     int64
	by                        Event // the terms under which it was set
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
		if e.Really == 0 { // what is entered later may show that nothing broke
			r.look(e.At)
		}
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
				*c = Clock{There: e.Limits != [3]int64{}, limit: e.Limits[i], by: e}
			}
		}
	case "act":
		for i := 0; i <= e.Clock; i++ { // who restores has intervened, who intervenes has been in contact
			switch {
			case r.acted[i] == 0 && e.Really == 0:
				r.acted[i] = e.At
			case e.Really != 0 && (r.acted[i] == 0 || e.Really < r.acted[i]):
				r.acted[i] = e.Really
				r.correct(i)
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

// correct forgets how a clock ended, since somebody acted earlier than was known. A clock of former terms keeps their due
// time, and is only met at another instant; so does a restore whose intervention was earlier.
func (r *request) correct(clock int) {
	for i := range r.clocks {
		c := &r.clocks[i]
		if i != clock && (clock != 1 || i != 2) {
			continue
		}
		switch {
		case c.by.Calendar == r.terms.Calendar:
			c.Met, c.Broken, c.Spent = 0, 0, 0
		case i == clock && (c.Met != 0 || c.Broken != 0):
			c.Broken = 0
			r.meet(i)
		}
	}
}

// meet notes that a clock was met, and walks again to see whether its limit was used up before.
func (r *request) meet(i int) {
	c := &r.clocks[i]
	c.Met, c.Stopped = r.acted[i], false
	if c.Broken == 0 {
		c.Broken = c.by.Calendar.UsedUp(c.From, c.limit, c.Met, r.stopping(i, c.by))
	}
	c.Spent = r.terms.Calendar.Count(c.From, c.Met, r.stopping(i, r.terms))
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
			c.Due, c.Warn, c.Stopped = r.terms.Calendar.Due(c.From, c.limit, c.limit*3/4, r.stopping(i, r.terms))
			if c.Projected {
				c.Warn = 0
			}
		}
		if c.Met == 0 && r.acted[i] != 0 {
			r.meet(i)
		}
	}
}

// stopping lists the pauses that stop a clock by some terms.
func (r *request) stopping(clock int, terms Event) (list []Pause) {
	for _, p := range r.pauses {
		for _, k := range terms.Stops[p.reason] {
			if k == clock && (p.Until == 0 || p.Until > p.From) {
				list = append(list, p.Pause)
			}
		}
	}
	return list
}
