package parse

import (
	"bytes"
	"regexp"
)

// depthMost is how many parts of MIME may stand inside of each other. Of an open one the reader looks at each line twice for the one around
// it, so that each level doubles its work.
const depthMost = 10

// A line that declares parts, in one piece, and what stands between them. A type or a name that is written in another way counts, too.
var (
	folded    = regexp.MustCompile(`\r?\n[ \t]+`)
	declares  = regexp.MustCompile(`(?i)^content-type\s*:\s*(?:["']?multipart|[^;]*=)`)
	separates = regexp.MustCompile(`(?i)boundary[*0-9]*\s*=\s*(?:"([^"]*)"|([^"\s;]*))`)
)

// tooDeep tells whether parts may stand too deep inside of each other. Whatever is not clearly over counts as open.
func tooDeep(raw []byte) bool {
	raw = folded.ReplaceAll(raw, []byte(" "))
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
		if !declares.Match(line) {
			continue
		}
		name := ""
		if m := separates.FindSubmatch(line); m != nil {
			name = string(m[1]) + string(m[2])
		}
		delete(over, name)
		if open = append(open, part{name: name}); len(open) > depthMost {
			return true
		}
	}
	return false
}
