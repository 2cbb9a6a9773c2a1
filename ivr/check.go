package ivr

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
)

// longestCall is how long a flow may keep a caller who presses only wrong keys.
const longestCall = time.Hour

// check looks at the whole of a flow whose steps could be read.
func (f *Flow) check() []strictyaml.Complaint {
	out := f.wiring()
	if len(out) > 0 {
		return out
	}
	for _, rule := range []func() []strictyaml.Complaint{f.fields, f.spoken, f.reachable, f.loops, f.safety, f.length} {
		out = append(out, rule()...)
	}
	return out
}

func (f *Flow) complain(s *step, field, problem, remedy string) strictyaml.Complaint {
	line := s.line
	if at, ok := s.fields[field]; ok {
		line = at
	}
	return strictyaml.Complaint{Line: line, Step: s.name, Field: field, Problem: problem, Remedy: remedy}
}

// wiring: every exit leads somewhere.
func (f *Flow) wiring() []strictyaml.Complaint {
	var out []strictyaml.Complaint
	if f.steps[f.start] == nil {
		out = append(out, strictyaml.Complaint{Field: "start", Problem: fmt.Sprintf("there is no step %q", f.start), Remedy: "name the first step"})
	}
	for _, name := range f.order {
		s := f.steps[name]
		for _, e := range s.verb.exits() {
			if f.steps[e.to] == nil {
				out = append(out, f.complain(s, e.field, fmt.Sprintf("there is no step %q", e.to), "name a step of this flow"))
			}
		}
	}
	return out
}

// fields: each verb's own values.
func (f *Flow) fields() []strictyaml.Complaint {
	var out []strictyaml.Complaint
	for _, name := range f.order {
		s := f.steps[name]
		for _, c := range s.verb.check() {
			out = append(out, f.complain(s, c.Field, c.Problem, c.Remedy))
		}
	}
	return out
}

// spoken: every prompt exists in every language in use.
func (f *Flow) spoken() []strictyaml.Complaint {
	var out []strictyaml.Complaint
	var codes []string
	for _, lang := range prompts.Languages() {
		codes = append(codes, string(lang))
	}
	for _, lang := range f.speaks() {
		book, err := prompts.Open(lang)
		if err != nil {
			out = append(out, strictyaml.Complaint{Field: "languages", Problem: err.Error(), Remedy: "use " + strings.Join(codes, " or ")})
			continue
		}
		for _, name := range f.order {
			s := f.steps[name]
			for _, id := range s.verb.prompts() {
				if !book.Has(id) {
					out = append(out, f.complain(s, "", fmt.Sprintf("the prompt %q does not exist in %s", id, lang), "use an id of the catalogue"))
				}
			}
		}
	}
	return out
}

// from is everything that can be reached from a step, itself included, by the exits that may be followed.
func (f *Flow) from(name string, follow func(*step, exit) bool) map[string]bool {
	seen, open := map[string]bool{name: true}, []string{name}
	for len(open) > 0 {
		s := f.steps[open[0]]
		open = open[1:]
		for _, e := range s.verb.exits() {
			if follow(s, e) && !seen[e.to] {
				seen[e.to] = true
				open = append(open, e.to)
			}
		}
	}
	return seen
}

func every(*step, exit) bool { return true }

// reachable: no step stands there for nothing.
func (f *Flow) reachable() []strictyaml.Complaint {
	var out []strictyaml.Complaint
	seen := f.from(f.start, every)
	for _, name := range f.order {
		if !seen[name] {
			out = append(out, f.complain(f.steps[name], "", "no step leads here", "wire it in or take it out"))
		}
	}
	return out
}

