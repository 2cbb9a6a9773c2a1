// Package syntax reads SIP messages as the octets that came. It finds what the guard must know before sipgo's parser may see a
// message. It makes the few corrections that let sipgo read what RFC 3261 allows. It keeps no state and never panics. The guard
// calls it for each message, the streams for each head; the rest of sip uses its small readers of values.
package syntax

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/sip/body"
)

// Limits on what is read before anything is believed.
const (
	MaxMessage = 16 * 1024 // octets of one message; a larger one gets 513
	maxHeaders = 256       // header lines of one message
)

// The states of a Content-Length that is no number.
const (
	NoLength  = -1 // there is none
	BadLength = -2 // negative, no number, or said twice
)

// MagicCookie begins every branch of RFC 3261 (8.1.1.7).
const MagicCookie = "z9hG4bK"

// ErrNotSIP is the error of octets whose first line is no start line of SIP.
var ErrNotSIP = errors.New("not a SIP message")

// StartLine is the first line of a message (RFC 3261 7.1, 7.2).
type StartLine struct {
	Request bool
	Method  string // of a request; case-sensitive
	URI     string // of a request
	Version string
	Status  int // of a response
}

// CSeq is the CSeq header (RFC 3261 20.16).
type CSeq struct {
	Text   string // as it came
	Number uint32
	Method string
}

// Body is the body of a message and the headers that describe it.
type Body struct {
	Length      int    // Content-Length in octets; NoLength or BadLength when it is no number
	Type        string // Content-Type
	Disposition string // Content-Disposition
	Encoding    string // Content-Encoding, in lower case
	Octets      []byte // all that follows the empty line; it shares the message's memory
}

// Message is one SIP message as the guard reads it, before sipgo's parser. Its texts are pieces of one copy of the head:
// whoever keeps one for long clones it.
type Message struct {
	StartLine
	Vias           []string // one for each Via line
	From, To       string
	CallID         string
	CSeq           CSeq
	MaxForwards    int // -1: none
	Body           Body
	Require        []string
	SessionExpires time.Duration // 0: none
	Timer          bool          // Supported: timer
	Authorization  string
	Accept         []string // media types, in lower case; nil: no Accept
	UserAgent      string
	Faults         []string // what stands twice or cannot be read
}

// FromTag is the tag of From; empty when it is missing.
func (m *Message) FromTag() string { return Parameter(m.From, "tag") }

// ToTag is the tag of To; empty when it is missing.
func (m *Message) ToTag() string { return Parameter(m.To, "tag") }

// TakesSDP tells whether an answer may carry SDP (RFC 3261 20.1).
func (m *Message) TakesSDP() bool {
	return m.Accept == nil || slices.ContainsFunc(m.Accept, func(t string) bool {
		return t == "application/sdp" || t == "application/*" || t == "*/*"
	})
}

// Branch names the transaction; it stands in the top Via (RFC 3261 8.1.1.7).
func (m *Message) Branch() string {
	if len(m.Vias) == 0 {
		return ""
	}
	return Parameter(FirstElement(m.Vias[0]), "branch")
}

// UnknownExtensions are the required extensions that this line does not know.
func (m *Message) UnknownExtensions() (out []string) {
	for _, r := range m.Require {
		if !strings.EqualFold(r, "100rel") && !strings.EqualFold(r, "timer") {
			out = append(out, r)
		}
	}
	return out
}

// Requires tells whether Require names an extension.
func (m *Message) Requires(option string) bool {
	return slices.ContainsFunc(m.Require, func(r string) bool { return strings.EqualFold(r, option) })
}

// Description is the session description in the body; see [body.Description].
func (m *Message) Description() ([]byte, error) {
	octets := m.Body.Octets
	if m.Body.Length >= 0 && m.Body.Length < len(octets) {
		octets = octets[:m.Body.Length] // what follows it in a datagram belongs to nothing (RFC 3261 18.3)
	}
	return body.Description(m.Body.Type, m.Body.Disposition, octets)
}

// HeadEnd is the length of the start line and the headers with the empty line; -1 when the empty line has not come yet.
func HeadEnd(data []byte) int {
	if i := bytes.Index(data, []byte("\r\n\r\n")); i >= 0 {
		return i + 4
	}
	return -1
}

// Read reads one message. Its only error is [ErrNotSIP]; every other fault is noted in Faults, so that it can be answered.
func Read(data []byte) (Message, error) {
	m := Message{MaxForwards: -1, Body: Body{Length: NoLength}}
	first, _, _ := bytes.Cut(data, []byte("\r\n"))
	if err := m.startLine(string(first)); err != nil {
		return m, err
	}
	end := HeadEnd(data)
	if end < 0 { // a datagram cut short (RFC 3261 7)
		m.Faults = append(m.Faults, "End Of Headers")
		data = append(bytes.TrimSuffix(bytes.Clone(data), []byte("\r\n")), "\r\n\r\n"...)
		end = len(data)
	}
	m.Body.Octets = data[end:]
	lines := unfold(string(data[:end-4]))
	if len(lines) > maxHeaders {
		m.Faults = append(m.Faults, "Header Count")
		lines = lines[:maxHeaders]
	}
	for _, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if !ok || isFold(l) {
			m.Faults = append(m.Faults, "Header Without Colon")
			continue
		}
		m.header(strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value))
	}
	m.findDoubled()
	return m, nil
}

