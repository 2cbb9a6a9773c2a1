package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
)

// measured is what hotline load reports, as far as it is judged here.
type measured struct {
	Up         int                 `json:"up"`
	Dialled    int                 `json:"dialled"`
	Refused    map[string]int      `json:"refused"`
	RetryAfter int                 `json:"refused_with_retry_after"`
	Unanswered int                 `json:"unanswered"`
	Packets    int                 `json:"packets"`
	Lost       int                 `json:"lost"`
	Keys       int                 `json:"keys"`
	Key        struct{ Count int } `json:"key_to_first_packet"`
	ServerCPU  float64             `json:"server_cpu_ms"`
}

// loadOf runs the shipped load against a house and gives its report.
func (h *house) loadOf(number string, flags ...string) measured {
	h.t.Helper()
	cmd := exec.Command(program(), append([]string{"load", "sip:" + number + "@" + h.sip, "--json", "-", "--pid", strconv.Itoa(h.cmd.Process.Pid)}, flags...)...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("hotline load: %v\n%s", err, complaints.String())
	}
	var m measured
	if err := json.Unmarshal(out.Bytes(), &m); err != nil {
		h.t.Fatalf("reading the report: %v\n%s", err, out.String())
	}
	return m
}

func TestTheShippedLoadMeasuresTheShippedLine(t *testing.T) {
	t.Parallel()
	h := open(t, "--demo-drill")
	dir := t.TempDir()
	m := h.loadOf("tape", "--calls", "30", "--rate", "100", "--for", "4s", "--key-every", "1500ms", "--profile", dir, "--api", "http://"+h.http)
	if m.Up != 30 || m.Packets < 30*150 || m.Lost > m.Packets/100 || m.ServerCPU <= 0 {
		t.Errorf("%+v", m)
	}
	if m.Keys < 30 || m.Key.Count < m.Keys*9/10 {
		t.Errorf("%d answers to %d keys", m.Key.Count, m.Keys)
	}
	for _, name := range []string{"load-cpu.pprof", "line-cpu.pprof", "line-heap.pprof"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("profile %s: %v", name, err)
		}
	}
	if m := h.loadOf("pair", "--calls", "10", "--rate", "100", "--for", "2s"); m.Packets < 10*60 {
		t.Errorf("callers who were joined heard %d packets", m.Packets)
	}
}

func TestTwiceAsManyCallsAsAreHeldLeaveTheRunningOnesAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(dataFolder(t), "hotline.yaml")
	if err := os.WriteFile(file, []byte("sip: {max_calls: 25}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	h := open(t, "--demo-drill", "--config", file)
	m := h.loadOf("tape", "--calls", "50", "--rate", "100", "--for", "3s")
	if m.Up != 25 || m.Dialled != 50 || m.Refused["503"] != 25 || m.RetryAfter != 25 || m.Unanswered != 0 || m.Lost > m.Packets/100 || m.Packets < 25*100 {
		t.Errorf("%+v", m)
	}
}
