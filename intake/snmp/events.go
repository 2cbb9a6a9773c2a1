package snmp

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"hotline/strictyaml"
)

//go:embed events.yaml
var shipped []byte

// Table says what notifications mean: a document, of which the one that ships is events.yaml. An owner's own table goes before it.
type Table struct {
	Varbinds map[string]Column `yaml:"varbinds"`
	Events   []Event           `yaml:"events"`
}

// Column is a variable that notifications carry: a column of a table, or a scalar without its ".0".
type Column struct {
	OID    string            `yaml:"oid"`
	Values map[string]string `yaml:"values"` // what a value means, in words
}

// Event is what one notification means. It opens a problem, ends some, or does the one or the other by the value of a variable.
type Event struct {
	OID     string   `yaml:"oid"` // of snmpTrapOID; with a final ".*" of all below that none above names
	Name    string   `yaml:"name"`
	Title   string   `yaml:"title"`   // {ifDescr|ifIndex}: the first of these variables that the notification carries
	Problem string   `yaml:"problem"` // names the problem, together with per and row; empty: the name does
	Ends    []string `yaml:"ends"`    // problems that are over
	Per     []string `yaml:"per"`     // variables whose values tell one problem of the kind from another; what begins with a digit stands for itself
	Row     []string `yaml:"row"`     // variables of whose first one the row of its table tells them apart
	// Severity is as which the policy reads it. Empty, where nothing else says it: the policy's rule for severities that it does not name.
	Severity   string            `yaml:"severity"`
	State      string            `yaml:"state"`    // a variable whose value says how it stands
	Over       []string          `yaml:"over"`     // values of State that are the end
	OverPer    []string          `yaml:"over_per"` // instead of Per, where an end names its problem by other variables
	Severities map[string]string `yaml:"severities"`
}

// events is a table that is ready for use. It never changes.
type events struct {
	columns map[string][]string // names by OID: that of the first table is shown, and all of them can be asked for
	values  map[string]map[string]string
	exact   map[string]Event
	below   []Event // the longest OID first
}

// Shipped is the table that ships.
func Shipped() (Table, error) { return ReadTable(shipped) }

// ReadTable reads a table.
func ReadTable(text []byte) (Table, error) {
	var t Table
	if err := strictyaml.Decode(text, &t); err != nil {
		return t, err
	}
	return t, nil
}

var (
	oidPattern = regexp.MustCompile(`^[0-2](\.(0|[1-9][0-9]{0,9}))+$`)
	inTitle    = regexp.MustCompile(`\{([^{}]*)\}`)
)

// compile makes tables ready for use; of two that name a notification the first one holds. The error names the place.
func compile(tables ...Table) (*events, error) {
	e := &events{columns: map[string][]string{}, values: map[string]map[string]string{}, exact: map[string]Event{}}
	for _, t := range tables {
		for _, name := range slices.Sorted(maps.Keys(t.Varbinds)) {
			c := t.Varbinds[name]
			if !oidPattern.MatchString(c.OID) {
				return nil, fmt.Errorf("varbinds.%s.oid: %q is no OID; write numbers such as 1.3.6.1.2.1.2.2.1.1", name, c.OID)
			}
			if _, there := e.values[name]; !there {
				e.columns[c.OID], e.values[name] = append(e.columns[c.OID], name), c.Values
			}
		}
	}
	for _, t := range tables {
		for i, v := range t.Events {
			if err := e.add(v); err != nil {
				return nil, fmt.Errorf("events[%d] (%s): %w", i, v.Name, err)
			}
		}
	}
	slices.SortStableFunc(e.below, func(a, b Event) int { return len(b.OID) - len(a.OID) })
	return e, nil
}

// add adds an event, unless one for the same notification stands already.
func (e *events) add(v Event) error {
	oid, all := strings.CutSuffix(v.OID, ".*")
	if !oidPattern.MatchString(oid) {
		return fmt.Errorf("oid: %q is no OID; write numbers such as 1.3.6.1.6.3.1.1.5.3", v.OID)
	}
	if v.Name == "" || v.Title == "" {
		return fmt.Errorf("it needs a name and a title")
	}
	names := slices.Concat(v.Row, v.OverPer, slices.DeleteFunc(slices.Clone(v.Per), literal))
	if v.State != "" {
		names = append(names, v.State)
	} else if len(v.Over)+len(v.Severities) > 0 {
		return fmt.Errorf("over and severities need a state, the variable whose value they name")
	}
	for _, m := range inTitle.FindAllStringSubmatch(v.Title, -1) {
		names = append(names, strings.Split(m[1], "|")...)
	}
	for _, n := range names {
		if _, known := e.values[n]; !known {
			return fmt.Errorf("%q is no variable; name it under varbinds", n)
		}
	}
	v.OID = oid
	if all {
		e.below = append(e.below, v)
		return nil
	}
	for _, oid := range spellings(oid) {
		if _, there := e.exact[oid]; !there {
			e.exact[oid] = v
		}
	}
	return nil
}

// literal tells whether a part of a fingerprint stands for itself.
func literal(part string) bool { return part != "" && part[0] >= '0' && part[0] <= '9' }

// spellings are the OIDs by which a notification may be named. SMIv1 agents, and proxies that translate them, write a zero before
// the last number (RFC 3584 section 3.1). MIBs of SMIv2 may leave it out.
func spellings(oid string) []string {
	at := strings.LastIndexByte(oid, '.')
	before, last := oid[:at], oid[at:]
	if short, has := strings.CutSuffix(before, ".0"); has {
		return []string{oid, short + last}
	}
	return []string{oid, before + ".0" + last}
}

// of finds what a notification means.
func (e *events) of(oid string) (Event, bool) {
	if v, ok := e.exact[oid]; ok {
		return v, true
	}
	for _, v := range e.below {
		if strings.HasPrefix(oid, v.OID+".") {
			return v, true
		}
	}
	return Event{}, false
}

// column finds the names of a variable, and the row of its table that it stands in.
func (e *events) column(oid string) (names []string, row string) {
	for at := len(oid); at > 0; at = strings.LastIndexByte(oid[:at], '.') {
		if names, ok := e.columns[oid[:at]]; ok {
			return names, strings.TrimPrefix(oid[at:], ".")
		}
	}
	return nil, ""
}