// findDoubled notes parameters that identify a call and stand twice: nobody knows which one counts (RFC 3261 7.3.1).
func (m *Message) findDoubled() {
	if doubled(m.From, "tag") {
		m.Faults = append(m.Faults, "From")
	}
	if doubled(m.To, "tag") {
		m.Faults = append(m.Faults, "To")
	}
	if len(m.Vias) > 0 && doubled(FirstElement(m.Vias[0]), "branch") {
		m.Faults = append(m.Faults, "Via")
	}
}

// unfold splits header lines and joins continued ones (RFC 3261 7.3.1).
func unfold(head string) []string {
	raw := strings.Split(head, "\r\n")
	lines := raw[:1]
	for _, l := range raw[1:] {
		if isFold(l) && len(lines) > 1 { // the start line has no folds
			lines[len(lines)-1] += " " + strings.TrimSpace(l)
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

func isFold(l string) bool { return l != "" && (l[0] == ' ' || l[0] == '\t') }

func (m *Message) startLine(l string) error {
	a, rest, ok := strings.Cut(l, " ")
	if !ok {
		return ErrNotSIP
	}
	if strings.HasPrefix(a, "SIP/") {
		m.Version = a
		code, _, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(code)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return ErrNotSIP
		}
		if m.Status = n; n < 100 || n > 699 {
			m.Faults = append(m.Faults, "Status")
		}
		return nil
	}
	words := strings.Fields(rest)
	if len(words) == 0 || !strings.HasPrefix(words[len(words)-1], "SIP/") || !IsToken(a) {
		return ErrNotSIP
	}
	m.Request, m.Method, m.Version = true, a, words[len(words)-1]
	m.URI = strings.Join(words[:len(words)-1], " ")
	if len(words) != 2 || l != a+" "+m.URI+" "+m.Version {
		m.Faults = append(m.Faults, "Request-Line") // blanks too many (RFC 3261 7.1)
	}
	return nil
}

// once stores a header that may stand only once (RFC 3261 7.3.1).
func (m *Message) once(field *string, name, value string) {
	if *field != "" {
		m.Faults = append(m.Faults, "Second "+name)
		return
	}
	*field = value
}

// header takes one header; its name is in lower case.
func (m *Message) header(name, value string) {
	switch name {
	case "via", "v":
		m.Vias = append(m.Vias, value)
	case "from", "f":
		m.once(&m.From, "From", value)
	case "to", "t":
		m.once(&m.To, "To", value)
	case "call-id", "i":
		m.once(&m.CallID, "Call-ID", value)
	case "cseq":
		m.once(&m.CSeq.Text, "CSeq", value)
		m.readCSeq()
	case "max-forwards":
		if m.MaxForwards >= 0 {
			m.Faults = append(m.Faults, "Second Max-Forwards")
		}
		m.MaxForwards = m.number("Max-Forwards", value, 255, -1)
	case "content-length", "l":
		if m.Body.Length != NoLength {
			m.Faults = append(m.Faults, "Second Content-Length")
			m.Body.Length = BadLength
			return
		}
		m.Body.Length = m.number("Content-Length", value, 1<<30, BadLength)
	case "content-type", "c":
		m.Body.Type = value
	case "content-disposition":
		m.Body.Disposition = value
	case "content-encoding", "e":
		m.Body.Encoding = strings.ToLower(value)
	case "require":
		for o := range strings.SplitSeq(value, ",") {
			m.Require = append(m.Require, strings.TrimSpace(o))
		}
	case "supported", "k":
		for o := range strings.SplitSeq(value, ",") {
			m.Timer = m.Timer || strings.EqualFold(strings.TrimSpace(o), "timer")
		}
	case "session-expires", "x":
		m.SessionExpires = Seconds(value)
	case "authorization":
		m.Authorization = value
	case "accept":
		for t := range strings.SplitSeq(value, ",") {
			t, _, _ = strings.Cut(t, ";")
			m.Accept = append(m.Accept, strings.ToLower(strings.TrimSpace(t)))
		}
	case "user-agent":
		m.UserAgent = value
	}
}

func (m *Message) number(name, value string, most, bad int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || n > most {
		m.Faults = append(m.Faults, name)
		return bad
	}
	return n
}

func (m *Message) readCSeq() {
	f := strings.Fields(m.CSeq.Text)
	if len(f) != 2 {
		m.Faults = append(m.Faults, "CSeq")
		return
	}
	n, err := strconv.ParseUint(f[0], 10, 31)
	if err != nil {
		m.Faults = append(m.Faults, "CSeq")
		return
	}
	m.CSeq.Number, m.CSeq.Method = uint32(n), f[1]
}
