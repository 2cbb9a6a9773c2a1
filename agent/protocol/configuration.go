package protocol

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/limits"
)

// Kind is what a check looks at.
type Kind string

// The kinds of checks.
const (
	Disk        Kind = "disk"
	Process     Kind = "process"
	HTTP        Kind = "http"
	TCP         Kind = "tcp"
	SIP         Kind = "sip"
	SMTP        Kind = "smtp"
	Certificate Kind = "certificate"
)

// Kinds are all of them.
func Kinds() []Kind { return []Kind{Disk, Process, HTTP, TCP, SIP, SMTP, Certificate} }

// Configuration is what an agent is to do. Staff keep it at the server; the agent fetches it.
type Configuration struct {
	Checks      []Check `json:"checks" yaml:"checks"`
	Line        string  `json:"line,omitempty" yaml:"line"`                 // SIP address of the hotline's line, which is asked from outside; empty: it is not
	Product     string  `json:"product,omitempty" yaml:"product"`           // what is installed, as docs/evo-support.md has it; empty: it is not reported
	ReleaseFile string  `json:"release_file,omitempty" yaml:"release_file"` // its first line is the version that stands there
}

// Check is one thing that is looked at. Fields that are zero have the value that Complete gives them.
type Check struct {
	ID         string `json:"id" yaml:"id"`
	Kind       Kind   `json:"kind" yaml:"kind"`
	Target     string `json:"target" yaml:"target"`               // a path, a name, an address or a URL, by kind
	Title      string `json:"title,omitempty" yaml:"title"`       // of its ticket
	Severity   string `json:"severity,omitempty" yaml:"severity"` // by which the contract's alert policy says the category
	Every      int    `json:"every_seconds,omitempty" yaml:"every_seconds"`
	Timeout    int    `json:"timeout_seconds,omitempty" yaml:"timeout_seconds"`
	Failures   int    `json:"failures,omitempty" yaml:"failures"`               // so many in a row are a problem
	Successes  int    `json:"successes,omitempty" yaml:"successes"`             // so many in a row are its end
	Free       int    `json:"free_percent,omitempty" yaml:"free_percent"`       // disk: so much must be free
	Count      int    `json:"count,omitempty" yaml:"count"`                     // process: so many must run
	Status     int    `json:"status,omitempty" yaml:"status"`                   // http: the answer that is right; 0: any below 400
	Contains   string `json:"contains,omitempty" yaml:"contains"`               // http: what must stand in the answer
	Untrusted  bool   `json:"any_certificate,omitempty" yaml:"any_certificate"` // http: whoever has signed the server's certificate
	Days       int    `json:"days,omitempty" yaml:"days"`                       // certificate: so long it must hold
	ServerName string `json:"server_name,omitempty" yaml:"server_name"`         // certificate: the name that is asked for; empty: the target's host
}

// Bounds of a configuration.
const (
	ChecksMost        = 100
	ConfigurationMost = 256 << 10 // octets
	targetMost        = 500       // characters
	shortMost         = 200
)

// LineCheck is the id of the check of the hotline's line.
const LineCheck = "line"

// WrongError is what is wrong in a configuration.
type WrongError struct{ Field, Problem string }

func (e *WrongError) Error() string { return e.Field + ": " + e.Problem }

// Complete is the check with the values that hold where nothing is said.
func (c Check) Complete() Check {
	c.Severity = cmp.Or(c.Severity, "warning")
	c.Every, c.Timeout = cmp.Or(c.Every, 60), cmp.Or(c.Timeout, 10)
	c.Failures, c.Successes = cmp.Or(c.Failures, 3), cmp.Or(c.Successes, 2)
	switch c.Kind {
	case Disk:
		c.Free = cmp.Or(c.Free, 10)
		c.Title = cmp.Or(c.Title, "the disk at "+c.Target+" is nearly full")
	case Process:
		c.Count = cmp.Or(c.Count, 1)
		c.Title = cmp.Or(c.Title, c.Target+" does not run")
	case Certificate:
		c.Days = cmp.Or(c.Days, 21)
		c.Title = cmp.Or(c.Title, "the certificate of "+c.Target+" ends soon")
	}
	c.Title = cmp.Or(c.Title, c.Target+" does not answer")
	return c
}

