package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hotline/app"
	"hotline/app/faultinjection"
	"hotline/app/loadtest"
	"hotline/config"
)

// serve is `hotline serve`.
type serve struct {
	settings
	Demo         bool          `help:"Load the demo company, and listen on loopback unless told otherwise."`
	Drain        time.Duration `help:"How long running calls may go on after a stop was asked for." default:"20s"`
	DemoFault    string        `hidden:"" help:"Provoke a fault in each call of the demo: panic." env:"HOTLINE_DEMO_FAULT"`
	DemoDrill    bool          `help:"Give the demo the numbers tape (hears a prompt for ever while it is recorded) and pair (is joined to the next caller), for hotline load."`
	DemoAnywhere bool          `help:"Allow the demo company beyond loopback. Everybody knows its PINs and its API token."`
}

// settings are the flags that stand above the configuration file.
type settings struct {
	Config   string   `help:"Configuration file." placeholder:"FILE" type:"path"`
	Data     string   `help:"Folder of recordings, journal and the private database." placeholder:"DIR" type:"path"`
	Database string   `help:"PostgreSQL URL; without one a private server is started." placeholder:"URL" env:"HOTLINE_DATABASE,DATABASE_URL"`
	SIP      []string `name:"sip" help:"Addresses to listen on, UDP and TCP." placeholder:"ADDR"`
	HTTP     string   `name:"http" help:"Address of the API." placeholder:"ADDR"`
	RTPPorts string   `name:"rtp-ports" help:"Range of UDP ports for sound." placeholder:"A-B"`
	PublicIP string   `name:"public-ip" help:"Address shown to the outside, behind a one-to-one NAT." placeholder:"IP"`
	LogLevel string   `help:"debug, info, warn or error." placeholder:"LEVEL"`
}

// Run serves until a signal comes.
func (s *serve) Run(ctx context.Context, io streams) error {
	c, err := s.read(s.Demo)
	if err != nil {
		return err
	}
	log := logger(io, c.LogLevel)
	for _, w := range config.Exposed(c, s.Config, app.PINKeyFile(c), app.RecordingKeyFile(c)) {
		log.Warn("a secret is open to others", "field", w.Field, "problem", w.Problem, "remedy", w.Remedy)
	}
	a, err := app.New(app.Config{Config: c, Demo: demoCompany(s.Demo), DemoAnywhere: s.DemoAnywhere, Decorators: s.decorators(), Drain: s.Drain, Runtime: runtimeFolder(), Invite: inviting(io), Log: log})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// inviting prints the link by which the first user is made.
func inviting(io streams) func(string) {
	return func(link string) {
		fmt.Fprintf(io.out, "Nobody can log in to the staff's pages yet. Within 15 minutes, open this link on this machine (or over TLS, with the proxy's host in its place) and become the administrator:\n  %s\n", link)
	}
}

// decorators are the load test and the fault that were asked for.
func (s *serve) decorators() (d app.Decorators) {
	if s.DemoDrill {
		d.Conversation = loadtest.Conversation
	}
	if s.DemoFault == faultinjection.Panic {
		d.Conversation = faultinjection.Conversation
	}
	return d
}

func demoCompany(wanted bool) *app.Demo {
	if !wanted {
		return nil
	}
	return &app.Demo{}
}

func logger(io streams, level string) *slog.Logger {
	var l slog.Level
	if l.UnmarshalText([]byte(level)) != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: l}))
}

// read takes the file, puts the flags above it, and checks the whole.
func (s *settings) read(demo bool) (config.Config, error) {
	c := config.Default()
	if s.Config != "" {
		var err error
		if c, err = config.Load(s.Config); err != nil {
			return c, err
		}
	}
	if demo && s.Config == "" {
		c.SIP.Accept = config.AcceptAnyone
		c.SIP.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("[::1]:5060")}
	}
	if err := s.over(&c); err != nil {
		return c, err
	}
	if list := config.Check(c); len(list) > 0 {
		for i := range list {
			list[i].File = "settings"
		}
		return c, list
	}
	return c, nil
}

// over puts the flags that were given above the file.
func (s *settings) over(c *config.Config) error {
	if s.Data != "" {
		c.Data = s.Data
	}
	if c.Data == "" {
		c.Data = stateFolder()
	}
	if s.Database != "" {
		c.Database = config.Database{URL: s.Database}
	}
	if len(s.SIP) > 0 {
		c.SIP.Listen = nil
		for _, text := range s.SIP {
			list, err := addresses("--sip", text)
			if err != nil {
				return err
			}
			c.SIP.Listen = append(c.SIP.Listen, list...)
		}
	}
	if s.HTTP != "" {
		list, err := addresses("--http", s.HTTP)
		if err != nil {
			return err
		}
		c.HTTP.Listen = list[0]
	}
	if s.RTPPorts != "" {
		if err := c.RTP.Ports.UnmarshalText([]byte(s.RTPPorts)); err != nil {
			return fmt.Errorf("--rtp-ports: %w", err)
		}
	}
	if s.PublicIP != "" {
		ip, err := netip.ParseAddr(s.PublicIP)
		if err != nil {
			return fmt.Errorf("--public-ip: %q is no address; write the one that the outside sees, such as 192.0.2.7", s.PublicIP)
		}
		c.SIP.PublicIP = ip
	}
	if secret := os.Getenv("HOTLINE_OIDC_SECRET"); secret != "" { // no flag: others on the machine could read it
		c.HTTP.OIDC.ClientSecret, c.HTTP.OIDC.ClientSecretFile = secret, ""
	}
	if s.LogLevel != "" {
		c.LogLevel = strings.ToLower(s.LogLevel)
	}
	return nil
}

// addresses reads "192.0.2.7:5060", "[::1]:5060", "localhost:5060" or ":5060", which stands for all addresses.
func addresses(flag, text string) ([]netip.AddrPort, error) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return []netip.AddrPort{ap}, nil
	}
	host, port, found := strings.Cut(text, ":")
	var n uint16
	if _, err := fmt.Sscanf(port, "%d", &n); found && err == nil && fmt.Sprint(n) == port {
		switch host {
		case "":
			return []netip.AddrPort{netip.AddrPortFrom(netip.IPv4Unspecified(), n), netip.AddrPortFrom(netip.IPv6Unspecified(), n)}, nil
		case "localhost":
			return []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), n)}, nil
		}
	}
	return nil, fmt.Errorf("%s: %q is no address; write an address and a port, such as 127.0.0.1:5060", flag, text)
}

// runtimeFolder is the service's folder for sockets under systemd. Commands that root types find them there, while the
// temporary files of the service are its own.
func runtimeFolder() string {
	d, _, _ := strings.Cut(os.Getenv("RUNTIME_DIRECTORY"), ":")
	return d
}

// stateFolder is the service's state folder under systemd and for root, else the user's.
func stateFolder() string {
	if d, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":"); d != "" {
		return d
	}
	if os.Geteuid() == 0 {
		return "/var/lib/hotline"
	}
	if d := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "hotline")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "hotline-data"
	}
	return filepath.Join(home, ".local", "state", "hotline")
}
