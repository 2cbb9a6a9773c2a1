package e2e_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestARealAgentOpensAndEndsATicket: an agent at Rossi's plant watches a service, the hotline's own line over real
// sockets. The service dies and comes back: its ticket is opened and closed. The agent beats, and its file is checked as an owner would.
func TestARealAgentOpensAndEndsATicket(t *testing.T) {
	t.Parallel()
	h := open(t)
	service := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	lives := serveTCP(t, service)
	var given struct{ Secret, Key string }
	does := map[string]any{
		"contract": "rossi", "installation": "plant", "line": "sip:" + h.sip,
		"checks": []map[string]any{{"id": "erp", "kind": "tcp", "target": service, "title": "the ERP is dead", "severity": "critical", "every_seconds": 5, "timeout_seconds": 2, "failures": 1, "successes": 1}},
	}
	_, put := h.call(http.MethodPut, "/api/v1/agents/plant", does, &struct{}{})
	_, post := h.call(http.MethodPost, "/api/v1/agents/plant/token", nil, &given)
	file := filepath.Join(t.TempDir(), "agent.yaml")
	write := os.WriteFile(file, fmt.Appendf(nil, "server: http://%s\ntoken: %s\nheartbeat: %s\n", h.http, given.Secret, given.Key), 0o600)
	if err := errors.Join(put, post, write); err != nil {
		t.Fatal(err)
	}
	if out, err := agentSays("check", file); err != nil || !strings.Contains(out, "is sound") {
		t.Errorf("the file is judged %q, %v", out, err)
	}
	if out, err := agentSays("--config", file, "--once"); err != nil || strings.Count(out, "\nwell") != 2 || !strings.Contains(out, "sip:"+h.sip) {
		t.Errorf("a look once finds %q, %v", out, err)
	}
	beside(t, program(), "agent", "--config", file)
	eventually(t, 30*time.Second, "the heartbeat beats", func() error {
		var beat struct{ Standing struct{ State string } }
		_, err := h.call(http.MethodGet, "/api/v1/heartbeats/agent-plant", nil, &beat)
		if err == nil && beat.Standing.State != "up" {
			err = fmt.Errorf("it is %s", beat.Standing.State)
		}
		return err
	})
	lives()
	stands := func(what, want string) {
		t.Helper()
		eventually(t, 30*time.Second, what, func() error {
			got, err := h.reported()
			if err == nil && strings.Join(got, ", ") != want {
				err = fmt.Errorf("the tickets are %v, want %s", got, want)
			}
			return err
		})
	}
	stands("the dead service has a ticket", "blocking open")
	if out, err := agentSays("--config", file, "--once"); err == nil || !strings.Contains(out, "FAILS  erp") || !strings.Contains(out, "nothing listens there") {
		t.Errorf("a look once finds %q, %v", out, err)
	}
	serveTCP(t, service)
	stands("the service lives again", "blocking restored")
}

// agentSays runs a command of the agent.
func agentSays(args ...string) (string, error) {
	cmd := exec.Command(program(), append([]string{"agent"}, args...)...)
	cmd.Env = cleanEnvironment()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// serveTCP takes connections at an address until it is told to end.
func serveTCP(t *testing.T, at string) (end func()) {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return func() { l.Close(); <-done }
}
