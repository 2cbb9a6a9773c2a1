package parse

import (
	"bytes"
	"regexp"
)

// depthMost is how many parts of MIME may stand inside of each other. Of an open one the reader looks at each line twice for the one around
// it, so that each level doubles its work.
const depthMost = 10

// boundaries are parameters that declare parts.
var boundaries = regexp.MustCompile(`(?i)boundary[*0-9]*\s*=\s*(?:"([^"]*)"|([^"\s;]*))`)

// tooDeep tells whether parts may stand too deep inside of each other. Whatever is not clearly over counts as open.
func tooDeep(raw []byte) bool {
	if len(boundaries.FindAllIndex(raw, depthMost+1)) <= depthMost {
		return false
	}
	type part struct {
		name  string
		begun bool
	}
	var open []part
	over := map[string]bool{}
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n\t ")
		if mark, ok := bytes.CutPrefix(line, []byte("--")); ok {
			for i := len(open) - 1; i >= 0; i-- {
				switch name := open[i].name; {
				case name == "":
					continue
				case string(mark) == name:
					open[i].begun = true
				case string(mark) == name+"--" && open[i].begun:
					over[name] = true
					open = open[:i]
				default:
					continue
				}
				break
			}
			if over[string(mark)] {
				return true // it goes on behind its end
			}
		}
		for _, m := range boundaries.FindAllSubmatch(line, -1) {
			name := string(m[1]) + string(m[2])
			delete(over, name)
			if open = append(open, part{name: name}); len(open) > depthMost {
				return true
			}
		}
	}
	return false
}
