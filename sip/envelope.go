package sip

import (
	"bytes"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Caps on what is read before anything is believed.
const (
	maxMessage = 16 * 1024 // octets of one message; above it 513
	maxHeaders = 256       // header lines of one message
)

// The states of a Content-Length that is no number.
const (
	noLength  = -1
	badLength = -2 // negative, no number, or said twice
)

// cookie begins every branch of RFC 3261 (8.1.1.7).
const cookie = "z9hG4bK"

var errNotSIP = errors.New("not a SIP message")

// envelope is what the guard reads of a message by itself, octets as they came,
// before sipgo's parser sees it.
type envelope struct {
	request     bool
	method      string // of a request; case-sensitive (RFC 3261 7.1)
	uri         string
	version     string
	status      int // of a response
	vias        []string
	from, to    string
	callID      string
	cseq        string
	seq         uint32 // number of the CSeq
	seqOf       string // method of the CSeq
	forwards    int    // -1: no Max-Forwards
	length      int    // noLength or badLength when it is no number
	content     string // Content-Type
	disposition string // Content-Disposition
	encoding    string
	require     []string
	expires     time.Duration // Session-Expires; 0 without one
	timer       bool          // Supported: timer
	proof       string        // Authorization
	accept      []string      // media types, lower case; nil: no Accept
	agent       string
	body        []byte
	faults      []string // what occurs twice or cannot be read
}

// fromTag and toTag are the dialog's tags, empty when missing.
func (e *envelope) fromTag() string { return parameter(e.from, "tag") }
func (e *envelope) toTag() string   { return parameter(e.to, "tag") }

// takesSDP tells whether an answer may carry SDP (RFC 3261 20.1).
func (e *envelope) takesSDP() bool {
	return e.accept == nil || slices.ContainsFunc(e.accept, func(t string) bool {
		return t == "application/sdp" || t == "application/*" || t == "*/*"
	})
}

// branch is the top Via's transaction (RFC 3261 8.1.1.7).
func (e *envelope) branch() string {
	if len(e.vias) == 0 {
		return ""
	}
	return parameter(firstOf(e.vias[0]), "branch")
}

// headersEnd finds the empty line; -1 when it has not come yet. at is the length
// of the start line and the headers with the empty line.
func headersEnd(data []byte) (at int) {
	if i := bytes.Index(data, []byte("\r\n\r\n")); i >= 0 {
		return i + 4
	}
	return -1
}

// readEnvelope reads one message. It only refuses what is no SIP at all; every
// other fault is noted for the check to answer.
func readEnvelope(data []byte) (envelope, error) {
	e := envelope{forwards: -1, length: noLength}
	first, _, _ := bytes.Cut(data, []byte("\r\n"))
	if err := e.startLine(string(first)); err != nil {
		return e, err
	}
	end := headersEnd(data)
	if end < 0 { // a datagram cut short (RFC 3261 7)
		e.faults = append(e.faults, "End Of Headers")
		data = append(bytes.TrimSuffix(bytes.Clone(data), []byte("\r\n")), "\r\n\r\n"...)
		end = len(data)
	}
	e.body = data[end:]
	lines := unfold(string(data[:end-4]))
	if len(lines) > maxHeaders {
		e.faults = append(e.faults, "Header Count")
		lines = lines[:maxHeaders]
	}
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if !ok {
			e.faults = append(e.faults, "Header Without Colon")
			continue
		}
		e.header(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value))
	}
	e.checkDoubled()
	return e, nil
}

// checkDoubled finds parameters that a call hangs on and that stand twice: nobody knows which one counts (RFC 3261 7.3.1).
func (e *envelope) checkDoubled() {
	if doubled(e.from, "tag") {
		e.faults = append(e.faults, "From")
	}
	if doubled(e.to, "tag") {
		e.faults = append(e.faults, "To")
	}
	if len(e.vias) > 0 && doubled(firstOf(e.vias[0]), "branch") {
		e.faults = append(e.faults, "Via")
	}
}

