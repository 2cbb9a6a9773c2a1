// Package e2e_test calls the shipped program with real telephones, over real sockets, on a real PostgreSQL.
package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/datadir"
	"hotline/logtest"
	"hotline/postgres"
	"hotline/postgres/local"
)

// program is the binary under test, built once by TestMain exactly as `make build` builds it.
func program() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("hotline-e2e-%d", os.Getpid()), "hotline")
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	defer os.RemoveAll(filepath.Dir(program()))
	for _, tool := range []string{"sipp", "baresip", "linphonec", "tshark", "sngrep", "kamailio", "chromium", "prometheus-alertmanager", "postfix", "swaks"} {
		if _, err := exec.LookPath(tool); err != nil {
			fmt.Fprintf(os.Stderr, "%s is missing: run `make packages`\n", tool)
			return 1
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-o", program(), "hotline/cmd/hotline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building hotline: %v\n%s", err, out)
		return 1
	}
	if err := makeTemplate(); err != nil {
		fmt.Fprintf(os.Stderr, "making an empty database: %v\n", err)
		return 1
	}
	// calls are mostly waiting: more of them at once than there are cores
	if err := flag.Set("test.parallel", "6"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// house is a running hotline with the demo company in it.
type house struct {
	t    *testing.T
	sip  string // 127.0.0.1:port, UDP and TCP
	http string // 127.0.0.1:port
	rtp  string // range of ports, A-B
	data string
	log  *logtest.Log
	cmd  *exec.Cmd
	done chan error
	left func() // gives the range of ports back, once
}

// open starts the program with the demo company on free ports and waits until it says that it is healthy.
func open(t *testing.T, flags ...string) *house {
	t.Helper()
	data := dataFolder(t)
	if out, err := exec.Command("cp", "-a", template(), string(datadir.Dir(data).Postgres())).CombinedOutput(); err != nil {
		t.Fatalf("copying an empty database: %v: %s", err, out)
	}
	return reopen(t, data, flags...)
}

// template is a private database that has its tables and nothing else. A copy of it costs a fraction of what making one does; the
// tests that use a data folder of their own make it as a customer's first start does.
func template() string { return filepath.Join(filepath.Dir(program()), "template") }

func makeTemplate() error {
	ctx := context.Background()
	server, err := local.Start(ctx, local.Config{Dir: template(), Throwaway: true})
	if err != nil {
		return err
	}
	store, err := postgres.Open(ctx, server.URL(), postgres.Config{})
	if err == nil {
		store.Close()
	}
	return errors.Join(err, server.Stop())
}

// dataFolder is a folder that the unprivileged user of the private database may enter.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hotline-e2e-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func reopen(t *testing.T, data string, flags ...string) *house {
	t.Helper()
	h := launch(t, data, append([]string{"--demo"}, flags...)...)
	h.waitHealthy()
	return h
}

// launch starts the program without waiting for it.
func launch(t *testing.T, data string, flags ...string) *house {
	t.Helper()
	port := freePort(t)
	low, leave := takeRange(t)
	h := &house{
		t: t, sip: fmt.Sprintf("127.0.0.1:%d", port), http: fmt.Sprintf("127.0.0.1:%d", freePort(t)),
		rtp: fmt.Sprintf("%d-%d", low, low+rangePorts), data: data, log: &logtest.Log{}, done: make(chan error, 1),
		left: leave,
	}
	args := append([]string{
		"serve", "--data", data, "--sip", h.sip, "--http", h.http,
		"--rtp-ports", h.rtp, "--drain", "1s",
	}, flags...)
	h.cmd = exec.Command(program(), args...)
	h.cmd.Stdout, h.cmd.Stderr = h.log, h.log
	h.cmd.Env = append(cleanEnvironment(), "HOTLINE_LOG_LEVEL=debug")
	if err := h.cmd.Start(); err != nil {
		t.Fatalf("starting hotline: %v", err)
	}
	go func() { h.done <- h.cmd.Wait() }()
	t.Cleanup(h.close)
	return h
}

func cleanEnvironment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "HOTLINE_") && !strings.HasPrefix(e, "DATABASE_URL") {
			env = append(env, e)
		}
	}
	return env
}

func (h *house) waitHealthy() {
	h.t.Helper()
	eventually(h.t, 2*time.Minute, "hotline is healthy", func() error {
		select {
		case err := <-h.done:
			h.done <- err
			h.t.Fatalf("hotline ended at its start: %v\n%s", err, h.log)
		default:
		}
		_, err := h.call(http.MethodGet, "/api/v1/health", nil, nil)
		return err
	})
}

// close stops the program as an operator would and shows its log when the test failed.
func (h *house) close() {
	_ = h.cmd.Process.Signal(syscall.SIGTERM) // one that has ended already is not signalled
	var err error
	select {
	case err = <-h.done:
	case <-time.After(20 * time.Second):
		_ = h.cmd.Process.Kill()
		err = <-h.done
		h.t.Errorf("hotline did not stop within 20 s of SIGTERM")
	}
	h.done <- err // close is idempotent
	h.left()
	if h.t.Failed() {
		h.t.Logf("hotline's log:\n%s", tail(h.log.String(), 12000))
	}
}

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "...\n" + s[len(s)-n:]
}

// call asks the API as staff with the demo token; body and into are JSON values or nil.
func (h *house) call(method, path string, body, into any) (int, error) {
	var send io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, err
		}
		send = bytes.NewReader(b)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+h.http+path, send)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer demo")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, answer)
	}
	if b, raw := into.(*[]byte); raw {
		*b = answer
	} else if into != nil {
		return resp.StatusCode, json.Unmarshal(answer, into)
	}
	return resp.StatusCode, nil
}

// eventually asks again and again until ask is content, at most for the time given.
func eventually(t *testing.T, within time.Duration, what string, ask func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %s: %s: %v", within, what, err)
		}
	}
}
