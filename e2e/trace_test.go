package e2e_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheTraceIsReadByATracingTool has sngrep receive the copies of a call's messages (HEP version 3), and tshark read
// what sngrep made of them: addresses, ports and messages are right, and no key is among them.
func TestTheTraceIsReadByATracingTool(t *testing.T) {
	t.Parallel()
	port, file := freePort(t), filepath.Join(t.TempDir(), "traced.pcap")
	tool := exec.Command("sngrep", "-N", "-q", "-L", fmt.Sprintf("udp:127.0.0.1:%d", port), "-O", file)
	tool.Env = append(os.Environ(), "TERM=xterm")
	if err := tool.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = tool.Process.Signal(syscall.SIGTERM)
		_ = tool.Wait()
	})
	eventually(t, 30*time.Second, "sngrep is ready", func() error {
		_, err := os.Stat(file)
		return err
	})
	h := open(t, "--config", settingsFile(t, fmt.Sprintf("sip: {hep: \"127.0.0.1:%d\"}\n", port)))
	play(t, h.sip, scenario(t, "traced", call(
		request("INFO", "application/dtmf-relay", "Signal=7\r\nDuration=160\r\n"), hears(200),
	)...))
	line := h.sip[strings.LastIndex(h.sip, ":")+1:]
	var rows string
	eventually(t, 30*time.Second, "the whole call is in the trace", func() error {
		out, err := exec.Command("tshark", "-r", file, "-d", "udp.port=="+line+",sip", "-Y", "sip", "-T", "fields", "-e", "ip.src", "-e", "udp.srcport", "-e", "udp.dstport", "-e", "sip.Request-Line", "-e", "sip.Status-Line").Output()
		rows = string(out)
		if err == nil && !strings.Contains(rows, "BYE") {
			err = errors.New("no BYE yet")
		}
		return err
	})
	for _, want := range []string{
		`127\.0\.0\.1\t\d+\t` + line + `\tINVITE sip:hotline@`, `127\.0\.0\.1\t` + line + `\t\d+\t\tSIP/2\.0 200 OK`, `\tACK sip:`, `\tINFO sip:`, `\tBYE sip:`,
	} {
		if !regexp.MustCompile(want).MatchString(rows) {
			t.Errorf("the trace lacks %s:\n%s", want, rows)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(raw), "Signal=7") {
		t.Errorf("a key is in the trace (%v)", err)
	}
}

// TestStrangersStandInTheLogAsTheFilterWantsIt knocks at the shipped program from an address that nobody trusts, and reads
// its log with the expression of the fail2ban filter.
func TestStrangersStandInTheLogAsTheFilterWantsIt(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "deploy", "fail2ban", "hotline.conf"))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^failregex = (.*)$`).FindStringSubmatch(string(text))
	if m == nil {
		t.Fatal("the filter has no failregex")
	}
	if more := regexp.MustCompile(`(?m)^ +(msg="sip: .*)$`).FindStringSubmatch(string(text)); more != nil {
		m = more // the line of the filter that is about messages
	}
	filter := regexp.MustCompile(strings.ReplaceAll(m[1], "<ADDR>", `(?P<addr>[0-9A-Fa-f:.]+)`))
	h := open(t, "--config", settingsFile(t, "sip: {trust_loopback: false}\n"))
	play(t, h.sip, scenario(t, "stranger", refusal(403, nil)...), "-i", "127.0.0.66", "-mi", "127.0.0.66")
	eventually(t, 30*time.Second, "the filter finds the stranger", func() error {
		for line := range strings.Lines(h.log.String()) {
			if m := filter.FindStringSubmatch(line); m != nil && m[1] == "127.0.0.66" {
				return nil
			}
		}
		return errors.New("no line of the log")
	})
}
