package agent

import (
	"fmt"
	"time"

	"hotline/agent/protocol"
)

// Standing is how a check stands. A value: Hear makes the next one of it.
type Standing struct {
	Failing bool      // the server was told of a problem
	Since   time.Time // it began: its first failure
	Told    time.Time // last
	Streak  int       // looks in a row that say otherwise than Failing
	Began   time.Time // the first of them
	Unsure  bool      // the server may know of a problem of which the agent has lost its memory
	Well    int       // looks in a row that were well while it is unsure
}

// remindAfter is when a problem that goes on is told again: staff may have closed its ticket.
const remindAfter = 24 * time.Hour

// Hear takes what one look found; nil: all is well. So many failures in a row are a problem, so many successes its end. What comes and goes
// faster is told of neither. Of what is unsure the end is told once it is well. fact is what the server is to be told; nil: nothing.
func (s Standing) Hear(c protocol.Check, found error, now time.Time) (next Standing, fact *protocol.Fact) {
	if (found != nil) == s.Failing {
		s.Streak = 0
		return s.goesOn(c, found, now)
	}
	s.Well = 0
	if s.Streak++; s.Streak == 1 {
		s.Began = now
	}
	switch {
	case !s.Failing && s.Streak >= c.Failures:
		next = Standing{Failing: true, Since: s.Began, Told: now}
		return next, problem(c, found, fmt.Sprintf("%s in a row failed, the first one on %s", count(c.Failures, "look"), clock(s.Began)), now)
	case s.Failing && s.Streak >= c.Successes:
		return Standing{}, over(c.ID, fmt.Sprintf("%s: well again after %s", c.Title, s.Began.Sub(s.Since).Truncate(time.Second)), now)
	}
	return s, nil
}

// goesOn is a look that found what was known.
func (s Standing) goesOn(c protocol.Check, found error, now time.Time) (next Standing, fact *protocol.Fact) {
	switch {
	case s.Failing && now.Sub(s.Told) >= remindAfter:
		s.Told = now
		return s, problem(c, found, fmt.Sprintf("it goes on since %s", clock(s.Since)), now)
	case s.Unsure:
		if s.Well++; s.Well >= c.Successes {
			return Standing{}, over(c.ID, c.Title+": it is well, and the agent was set up anew", now)
		}
	}
	return s, nil
}

// problem tells of a problem.
func problem(c protocol.Check, found error, more string, now time.Time) *protocol.Fact {
	return &protocol.Fact{At: now, Check: c.ID, Severity: c.Severity, Title: c.Title, Text: found.Error() + "\n" + more}
}

// over tells of the end of a problem.
func over(id, text string, now time.Time) *protocol.Fact {
	return &protocol.Fact{At: now, Check: id, Resolved: true, Text: text}
}

func clock(at time.Time) string { return at.UTC().Format("2 January 2006 at 15:04:05 UTC") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
