package parse

import (
	"bytes"
	"iter"
	"regexp"
)

// depthMost is how many parts of MIME may stand inside of each other. Of an open one the reader looks at each line twice for the one around
// it, so that each level doubles its work.
const depthMost = 10

// declared begins a line that declares parts.
const declared = "content-type"

// A line that declares parts, in one piece, and what stands between them. A type or a name that is written in another way counts, too.
var (
	folded    = regexp.MustCompile(`\r?\n[ \t]+`)
	declares  = regexp.MustCompile(`(?i)^content-type\s*:\s*(?:["']?multipart|[^;]*=)`)
	separates = regexp.MustCompile(`(?i)boundary[*0-9]*\s*=\s*(?:"([^"]*)"|([^"\s;]*))`)
)

// marked gives the lines that may be a mark or a declaration, each with the lines that go on with it (RFC 5322, section 2.2.3). A mail of
// ten megabytes has few of them.
func marked(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(raw) > 0 {
			end := len(raw)
			for at := 0; ; {
				n := bytes.IndexByte(raw[at:], '\n')
				if n < 0 {
					break
				}
				if at += n + 1; at == len(raw) || raw[at] != ' ' && raw[at] != '\t' {
					end = at
					break
				}
			}
			line := raw[:end]
			raw = raw[end:]
			if bytes.HasPrefix(line, []byte("--")) || len(line) >= len(declared) && bytes.EqualFold(line[:len(declared)], []byte(declared)) {
				if !yield(line) {
					return
				}
			}
		}
	}
}

// tooDeep tells whether parts may stand too deep inside of each other. Whatever is not clearly over counts as open.
func tooDeep(raw []byte) bool {
	type part struct {
		name  string
		begun bool
	}
	var open []part
	over := map[string]bool{}
	for line := range marked(raw) {
		line = bytes.TrimRight(folded.ReplaceAll(line, []byte(" ")), "\r\n\t ")
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