// All are the checks of a configuration, complete, with the one of the line where its address is known: three silent answers are an alarm.
func (c Configuration) All() []Check {
	var list []Check
	for _, k := range c.Checks {
		list = append(list, k.Complete())
	}
	if c.Line != "" {
		list = append(list, Check{
			ID: LineCheck, Kind: SIP, Target: c.Line, Severity: "critical", Title: "the hotline's line " + c.Line + " does not answer from here", Failures: 3,
		}.Complete())
	}
	return list
}

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,62}$`)

// Check finds everything that is wrong.
func (c Configuration) Check() (wrong []*WrongError) {
	complain := func(field, format string, args ...any) {
		wrong = append(wrong, &WrongError{field, fmt.Sprintf(format, args...)})
	}
	if len(c.Checks) > ChecksMost {
		complain("checks", "there are %d; an agent takes %d", len(c.Checks), ChecksMost)
		return wrong
	}
	seen := map[string]bool{LineCheck: true}
	for n, k := range c.Checks {
		at := fmt.Sprintf("checks[%d].", n)
		switch {
		case !name.MatchString(k.ID):
			complain(at+"id", "%.70q is no name for a check; use small letters, digits, dots and hyphens, such as web-shop", k.ID)
		case k.ID == LineCheck:
			complain(at+"id", "line is the name of the check of the hotline's line; choose another one")
		case seen[k.ID]:
			complain(at+"id", "%s stands here twice", k.ID)
		}
		seen[k.ID] = true
		for _, w := range k.wrong() {
			complain(at+w.Field, "%s", w.Problem)
		}
	}
	if c.Line != "" {
		if _, _, err := SIPAddress(c.Line); err != nil {
			complain("line", "%v", err)
		}
	}
	switch {
	case c.Product != "" && !name.MatchString(c.Product):
		complain("product", "%.70q is no product; write it as in /api/v1/releases, such as pbx", c.Product)
	case (c.Product == "") != (c.ReleaseFile == ""):
		complain("release_file", "product and release_file belong together: the file's first line is the version of the product")
	case c.ReleaseFile != "" && (!path.IsAbs(c.ReleaseFile) || !text(c.ReleaseFile, targetMost)):
		complain("release_file", "write the whole path, such as /opt/pbx/VERSION")
	}
	return wrong
}

// wrong is what is wrong in one check.
func (c Check) wrong() (wrong []*WrongError) {
	complain := func(field, format string, args ...any) {
		wrong = append(wrong, &WrongError{field, fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(Kinds(), c.Kind) {
		complain("kind", "%.40q is none; use disk, process, http, tcp, sip, smtp or certificate", c.Kind)
		return wrong
	}
	if err := c.target(); err != nil {
		complain("target", "%v", err)
	}
	for _, f := range []struct{ field, text string }{{"title", c.Title}, {"severity", c.Severity}, {"contains", c.Contains}, {"server_name", c.ServerName}} {
		if !text(f.text, shortMost) {
			complain(f.field, "use one line of at most %d characters", shortMost)
		}
	}
	for _, f := range []struct {
		field          string
		n, least, most int
		only           Kind
	}{
		{"every_seconds", c.Every, 5, 86400, ""}, {"timeout_seconds", c.Timeout, 1, 60, ""}, {"failures", c.Failures, 1, 100, ""}, {"successes", c.Successes, 1, 100, ""},
		{"free_percent", c.Free, 1, 99, Disk}, {"count", c.Count, 1, 1000, Process}, {"status", c.Status, 100, 599, HTTP}, {"days", c.Days, 1, 1000, Certificate},
	} {
		switch {
		case f.n == 0:
		case f.only != "" && f.only != c.Kind:
			complain(f.field, "it is for checks of kind %s alone; this one is of kind %s", f.only, c.Kind)
		case f.n < f.least || f.n > f.most:
			complain(f.field, "use %d to %d", f.least, f.most)
		}
	}
	if c.Contains != "" && c.Kind != HTTP {
		complain("contains", "it is for checks of kind http alone; this one is of kind %s", c.Kind)
	}
	if c.Untrusted && c.Kind != HTTP {
		complain("any_certificate", "it is for checks of kind http alone; this one is of kind %s", c.Kind)
	}
	if c.ServerName != "" && c.Kind != Certificate {
		complain("server_name", "it is for checks of kind certificate alone; this one is of kind %s", c.Kind)
	}
	if whole := c.Complete(); whole.Timeout > whole.Every {
		complain("timeout_seconds", "a check must end before the next one begins: at most every_seconds, which is %d", whole.Every)
	}
	return wrong
}

// target finds what is wrong with what a check looks at.
func (c Check) target() error {
	if c.Target == "" || !text(c.Target, targetMost) {
		return fmt.Errorf("say in one line what is to be looked at, with at most %d characters", targetMost)
	}
	switch c.Kind {
	case Disk:
		if !path.IsAbs(c.Target) {
			return errors.New("write the whole path of a folder on the disk, such as /var")
		}
	case Process:
		if strings.ContainsAny(c.Target, "/ ") {
			return errors.New("write the name of the program alone, without its folder and arguments, such as asterisk")
		}
	case HTTP:
		if u, err := url.Parse(c.Target); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return errors.New("write an address such as https://shop.example/health, without a name and a password in it")
		}
	case SIP:
		_, _, err := SIPAddress(c.Target)
		return err
	default:
		return hostPort(c.Target)
	}
	return nil
}

func hostPort(at string) error {
	host, port, err := net.SplitHostPort(at)
	if n, bad := strconv.ParseUint(port, 10, 16); err != nil || host == "" || bad != nil || n == 0 {
		return errors.New("write host and port, such as mail.example:25 or [2001:db8::1]:25")
	}
	return nil
}

// SIPAddress reads where a SIP address is asked: "sip:pbx.example", "sip:100@pbx.example:5061;transport=tcp". network is udp or tcp.
func SIPAddress(uri string) (network, address string, err error) {
	wrong := errors.New("write a SIP address such as sip:pbx.example:5060, with ;transport=tcp behind it where it is asked over TCP")
	rest, ok := strings.CutPrefix(uri, "sip:")
	rest, parameters, _ := strings.Cut(rest, ";")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	network = "udp"
	switch parameters {
	case "", "transport=udp":
	case "transport=tcp":
		network = "tcp"
	default:
		return "", "", wrong
	}
	if !ok || rest == "" || strings.ContainsAny(uri, " \t\r\n<>\"?/\\") || !text(uri, targetMost) {
		return "", "", wrong
	}
	if host, _, err := net.SplitHostPort(rest); err != nil || host == "" {
		rest = net.JoinHostPort(strings.Trim(rest, "[]"), "5060")
	}
	if hostPort(rest) != nil {
		return "", "", wrong
	}
	return network, rest, nil
}

// text tells whether something is one line within a limit that can be kept.
func text(s string, most int) bool { return limits.OneLine(s, most) == s }

// ParseConfiguration reads a configuration as the server gives it. Fields that this program does not know are left out, so that an
// agent of an older version goes on; what it cannot do is told as complaints.
func ParseConfiguration(body []byte) (c Configuration, complaints []string, err error) {
	if len(body) > ConfigurationMost {
		return c, nil, fmt.Errorf("the configuration is larger than %d octets", ConfigurationMost)
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return c, nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	whole := c
	c.Checks = nil
	if len(whole.Checks) > ChecksMost {
		complaints = append(complaints, fmt.Sprintf("only %d of %d checks are made", ChecksMost, len(whole.Checks)))
		whole.Checks = whole.Checks[:ChecksMost]
	}
	for _, k := range whole.Checks {
		if wrong := (Configuration{Checks: append(slices.Clone(c.Checks), k)}).Check(); len(wrong) > 0 {
			complaints = append(complaints, limits.OneLine("check "+k.ID+" is not made: "+wrong[0].Error(), shortMost))
			continue
		}
		c.Checks = append(c.Checks, k)
	}
	for _, w := range c.Check() { // of what stands beside the checks
		complaints = append(complaints, limits.OneLine(w.Error(), shortMost))
		switch w.Field {
		case "line":
			c.Line = ""
		default:
			c.Product, c.ReleaseFile = "", ""
		}
	}
	return c, complaints, nil
}

// Span is how long something in seconds lasts.
func Span(seconds int) time.Duration { return time.Duration(seconds) * time.Second }
