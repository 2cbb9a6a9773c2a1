package syslog

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	library "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/rfc3164"
	"github.com/leodido/go-syslog/v4/rfc5424"

	"hotline/limits"
)

// messageMost is how many octets of a message are read; RFC 5424 section 6.1 wants 2,048 at least.
const messageMost = 8 << 10

// Message is what a machine says, in one form whether it writes as RFC 5424 or RFC 3164.
type Message struct {
	Facility, Severity int // RFC 5424 section 6.2.1
	Host, App          string
	Process, Kind      string // PROCID and MSGID of RFC 5424
	Text               string
	Data               string // structured data, one element a line
}

// severities and facilities are the words of RFC 5424 and RFC 5427, by number.
var (
	severities = []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
	facilities = []string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "console", "cron2",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
)

var (
	errPriority = errors.New("it does not begin with its priority, such as <165> (RFC 5424 section 6.2.1, RFC 3164 section 4.1.1)")
	version     = regexp.MustCompile(`^<[0-9]{1,3}>[1-9][0-9]{0,2} `)
	cisco       = regexp.MustCompile(`%([A-Z][A-Z0-9_]*-[0-7]-[A-Z0-9_]+)\s*:`)
)

// parser reads messages. One goroutine uses it.
type parser struct{ modern, former library.Machine }

func newParser() parser {
	return parser{
		rfc5424.NewParser(rfc5424.WithBestEffort()),
		rfc3164.NewParser(rfc3164.WithBestEffort(), rfc3164.WithRFC3339(), rfc3164.WithLenientDay(), rfc3164.WithSecondFractions(), rfc3164.WithEmbeddedNewlines()),
	}
}

// parse reads one message. What the library cannot read beyond the priority is the text as a whole (RFC 3164 section 4.3.3).
func (p parser) parse(line []byte) (m Message, err error) {
	line = bytes.TrimRight(line[:min(len(line), messageMost)], "\r\n\x00 ")
	line = bytes.TrimPrefix(line, []byte("\ufeff"))
	priority, rest, err := priorityOf(line)
	if err != nil {
		return m, err
	}
	m = p.read(line)
	m.Facility, m.Severity = priority/8, priority%8
	if m.Text == "" && m.App == "" && m.Data == "" {
		m = Message{Facility: m.Facility, Severity: m.Severity, Text: string(rest)}
	}
	m.Text = strings.TrimSpace(strings.TrimPrefix(m.Text, "\ufeff"))
	if c := cisco.FindStringSubmatch(m.Text); c != nil {
		m.App = cmp.Or(m.App, c[1])
	}
	return m, nil
}

// read is what the library reads of a message; a fault of it is none of ours.
func (p parser) read(line []byte) (m Message) {
	defer func() {
		if recover() != nil {
			m = Message{}
		}
	}()
	machine := p.former
	if version.Match(line) {
		machine = p.modern
	}
	said, _ := machine.Parse(line) // with best effort it gives what it could read beside the error
	switch s := said.(type) {
	case *rfc5424.SyslogMessage:
		m = message(s.Base)
		if s.StructuredData != nil {
			m.Data = structured(*s.StructuredData)
		}
	case *rfc3164.SyslogMessage:
		m = message(s.Base)
	}
	return m
}

func message(b library.Base) Message {
	return Message{Host: word(b.Hostname), App: word(b.Appname), Process: word(b.ProcID), Kind: word(b.MsgID), Text: word(b.Message)}
}

func word(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// priorityOf reads <PRI>.
func priorityOf(line []byte) (priority int, rest []byte, err error) {
	end := bytes.IndexByte(line[:min(len(line), 5)], '>')
	if end < 2 || line[0] != '<' {
		return 0, nil, errPriority
	}
	priority, err = strconv.Atoi(string(line[1:end]))
	if err != nil || priority < 0 || priority >= 8*len(facilities) {
		return 0, nil, errPriority
	}
	return priority, line[end+1:], nil
}

// structured writes structured data in the order of its names.
func structured(data map[string]map[string]string) string {
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(data)) {
		one := "[" + id
		for _, name := range slices.Sorted(maps.Keys(data[id])) {
			one += " " + name + "=" + strconv.Quote(data[id][name])
		}
		lines = append(lines, one+"]")
	}
	return strings.Join(lines, "\n")
}

// first is the first line of a text.
func first(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return limits.OneLine(strings.TrimSpace(line), limits.Line)
}
