package intake

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/directory"
	"hotline/sla"
	"hotline/validation"
)

// PolicyID names a policy: a contract's id, or DefaultPolicy.
type PolicyID = string

// DefaultPolicy holds for contracts that have no policy of their own.
const DefaultPolicy PolicyID = "default"

// NoTicket is what a rule says of alerts that nobody has to do anything about.
const NoTicket = sla.Category("none")

// Policy says what alerts do: which become tickets of which category, and what is taken together. A document of the API, so
// that it changes without a restart. Spans are whole seconds.
type Policy struct {
	ID        PolicyID
	Rules     []Rule  // by severity
	Otherwise Rule    // of severities that no rule names, and of alerts without one
	Window    Seconds // repeats within it are told in one line of the ticket's history
	Again     Seconds // a problem that goes on so long after its ticket was closed opens a new one
	Storm     Storm
	Flapping  Flapping
	Depends   Depends
	Labels    Labels
	Version   int
}

// Seconds is a span in whole seconds, as documents hold it.
type Seconds int64

// Span is the same as a duration.
func (s Seconds) Span() time.Duration { return time.Duration(s) * time.Second }

// Rule says what an alert of some severities becomes.
type Rule struct {
	Severities []string     // as sources call them, in any case
	Category   sla.Category // NoTicket: it is counted and opens nothing
	Night      sla.Category // outside the contract's hours; empty: the same
}

// Storm says when the alerts of one installation are one ticket.
type Storm struct {
	Alerts int // so many new problems
	Within Seconds
	Quiet  Seconds // without a new problem end it
}

// Flapping says when a problem comes and goes so often that its end is not believed at once.
type Flapping struct {
	Changes int // so many beginnings and ends
	Within  Seconds
	Quiet   Seconds // how long the end must last
}

// Default is the policy of a house that has written none.
func Default() Policy {
	return Policy{
		ID: DefaultPolicy,
		Rules: []Rule{
			{Severities: []string{"critical", "crit", "emergency", "emerg", "alert", "fatal", "disaster", "page", "down", "blocking", "p1", "sev1"}, Category: sla.Blocking},
			{Severities: []string{"error", "err", "high", "major", "warning", "warn", "average", "minor", "medium", "unknown", "non_blocking", "p2", "p3", "sev2", "sev3"}, Category: sla.NonBlocking},
			{Severities: []string{"info", "information", "informational", "notice", "low", "debug", "trace", "ok", "none", "p4", "p5", "sev4", "sev5"}, Category: NoTicket},
		},
		Otherwise: Rule{Category: sla.NonBlocking},
		Window:    3600, Again: 3600,
		Storm:    Storm{Alerts: 5, Within: 60, Quiet: 600},
		Flapping: Flapping{Changes: 5, Within: 1800, Quiet: 900},
		Depends:  Depends{Wait: 15, Settle: 120},
	}
}

// Category is what an alert of a severity becomes. night: it is outside the contract's hours.
func (p Policy) Category(severity string, night bool) sla.Category {
	rule := p.Otherwise
	severity = strings.TrimSpace(severity)
	for _, r := range p.Rules {
		for _, s := range r.Severities {
			if severity != "" && strings.EqualFold(s, severity) {
				return r.at(night)
			}
		}
	}
	return rule.at(night)
}

// Verdict is what one alert would do, as the first of its problem: nothing of what is known is asked.
type Verdict struct {
	What     string       // open, close or ignore
	Category sla.Category // of the ticket; NoTicket: none
	Title    string       // with the reason why it is ignored, where its source gives one
}

// Judge tells what an alert would do. night: it is outside the contract's hours.
func (p Policy) Judge(a Alert, night bool) Verdict {
	v := Verdict{"open", p.Category(a.Severity, night), a.Title}
	switch {
	case a.Skip != "" || v.Category == NoTicket:
		v.What, v.Category = "ignore", NoTicket
	case a.Resolved:
		v.What = "close"
	}
	if a.Skip != "" {
		v.Title = strings.TrimSpace(a.Title + " (" + a.Skip + ")")
	}
	return v
}

