package syslog

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hotline/intake"
)

// Rule says what messages become; the first one that fits holds. What is left out fits every message.
type Rule struct {
	AtLeast                 string // this severity and worse
	Facilities, Apps, Hosts []string
	Text                    string // regular expression
	Ignore                  bool   // it is counted, and no alert
	Severity                string // as which the policy reads it; empty: the message's own
	Problem                 string // names the problem, with {1} for the first group of Text; empty: the text without its numbers does
	Title                   string // with {1} too; empty: the message
	Over                    bool   // it is the end of the problem
}

// otherwise holds where no rule fits: critical and worse are alerts.
const otherwise = 2

// Rules say what messages become. They never change.
type Rules struct{ list []rule }

type rule struct {
	Rule
	worst int // the number of AtLeast
	text  *regexp.Regexp
}

// NewRules makes rules ready for use. The error names the one that cannot be right.
func NewRules(list []Rule) (*Rules, error) {
	r := &Rules{}
	for i, one := range list {
		ready := rule{Rule: one, worst: len(severities) - 1}
		if one.AtLeast != "" {
			if ready.worst = slices.Index(severities, one.AtLeast); ready.worst < 0 {
				return nil, fmt.Errorf("rules[%d].at_least: %q is no severity; use %s", i, one.AtLeast, strings.Join(severities, ", "))
			}
		}
		if one.Text != "" {
			text, err := regexp.Compile(one.Text)
			if err != nil {
				return nil, fmt.Errorf("rules[%d].text: %w", i, err)
			}
			ready.text = text
		}
		r.list = append(r.list, ready)
	}
	return r, nil
}

// fits tells whether a rule is about a message, and gives the groups of its text.
func (r rule) fits(m Message) (groups []string, fits bool) {
	if m.Severity > r.worst || !among(r.Facilities, facilities[m.Facility]) || !among(r.Apps, m.App) || !among(r.Hosts, m.Host) {
		return nil, false
	}
	if r.text == nil {
		return nil, true
	}
	groups = r.text.FindStringSubmatch(m.Text)
	return groups, groups != nil
}

// among tells whether a word is in a list, in any case; an empty list has all.
func among(list []string, word string) bool {
	return len(list) == 0 || slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, word) })
}

// Alert is what a message becomes; false: nothing, it is counted. from names the sender where the message does not.
func (r *Rules) Alert(m Message, from string) (intake.Alert, bool) {
	m.Host = cmp.Or(m.Host, from)
	for _, one := range r.list {
		groups, fits := one.fits(m)
		if !fits {
			continue
		}
		if one.Ignore {
			return intake.Alert{}, false
		}
		return one.alert(m, groups), true
	}
	return rule{}.alert(m, nil), m.Severity <= otherwise
}

// alert is a message as an alert.
func (r rule) alert(m Message, groups []string) intake.Alert {
	title := strings.TrimSpace(m.App + ": " + first(m.Text))
	if r.Title != "" {
		title = filled(r.Title, groups)
	}
	problem := m.App + "/" + cmp.Or(m.Kind, numberless(m.Text))
	if r.Problem != "" {
		problem = filled(r.Problem, groups)
	}
	a := intake.Alert{
		Fingerprint: strings.Trim(m.Host+"/"+strings.Trim(problem, "/"), "/"), Severity: cmp.Or(r.Severity, severities[m.Severity]), Resolved: r.Over,
		Title: strings.Trim(m.Host+": "+strings.TrimPrefix(title, ": "), ": "),
	}
	process := ""
	if m.Process != "" {
		process = "[" + m.Process + "]"
	}
	a.Text = strings.TrimSpace(fmt.Sprintf("%s.%s %s %s%s %s\n%s\n%s", facilities[m.Facility], severities[m.Severity], m.Host, m.App, process, m.Kind, m.Text, m.Data))
	if r.Over {
		a.End = a.Title
	}
	if a.Fingerprint == "" {
		a.Fingerprint = "message"
	}
	return a
}

// filled puts groups into a text that names them as {1}. A group that is not there is empty.
func filled(text string, groups []string) string {
	return strings.TrimSpace(group.ReplaceAllStringFunc(text, func(name string) string {
		n, err := strconv.Atoi(strings.Trim(name, "{}"))
		if err != nil || n >= len(groups) {
			return ""
		}
		return groups[n]
	}))
}

// problemMost is how much of a text tells one problem from another, in octets.
const problemMost = 120

var (
	group   = regexp.MustCompile(`\{[0-9]{1,2}\}`)
	instant = regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,+Z-]*`)
	numbers = regexp.MustCompile(`(^|[^\w/.-])(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8,}|[0-9]+)\b`)
)

// numberless is a text whose numbers, which change while the problem is the same, are one sign. A number that is part of a name, as in
// eth0, sda1 or Gi0/3, stays.
func numberless(text string) string {
	text = first(text)
	text = instant.ReplaceAllString(text[:min(len(text), problemMost)], "#")
	return strings.ToValidUTF8(numbers.ReplaceAllString(text, "${1}#"), "")
}
