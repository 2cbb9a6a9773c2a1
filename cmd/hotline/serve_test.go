package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"hotline/config"
)

// parsed reads a command line of serve as main does.
func parsed(t *testing.T, args ...string) (config.Config, *serve, error) {
	t.Helper()
	var c commands
	parser, err := kong.New(&c, languages(), kong.DefaultEnvars("HOTLINE"), kong.Exit(func(int) {}), kong.BindTo(t.Context(), (*context.Context)(nil)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(append([]string{"serve"}, args...)); err != nil {
		return config.Config{}, nil, err
	}
	read, err := c.Serve.read(c.Serve.Demo)
	return read, &c.Serve, err
}

// clean takes what the tests' own environment says away.
func clean(t *testing.T) {
	t.Helper()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, "HOTLINE_") || name == "DATABASE_URL" {
			t.Setenv(name, "") // restored afterwards
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// told is everything that flags decide, as one line.
func told(c config.Config) string {
	return fmt.Sprint(c.Data, " ", c.Database.URL, " ", c.SIP.Listen, " ", c.HTTP.Listen, " ", c.RTP.Ports.First, "-", c.RTP.Ports.Last, " ", c.SIP.PublicIP, " ", c.LogLevel)
}

func TestEveryFlagIsAnEnvironmentVariableToo(t *testing.T) {
	clean(t)
	flags := []string{
		"--data", "/srv/hotline", "--database", "postgres://db/x", "--sip", "127.0.0.1:5070", "--sip", "[::1]:5070", "--http", "127.0.0.1:8081",
		"--rtp-ports", "30000-30100", "--public-ip", "192.0.2.7", "--log-level", "debug",
	}
	want := "/srv/hotline postgres://db/x [127.0.0.1:5070 [::1]:5070] 127.0.0.1:8081 30000-30100 192.0.2.7 debug"
	c, _, err := parsed(t, flags...)
	if err != nil || told(c) != want {
		t.Errorf("by flags: %s, %v", told(c), err)
	}
	for name, value := range map[string]string{
		"HOTLINE_DATA": "/srv/hotline", "HOTLINE_DATABASE": "postgres://db/x", "HOTLINE_SIP": "127.0.0.1:5070,[::1]:5070", "HOTLINE_HTTP": "127.0.0.1:8081",
		"HOTLINE_RTP_PORTS": "30000-30100", "HOTLINE_PUBLIC_IP": "192.0.2.7", "HOTLINE_LOG_LEVEL": "debug",
	} {
		t.Setenv(name, value)
	}
	if c, _, err = parsed(t); err != nil || told(c) != want {
		t.Errorf("by environment: %s, %v", told(c), err)
	}
	t.Setenv("DATABASE_URL", "postgres://other/y")
	if c, _, err = parsed(t); err != nil || c.Database.URL != "postgres://db/x" {
		t.Errorf("HOTLINE_DATABASE beside DATABASE_URL: %s, %v", c.Database.URL, err)
	}
	if err := os.Unsetenv("HOTLINE_DATABASE"); err != nil {
		t.Fatal(err)
	}
	if c, _, err = parsed(t); err != nil || c.Database.URL != "postgres://other/y" {
		t.Errorf("DATABASE_URL: %s, %v", c.Database.URL, err)
	}
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	if err := os.WriteFile(file, []byte("http:\n  listen: 127.0.0.1:9090\nrtp:\n  ports: 40000-40100\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, _, err = parsed(t, "--config", file, "--http", "127.0.0.1:7070"); err != nil || c.HTTP.Listen.Port() != 7070 || c.RTP.Ports.First != 30000 {
		t.Errorf("a flag stands above the environment, and that above the file: %s, %v", told(c), err)
	}
}

func TestTheDefaultsAreThoseThatWerePromised(t *testing.T) {
	clean(t)
	t.Setenv("STATE_DIRECTORY", "/var/lib/hotline")
	c, s, err := parsed(t)
	if err != nil || told(c) != "/var/lib/hotline  [0.0.0.0:5060 [::]:5060] 127.0.0.1:8080 10000-19999 invalid IP info" || c.SIP.Accept != config.AcceptKnown || s.DemoAnywhere {
		t.Errorf("serve: %s, accept %s, %v", told(c), c.SIP.Accept, err)
	}
	c, _, err = parsed(t, "--demo")
	loopback := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5060"), netip.MustParseAddrPort("[::1]:5060")}
	if err != nil || fmt.Sprint(c.SIP.Listen) != fmt.Sprint(loopback) || c.SIP.Accept != config.AcceptAnyone {
		t.Errorf("serve --demo: %s, accept %s, %v", told(c), c.SIP.Accept, err)
	}
}

func TestAFlagThatCannotBeMeantIsRefusedWithAnExample(t *testing.T) {
	clean(t)
	for flag, c := range map[string]struct{ value, says string }{
		"--sip": {"nowhere", "127.0.0.1:5060"}, "--http": {"8080", "127.0.0.1:5060"}, "--rtp-ports": {"9-x", "10000-19999"}, "--public-ip": {"here", "192.0.2.7"},
		"--log-level": {"loud", "log_level"},
	} {
		if _, _, err := parsed(t, flag, c.value); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v", flag, c.value, err)
		}
	}
	for text, want := range map[string]string{
		":5060": "[0.0.0.0:5060 [::]:5060]", "localhost:5060": "[127.0.0.1:5060]", "[::1]:5060": "[[::1]:5060]",
	} {
		if list, err := addresses("--sip", text); err != nil || fmt.Sprint(list) != want {
			t.Errorf("%s is read as %v, %v", text, list, err)
		}
	}
}

// TestTheUnitStartsTheProgramWithFlagsThatItKnows reads every command of the systemd unit.
func TestTheUnitStartsTheProgramWithFlagsThatItKnows(t *testing.T) {
	clean(t)
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "hotline.service"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(text)) {
		_, command, found := strings.Cut(strings.TrimSpace(line), "=/usr/local/bin/hotline ")
		if !found {
			continue
		}
		seen++
		var c commands
		parser, err := kong.New(&c, languages(), kong.Exit(func(int) {}), kong.BindTo(t.Context(), (*context.Context)(nil)), kong.Bind(streams{strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(strings.Fields(command)); err != nil {
			t.Errorf("%s: %v", command, err)
		}
	}
	if seen != 2 {
		t.Errorf("the unit has %d commands of ours, want 2", seen)
	}
}

func TestAConfigurationIsCheckedWithTheFilesThatItNames(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	for text, want := range map[string]struct {
		code int
		says string
	}{
		"log_level: warn\n": {0, file + " is sound."},
		"log_level: loud\n": {1, file + ":1: log_level: "},
		"sip: {accounts: [{user: a, password_file: /none}]}": {1, "sip.accounts[0].password_file: open /none"},
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out := said(t, "config", "check", file); code != want.code || !strings.Contains(out, want.says) {
			t.Errorf("%q: %d: %s", text, code, out)
		}
	}
	if code, out := said(t, "config", "check", file+".none"); code != 1 || !strings.Contains(out, "no such file") {
		t.Errorf("a file that is not there: %d: %s", code, out)
	}
}
