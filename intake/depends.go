package intake

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Depends says which problems are the consequence of others: behind a dead uplink everything is unreachable, and the uplink is the
// one thing to be done. The terms are those of Icinga's and Nagios' dependencies.
type Depends struct {
	Rules  []Dependence
	Wait   Seconds // how long a child that comes before its parent waits for it; 0: not at all
	Settle Seconds // how long a child goes on to wait after its parent's end
}

// Dependence names a parent, and the children that wait while it is open. In the three texts of the child * stands for any
// characters; an empty one stands for all.
type Dependence struct {
	Installation       string
	Fingerprint        string
	Title              string // a parent of any rule is no child by a title: titles change, and no ring may close
	ParentInstallation string // empty: the child's own
	ParentFingerprint  string
}

// Ref names problems of a contract, whatever source tells of them.
type Ref struct{ Installation, Fingerprint string }

// Bounds of what a policy says of parents.
const (
	dependencesMost = 50
	LongestWait     = 120  // seconds
	LongestSettle   = 3600 // seconds
)

// parents are what a problem waits for, in the order of the rules.
func (d Depends) parents(of Ref, title string) (list []Ref) {
	for _, r := range d.Rules {
		parent := r.parent(of.Installation)
		if parent == of || !like(r.Installation, of.Installation) || !like(r.Fingerprint, of.Fingerprint) {
			continue
		}
		if r.Title == "" || like(r.Title, title) && !d.isParent(of) {
			list = append(list, parent)
		}
	}
	return list
}

func (r Dependence) parent(installation string) Ref {
	return Ref{cmp.Or(r.ParentInstallation, installation), r.ParentFingerprint}
}

// isParent tells whether a rule may name a problem as a parent.
func (d Depends) isParent(p Ref) bool {
	for _, r := range d.Rules {
		if r.ParentFingerprint == p.Fingerprint && (r.ParentInstallation == p.Installation || r.ParentInstallation == "" && like(r.Installation, p.Installation)) {
			return true
		}
	}
	return false
}

// like tells whether a text is as a pattern says, in which * stands for any characters. The empty pattern fits everything.
func like(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}

// check refuses what cannot be right; bad makes the error of a field.
func (d Depends) check(bad func(field, why string) error) error {
	if len(d.Rules) > dependencesMost {
		return bad("depends.rules", fmt.Sprintf("%d are too many; use %d at most", len(d.Rules), dependencesMost))
	}
	for i, r := range d.Rules {
		at := fmt.Sprintf("depends.rules[%d].", i)
		switch {
		case r.ParentFingerprint == "":
			return bad(at+"parent_fingerprint", "name the one problem for which others wait")
		case strings.Contains(r.ParentFingerprint, "*"):
			return bad(at+"parent_fingerprint", "* is for children; a parent is one problem, named in full")
		case strings.Contains(r.ParentInstallation, "*"):
			return bad(at+"parent_installation", "* is for children; leave it out where the parent is at the child's own installation")
		}
	}
	if d.Wait < 0 || d.Wait > LongestWait {
		return bad("depends.wait", fmt.Sprintf("use 0 to %d seconds", LongestWait))
	}
	if d.Settle < 1 || d.Settle > LongestSettle {
		return bad("depends.settle", fmt.Sprintf("use 1 to %d seconds", LongestSettle))
	}
	if ring := d.ring(); ring != nil {
		return bad("depends.rules", "nobody can wait in a ring: "+strings.Join(ring, " waits for "))
	}
	return nil
}

// ring finds parents that wait for each other, in the order in which they do; the first one comes again at the end.
func (d Depends) ring() []string {
	clean := map[Ref]bool{}
	for _, r := range d.Rules {
		if ring := d.follow([]Ref{r.parent(cmp.Or(r.Installation, "*"))}, clean); ring != nil {
			return ring
		}
	}
	return nil
}

// follow goes on from the last parent of a chain. An installation may be a pattern, which stands for those that are like it. clean
// are the parents from which no ring is reached.
func (d Depends) follow(chain []Ref, clean map[Ref]bool) []string {
	last := chain[len(chain)-1]
	if clean[last] {
		return nil
	}
	for _, r := range d.Rules {
		if r.Title != "" || !like(r.Fingerprint, last.Fingerprint) || !meet(r.Installation, last.Installation) {
			continue
		}
		next := r.parent(narrower(last.Installation, r.Installation))
		if next == last {
			continue // nothing waits for itself
		}
		for i, before := range chain {
			if before == next {
				return names(append(chain[i:len(chain):len(chain)], next))
			}
		}
		if ring := d.follow(append(chain[:len(chain):len(chain)], next), clean); ring != nil {
			return ring
		}
	}
	clean[last] = true
	return nil
}

// meet tells whether an installation may be like both patterns. Of two with * it says yes.
func meet(a, b string) bool {
	switch {
	case a == "" || b == "" || strings.Contains(a, "*") && strings.Contains(b, "*"):
		return true
	case strings.Contains(b, "*"):
		return like(b, a)
	}
	return like(a, b)
}

// narrower is the one of two patterns that names one installation, else the first.
func narrower(a, b string) string {
	if strings.Contains(a, "*") && b != "" && !strings.Contains(b, "*") {
		return b
	}
	return a
}

func names(list []Ref) (names []string) {
	for _, r := range list {
		names = append(names, r.Fingerprint+" of installation "+r.Installation)
	}
	return names
}

// later is the later of two instants.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