// loops: every cycle waits for the caller somewhere. How often it may turn is limited for all flows, by maxEntries.
func (f *Flow) loops() []strictyaml.Complaint {
	var out []strictyaml.Complaint
	unasked := func(s *step, _ exit) bool { return !s.verb.waits() }
	for _, name := range f.order {
		s := f.steps[name]
		if s.verb.waits() {
			continue
		}
		for _, e := range s.verb.exits() {
			if f.from(e.to, unasked)[name] {
				out = append(out, f.complain(s, e.field, "a loop that never waits for the caller comes back here", "lead the loop through a step that asks for a key"))
			}
		}
	}
	return out
}

// safety: a caller who has neither left a message nor reached a human can still do so. An operator who is absent is no human.
func (f *Flow) safety() []strictyaml.Complaint {
	var out []strictyaml.Complaint
	before := f.from(f.start, func(_ *step, e exit) bool { return !e.caught })
	catches := func(e exit) bool { return e.caught }
	for _, name := range f.order {
		if !before[name] {
			continue
		}
		caught := false
		for reached := range f.from(name, every) {
			caught = caught || slices.ContainsFunc(f.steps[reached].verb.exits(), catches)
		}
		if !caught {
			out = append(out, f.complain(f.steps[name], "", "from here neither a human nor a recording can be reached", "lead it to a describe or operator step"))
		}
	}
	return out
}

// length: the longest way through the flow, with every loop taken as often as maxEntries allows.
func (f *Flow) length() []strictyaml.Complaint {
	w := paths{flow: f, reach: map[string]map[string]bool{}, known: map[string]time.Duration{}}
	for _, name := range f.order {
		w.reach[name] = f.from(name, every)
	}
	total := w.longest(f.start)
	if total > longestCall {
		return []strictyaml.Complaint{{Problem: fmt.Sprintf("a caller can be kept for %v", total.Round(time.Minute)), Remedy: fmt.Sprintf("at most %v: fewer tries, shorter waits, fewer loops", longestCall)}}
	}
	return nil
}

// paths measures the ways through a flow.
type paths struct {
	flow  *Flow
	reach map[string]map[string]bool
	known map[string]time.Duration // what was worked out
}

// longest is the longest way from a step to the end. The steps of a loop count together, as one place that is entered
// maxEntries times.
func (w *paths) longest(name string) time.Duration {
	if d, ok := w.known[name]; ok {
		return d
	}
	steps, loop, turns := w.flow.steps, w.loop(name), time.Duration(1)
	if len(loop) > 1 || slices.ContainsFunc(steps[name].verb.exits(), func(e exit) bool { return e.to == name }) {
		turns = maxEntries
	}
	var here, onwards time.Duration
	for member := range loop {
		here += turns * steps[member].verb.longest()
		for _, e := range steps[member].verb.exits() {
			if !loop[e.to] {
				onwards = max(onwards, w.longest(e.to))
			}
		}
	}
	for member := range loop {
		w.known[member] = here + onwards
	}
	return here + onwards
}

// loop is a step with all those from which one comes back to it.
func (w *paths) loop(name string) map[string]bool {
	loop := map[string]bool{name: true}
	for other := range w.reach[name] {
		if w.reach[other][name] {
			loop[other] = true
		}
	}
	return loop
}

// waitTime is a field of a verb that says how long the caller is waited for.
type waitTime struct {
	field string
	value time.Duration
}

// times: a caller is waited for a while, and not for ever.
func times(waits ...waitTime) []strictyaml.Complaint {
	var out []strictyaml.Complaint
	for _, s := range waits {
		if s.value < time.Second || s.value > time.Minute {
			out = append(out, strictyaml.Complaint{Field: s.field, Problem: "a wait of " + s.value.String(), Remedy: "allow between 1s and 1m"})
		}
	}
	return out
}

func between(field string, n, low, high int) []strictyaml.Complaint {
	if n < low || n > high {
		return []strictyaml.Complaint{{Field: field, Problem: fmt.Sprintf("%d is out of range", n), Remedy: fmt.Sprintf("write %d to %d", low, high)}}
	}
	return nil
}
