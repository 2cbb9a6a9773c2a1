package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"

	"hotline/agent"
	"hotline/app"
	"hotline/config"
	"hotline/intake"
	"hotline/intake/format"
	"hotline/sla"
	"hotline/strictyaml"
)

// alertsTry is `hotline alerts try`.
type alertsTry struct {
	As     string   `help:"Name of the format that the file is in: ${formats}." placeholder:"SOURCE"`
	Files  []string `arg:"" name:"file" help:"The message; without --as a mapping (YAML or JSON) and then the message. - is the standard input." type:"path"`
	Header []string `help:"A header of the message, such as \"ce-id: 7\", for CloudEvents in binary mode." sep:"none" placeholder:"NAME: VALUE"`
	Config string   `help:"hotline.yaml whose tables and rules of snmp and syslog hold; without it those that ship." placeholder:"FILE" type:"path"`
	Night  bool     `help:"Judge as outside the contract's hours."`
	Policy string   `help:"Alert policy (YAML or JSON) to judge by; without it the one that ships." placeholder:"FILE" type:"path"`
}

// largestMessage is as much as the API takes.
const largestMessage = 1 << 20

// Run prints a line for each alert: what would be done, its fingerprint, category and title. Nothing is opened.
func (a *alertsTry) Run(ctx context.Context, s streams) error {
	policy, err := a.policy()
	if err != nil {
		return err
	}
	batch, err := a.read(ctx, s)
	if err != nil {
		return err
	}
	for _, alert := range batch.Alerts {
		fmt.Fprintln(s.out, judged(alert, policy, a.Night))
	}
	if batch.Truncated > 0 {
		fmt.Fprintf(s.err, "the source left %d more alerts out of this message\n", batch.Truncated)
	}
	return nil
}

// judged is the line of one alert.
func judged(a intake.Alert, p intake.Policy, night bool) string {
	v := p.Judge(a, night)
	fingerprint := strings.Join(strings.Fields(a.Fingerprint), "_")
	if fingerprint == "" {
		fingerprint = "-"
	}
	return strings.TrimSpace(strings.Join([]string{v.What, fingerprint, string(v.Category), v.Title}, " "))
}

// read reads the message as its format or the mapping says.
func (a *alertsTry) read(ctx context.Context, s streams) (intake.Batch, error) {
	wants := 2
	if a.As != "" {
		wants = 1
	}
	if len(a.Files) != wants {
		return intake.Batch{}, errors.New("write hotline alerts try --as SOURCE FILE, or hotline alerts try MAPPING FILE")
	}
	body, err := message(a.Files[wants-1], s)
	if err != nil {
		return intake.Batch{}, err
	}
	if a.As != "" {
		headers, err := headersOf(a.Header)
		if err != nil {
			return intake.Batch{}, err
		}
		batch, err := a.formatted(headers, body)
		if err != nil && !errors.Is(err, format.ErrUnknown) {
			err = fmt.Errorf("%s: %w", a.Files[0], err)
		}
		return batch, err
	}
	var m intake.Mapping
	if err := document(a.Files[0], &m); err != nil {
		return intake.Batch{}, err
	}
	compiled, err := format.Compile(m)
	if err != nil {
		return intake.Batch{}, fmt.Errorf("%s: %w", a.Files[0], err)
	}
	batch, err := compiled.Read(ctx, body)
	if err != nil {
		err = fmt.Errorf("%s: %w", a.Files[1], err)
	}
	return batch, err
}

// formatted reads a message of a format. A listener's message is read by the tables and rules of the configuration, if one is
// named.
func (a *alertsTry) formatted(h http.Header, body []byte) (intake.Batch, error) {
	if a.Config == "" {
		return format.Read(a.As, h, body)
	}
	c, err := config.Load(a.Config)
	if err != nil {
		return intake.Batch{}, err
	}
	return app.ReadAlerts(c.Alerts, a.As, body)
}

