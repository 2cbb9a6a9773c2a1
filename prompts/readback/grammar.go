package readback

import (
	"fmt"
	"strings"
)

// Grammar is what may be heard: one phrase of each list, one list after the other. A phrase is words as [Words] gives them, with
// blanks between them. Silence may lie before, behind and between words.
type Grammar [][]string

// fsg is the grammar as a finite state grammar of Sphinx, in which every phrase of a list is as likely as the others.
func (g Grammar) fsg() string {
	states, from := 1, 0
	var arcs strings.Builder
	for _, list := range g {
		end := states
		states++
		for _, phrase := range list {
			at := from
			words := strings.Fields(phrase)
			for i, w := range words {
				next := end
				if i < len(words)-1 {
					next = states
					states++
				}
				p := 1.0
				if i == 0 {
					p /= float64(len(list))
				}
				fmt.Fprintf(&arcs, "TRANSITION %d %d %.9f %s\n", at, next, p, w)
				at = next
			}
		}
		from = end
	}
	return fmt.Sprintf("FSG_BEGIN grammar\nNUM_STATES %d\nSTART_STATE 0\nFINAL_STATE %d\n%sFSG_END\n", states, from, arcs.String())
}
