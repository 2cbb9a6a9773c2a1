package snmp

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"hotline/intake"
)

// Trap is a notification of a device: a trap or an inform of any version, in one form.
type Trap struct {
	Device   netip.Addr // who speaks, also where another one hands it on; not valid: nobody knows
	OID      string     // snmpTrapOID; of version 1 as RFC 3584 section 3.1 translates it
	Varbinds []Varbind
}

// Varbind is a variable of a notification: its OID with the row, and its value as people write it.
type Varbind struct{ OID, Value string }

// Reader makes alerts of notifications. It never changes, and is safe for concurrent use.
type Reader struct{ events *events }

// NewReader makes a reader by tables of the owner, which go before the one that ships.
func NewReader(own ...Table) (*Reader, error) {
	ships, err := Shipped()
	if err != nil {
		return nil, err
	}
	e, err := compile(append(own, ships)...)
	if err != nil {
		return nil, err
	}
	return &Reader{e}, nil
}

// Synonyms are the names of one variable, the one that is shown first.
type Synonyms struct {
	OID   string
	Names []string
}

// Synonyms are the variables that the tables give several names: the owner's own one is shown, and events may ask for any of them.
func (r *Reader) Synonyms() (list []Synonyms) {
	for _, oid := range slices.Sorted(maps.Keys(r.events.columns)) {
		if names := r.events.columns[oid]; len(names) > 1 {
			list = append(list, Synonyms{oid, slices.Clone(names)})
		}
	}
	return list
}

// Alerts is what a notification says: an alert for the problem that it opens, and one for each that it ends. One that no table
// names opens a problem that is called as its OID.
func (r *Reader) Alerts(t Trap) []intake.Alert {
	v := r.variables(t)
	event, known := r.events.of(t.OID)
	if !known {
		a := intake.Alert{Fingerprint: v.fingerprint("", t.OID), Title: v.called(t.OID), Text: v.text(t.OID, "")}
		return []intake.Alert{a}
	}
	parts := v.parts(event)
	a := intake.Alert{
		Fingerprint: v.fingerprint(parts, cmp.Or(event.Problem, event.Name)), Severity: event.Severity, Title: v.called(cmp.Or(v.filled(event.Title), event.Name)), Text: v.text(t.OID, event.Name),
	}
	if event.State != "" {
		state := v.value(event.State)
		a.Severity = cmp.Or(event.Severities[state], a.Severity)
		if a.Resolved = slices.Contains(event.Over, state); a.Resolved {
			a.End = a.Title
			if event.OverPer != nil {
				event.Per = event.OverPer
				a.Fingerprint = v.fingerprint(v.parts(event), cmp.Or(event.Problem, event.Name))
			}
		}
	}
	var list []intake.Alert
	for _, over := range event.Ends {
		list = append(list, intake.Alert{Fingerprint: v.fingerprint(parts, over), Resolved: true, Title: a.Title, Text: a.Text, End: a.Title})
	}
	if len(event.Ends) == 0 || event.Severity != "" {
		list = append(list, a)
	}
	return list
}

// variables are those of a notification, by name.
type variables struct {
	device string
	trap   Trap
	names  [][]string          // of each variable, as the trap has them; none: no table names it
	rows   []string            // of each
	values map[string][]string // by name: what a value means in words
	words  map[string]map[string]string
}

func (r *Reader) variables(t Trap) variables {
	v := variables{trap: t, values: map[string][]string{}, words: r.events.values}
	if t.Device.IsValid() {
		v.device = t.Device.String()
	}
	for _, b := range t.Varbinds {
		names, row := r.events.column(b.OID)
		v.names, v.rows = append(v.names, names), append(v.rows, row)
		for _, name := range names {
			v.values[name] = append(v.values[name], b.Value)
		}
	}
	return v
}

// value is a variable's first value; empty: the notification does not carry it.
func (v variables) value(name string) string {
	if list := v.values[name]; len(list) > 0 {
		return list[0]
	}
	return ""
}

// parts tell one problem of a kind from another.
func (v variables) parts(e Event) string {
	var parts []string
	for _, p := range e.Per {
		if !literal(p) {
			p = v.value(p)
		}
		if p != "" {
			parts = append(parts, p)
		}
	}
	for _, name := range e.Row {
		if i := slices.IndexFunc(v.names, func(names []string) bool { return slices.Contains(names, name) }); i >= 0 && v.rows[i] != "" {
			parts = append(parts, v.rows[i])
			break
		}
	}
	return strings.Join(parts, "/")
}

func (v variables) fingerprint(parts, problem string) string {
	return strings.Join(slices.DeleteFunc([]string{v.device, problem, parts}, func(s string) bool { return s == "" }), "/")
}

// called names the device before what happened.
func (v variables) called(what string) string {
	device := cmp.Or(v.value("sysName"), v.device)
	if device == "" {
		return what
	}
	return device + ": " + what
}

// filled is a title with the values of this notification. What it does not carry is left out.
func (v variables) filled(title string) string {
	filled := inTitle.ReplaceAllStringFunc(title, func(names string) string {
		for name := range strings.SplitSeq(strings.Trim(names, "{}"), "|") {
			if value := v.value(name); value != "" {
				return cmp.Or(v.words[name][value], value)
			}
		}
		return ""
	})
	return strings.TrimRight(strings.Join(strings.Fields(filled), " "), " :,")
}

// text is everything that the notification carries, one variable a line.
func (v variables) text(oid, name string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(name + " " + oid))
	if v.device != "" {
		b.WriteString("\nfrom " + v.device)
	}
	for i, bind := range v.trap.Varbinds {
		shown := bind.OID
		if len(v.names[i]) > 0 {
			shown = strings.TrimSuffix(v.names[i][0]+"."+v.rows[i], ".")
		}
		b.WriteString("\n" + shown + ": " + bind.Value)
		for _, name := range v.names[i] {
			if word := v.words[name][bind.Value]; word != "" {
				b.WriteString(" (" + word + ")")
				break
			}
		}
	}
	return b.String()
}