// PolicyOf is the policy of a contract: its own, else the house's, else the one that ships.
func PolicyOf(all []Policy, contract directory.ContractID) Policy {
	for _, id := range []PolicyID{PolicyID(contract), DefaultPolicy} {
		if at := slices.IndexFunc(all, func(p Policy) bool { return p.ID == id }); at >= 0 {
			return all[at]
		}
	}
	return Default()
}

func (r Rule) at(night bool) sla.Category {
	if night {
		return cmp.Or(r.Night, r.Category)
	}
	return r.Category
}

// ErrPolicy is a policy that cannot be right.
var ErrPolicy = errors.New("the alert policy cannot be right")

// Check refuses a policy that cannot be right; the error names the field.
func (p Policy) Check() error {
	bad := func(field, why string) error {
		return fmt.Errorf("%s: %w: %w", field, validation.Field(field, errors.New(why)), ErrPolicy)
	}
	named := map[string]bool{}
	for i, r := range append(p.Rules[:len(p.Rules):len(p.Rules)], p.Otherwise) {
		at := fmt.Sprintf("rules[%d]", i)
		if i == len(p.Rules) {
			at = "otherwise"
		} else if len(r.Severities) == 0 {
			return bad(at+".severities", "name at least one")
		}
		if !r.Category.Valid() && r.Category != NoTicket {
			return bad(at+".category", fmt.Sprintf("%q is none; use blocking, non_blocking, question, change, feature or none", r.Category))
		}
		if r.Night != "" && !r.Night.Valid() && r.Night != NoTicket {
			return bad(at+".night", fmt.Sprintf("%q is no category", r.Night))
		}
		for _, s := range r.Severities {
			if s = strings.ToLower(strings.TrimSpace(s)); named[s] || s == "" {
				return bad(at+".severities", fmt.Sprintf("%q is empty or stands in two rules", s))
			}
			named[s] = true
		}
	}
	for _, span := range []struct {
		field string
		lasts Seconds
	}{
		{"window", p.Window}, {"again", p.Again}, {"storm.within", p.Storm.Within}, {"storm.quiet", p.Storm.Quiet}, {"flapping.within", p.Flapping.Within}, {"flapping.quiet", p.Flapping.Quiet},
	} {
		if span.lasts < 1 || span.lasts.Span() > 7*24*time.Hour {
			return bad(span.field, "use 1 second to 7 days")
		}
	}
	if p.Storm.Alerts < 2 || p.Storm.Alerts > 1000 {
		return bad("storm.alerts", "use 2 to 1000")
	}
	if p.Flapping.Changes < 3 || p.Flapping.Changes > changesKept {
		return bad("flapping.changes", fmt.Sprintf("use 3 to %d", changesKept))
	}
	if err := p.Labels.check(bad); err != nil {
		return err
	}
	return p.Depends.check(bad)
}

// Maintenance is a span in which work goes on at an installation: its alerts open no tickets. What still fires at the end does.
type Maintenance struct {
	ID           string
	Contract     string
	Installation string // empty: every one of the contract
	From         time.Time
	Until        time.Time // exclusive
	Note         string
	Version      int
}

// errBackwards is a maintenance window without an instant in it.
var errBackwards = errors.New("it must lie after from")

// Check refuses a window whose end does not lie after its beginning; the error is about the end.
func (m Maintenance) Check() error {
	if !m.Until.After(m.From) {
		return errBackwards
	}
	return nil
}

// covers tells whether an alert of an installation falls into the span.
func (m Maintenance) covers(id ID, now time.Time) bool {
	return m.Contract == string(id.Contract) && (m.Installation == "" || m.Installation == id.Name) && !now.Before(m.From) && now.Before(m.Until)
}