// policy is the one to judge by.
func (a *alertsTry) policy() (intake.Policy, error) {
	p := intake.Default()
	if a.Policy == "" {
		return p, nil
	}
	var file struct {
		Rules     []ruleFile `yaml:"rules"`
		Otherwise *ruleFile  `yaml:"otherwise"`
	}
	if err := document(a.Policy, &file); err != nil {
		return p, err
	}
	if file.Rules != nil {
		p.Rules = nil
	}
	for _, r := range file.Rules {
		p.Rules = append(p.Rules, r.rule())
	}
	if file.Otherwise != nil {
		p.Otherwise = file.Otherwise.rule()
	}
	if err := p.Check(); err != nil {
		return p, fmt.Errorf("%s: %w", a.Policy, err)
	}
	return p, nil
}

// ruleFile is a rule as a file has it.
type ruleFile struct {
	Severities []string     `yaml:"severities"`
	Category   sla.Category `yaml:"category"`
	Night      sla.Category `yaml:"night"`
}

func (r ruleFile) rule() intake.Rule {
	return intake.Rule{Severities: r.Severities, Category: r.Category, Night: r.Night}
}

// message reads a file, or the standard input, within the limit of the API.
func message(name string, s streams) ([]byte, error) {
	in := s.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("reading the message: %w", err)
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, largestMessage+1))
	if err != nil {
		return nil, fmt.Errorf("reading the message %s: %w", name, err)
	}
	if len(body) > largestMessage {
		return nil, fmt.Errorf("the message %s is larger than %d octets, which is the most that the API takes", name, largestMessage)
	}
	return body, nil
}

// document reads a YAML or JSON file strictly.
func document(name string, into any) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	if err := strictyaml.Decode(text, into); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

// headersOf reads headers as they were given.
func headersOf(list []string) (http.Header, error) {
	h := http.Header{}
	for _, line := range list {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) == "" {
			return nil, fmt.Errorf("--header %q: write it as \"ce-id: 7\"", line)
		}
		h.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return h, nil
}

// watching is `hotline agent`.
type watching struct {
	Config   string `help:"The agent's own file: server, token, heartbeat." default:"/etc/hotline-agent/agent.yaml" placeholder:"FILE" type:"path" env:"HOTLINE_AGENT_CONFIG"`
	Once     bool   `help:"Make every check once, print what is found, and end; hotline is told nothing. Fails where something does."`
	LogLevel string `help:"debug, info, warn or error." default:"info" placeholder:"LEVEL"`

	Watch agentWatch `cmd:"" default:"1" hidden:""`
	Check agentCheck `cmd:"" help:"Check an agent's own file; nothing is asked and nothing is started."`
}

// agentWatch is `hotline agent` without a word behind it.
type agentWatch struct{}

// Run watches until a signal comes.
func (agentWatch) Run(ctx context.Context, r *watching, s streams) error {
	file, err := agent.ReadFile(r.Config)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // the kernel knows none
	}
	c := agent.Config{File: file, Host: host, NewID: rand.Text, Log: logger(s, r.LogLevel)}
	if info, ok := debug.ReadBuildInfo(); ok {
		c.Program = describe(info)
	}
	if agent.Exposed(r.Config) {
		c.Log.Warn("everybody on this machine can read the token: chmod 640", "file", r.Config)
	}
	if r.Once {
		well, err := agent.Once(ctx, c, s.out)
		if err == nil && !well {
			err = errFailed
		}
		return err
	}
	a, err := agent.New(c)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// agentCheck is `hotline agent check`.
type agentCheck struct {
	File string `arg:"" help:"The agent's own file." type:"path"`
}

// Run complains about every line that cannot be right.
func (c *agentCheck) Run(s streams) error {
	file, err := agent.ReadFile(c.File)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is sound: %d checks of its own, and those of %s\n", c.File, len(file.Checks), file.Server)
	return nil
}