// unfold splits header lines and joins continued ones (RFC 3261 7.3.1).
func unfold(head string) []string {
	raw := strings.Split(head, "\r\n")
	lines := raw[:1]
	for _, l := range raw[1:] {
		if l != "" && (l[0] == ' ' || l[0] == '\t') {
			lines[len(lines)-1] += " " + strings.TrimSpace(l)
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

func (e *envelope) startLine(l string) error {
	a, rest, ok := strings.Cut(l, " ")
	if !ok {
		return errNotSIP
	}
	if strings.HasPrefix(a, "SIP/") {
		e.version = a
		code, _, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(code)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return errNotSIP
		}
		if e.status = n; n < 100 || n > 699 {
			e.faults = append(e.faults, "Status")
		}
		return nil
	}
	words := strings.Fields(rest)
	if len(words) == 0 || !strings.HasPrefix(words[len(words)-1], "SIP/") || !isToken(a) {
		return errNotSIP
	}
	e.request, e.method, e.version = true, a, words[len(words)-1]
	e.uri = strings.Join(words[:len(words)-1], " ")
	if len(words) != 2 || l != a+" "+e.uri+" "+e.version {
		e.faults = append(e.faults, "Request-Line") // blanks too many (RFC 3261 7.1)
	}
	return nil
}

// once stores a header that may stand only once (RFC 3261 7.3.1).
func (e *envelope) once(field *string, name, value string) {
	if *field != "" {
		e.faults = append(e.faults, "Second "+name)
		return
	}
	*field = value
}

func (e *envelope) header(name, value string) {
	switch name {
	case "via", "v":
		e.vias = append(e.vias, value)
	case "from", "f":
		e.once(&e.from, "From", value)
	case "to", "t":
		e.once(&e.to, "To", value)
	case "call-id", "i":
		e.once(&e.callID, "Call-ID", value)
	case "cseq":
		e.once(&e.cseq, "CSeq", value)
		e.readCSeq()
	case "max-forwards":
		if e.forwards >= 0 {
			e.faults = append(e.faults, "Second Max-Forwards")
		}
		e.forwards = e.number("Max-Forwards", value, 255, -1)
	case "content-length", "l":
		if e.length != noLength {
			e.faults = append(e.faults, "Second Content-Length")
			e.length = badLength
			return
		}
		e.length = e.number("Content-Length", value, 1<<30, badLength)
	case "content-type", "c":
		e.content = value
	case "content-disposition":
		e.disposition = value
	case "content-encoding", "e":
		e.encoding = strings.ToLower(value)
	case "require":
		for o := range strings.SplitSeq(value, ",") {
			e.require = append(e.require, strings.TrimSpace(o))
		}
	case "supported", "k":
		for o := range strings.SplitSeq(value, ",") {
			e.timer = e.timer || strings.EqualFold(strings.TrimSpace(o), "timer")
		}
	case "session-expires", "x":
		e.expires, _ = sessionExpires(value)
	case "authorization":
		e.proof = value
	case "accept":
		for t := range strings.SplitSeq(value, ",") {
			t, _, _ = strings.Cut(t, ";")
			e.accept = append(e.accept, strings.ToLower(strings.TrimSpace(t)))
		}
	case "user-agent":
		e.agent = value
	}
}

// unknown are the required extensions that we do not know.
func (e *envelope) unknown() (out []string) {
	for _, r := range e.require {
		if !strings.EqualFold(r, "100rel") && !strings.EqualFold(r, "timer") {
			out = append(out, r)
		}
	}
	return out
}

func (e *envelope) requires(option string) bool {
	return slices.ContainsFunc(e.require, func(r string) bool { return strings.EqualFold(r, option) })
}

func (e *envelope) number(name, value string, most, bad int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		e.faults = append(e.faults, name)
		return bad
	}
	return n
}

func (e *envelope) readCSeq() {
	f := strings.Fields(e.cseq)
	if len(f) != 2 {
		e.faults = append(e.faults, "CSeq")
		return
	}
	n, err := strconv.ParseUint(f[0], 10, 31)
	if err != nil {
		e.faults = append(e.faults, "CSeq")
		return
	}
	e.seq, e.seqOf = uint32(n), f[1]
}

// firstOf is the first element of a comma-separated Via line.
func firstOf(list string) string {
	quoted := false
	for i := range len(list) {
		switch {
		case list[i] == '"':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return list[:i]
		}
	}
	return list
}

// parameter reads one header parameter; empty when it is missing.
func parameter(value, name string) string {
	v, _ := findParameter(value, name)
	return v
}

// findParameter is parameter, and tells whether it is there.
func findParameter(value, name string) (string, bool) {
	for k, v := range parameters(value) {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// parameters are the parameters of a header in their order. Blanks round = and ; are allowed; what is quoted holds none;
// in a name-addr only what stands after > is read.
func parameters(value string) iter.Seq2[string, string] {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	return func(yield func(name, value string) bool) {
		for rest := value; rest != ""; {
			end, quoted := 0, false
			for end < len(rest) && (quoted || rest[end] != ';') {
				if rest[end] == '"' {
					quoted = !quoted
				}
				end++
			}
			k, v, _ := strings.Cut(rest[:end], "=")
			if !yield(strings.TrimSpace(k), strings.TrimSpace(v)) || end == len(rest) {
				return
			}
			rest = rest[end+1:]
		}
	}
}

// isToken tells whether s is a token of RFC 3261 section 25.1.
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

func tokenChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// doubled tells whether a header has a parameter more than once.
func doubled(value, name string) bool {
	n := 0
	for k := range parameters(value) {
		if strings.EqualFold(k, name) {
			n++
		}
	}
	return n > 1
}
