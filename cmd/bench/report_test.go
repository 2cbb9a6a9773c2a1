package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/phone/load"
)

// quick is a machine that reaches every goal.
func quick() *figures {
	f := &figures{machine: "2 cores", took: 7 * time.Minute, floor: []float64{0.2, 0.3, 0.25}, levels: map[int][]load.Result{}, setup: map[int]float64{}, tickets: 500}
	for _, n := range levels() {
		for range ramps {
			f.levels[n] = append(f.levels[n], load.Result{Up: n, Seconds: 4, CallSeconds: 4 * float64(n), ServerCPU: 1.6 * float64(n), Packets: 200 * n,
				Deviation: load.Spread{Count: 200 * n, P99: 2, P999: 3, Max: 9}, PerCall: 30, Load: "0.50"})
		}
		f.setup[n] = 300
	}
	f.idle = load.Result{Seconds: 8, ServerCPU: 4}
	f.plain = load.Result{CallSeconds: 1000, ServerCPU: 400}
	f.secure = load.Result{CallSeconds: 1000, ServerCPU: 500}
	f.bridge = load.Result{CallSeconds: 1000, ServerCPU: 400}
	f.keys = load.Result{Keys: 100, Reaction: load.Spread{Count: 100, P99: 6}}
	f.calm = load.Result{Completed: 800, Dialled: 800, Setup: load.Spread{Count: 800, P99: 1}, FirstPacket: load.Spread{Count: 800, P99: 2}}
	for _, rate := range []int{500, 1000, 1500} {
		f.rates = append(f.rates, rated{rate, load.Result{Completed: 4 * rate, Dialled: 4 * rate, ServerCPU: 1.6 * float64(rate), Setup: load.Spread{P99: 10}}})
	}
	f.job = load.Result{Completed: 500, Dialled: 500, HungUp: 500, ServerCPU: 9000, CallSeconds: 10000}
	f.over = overloaded{Result: load.Result{Up: 2000, Packets: 1e6}, offered: 4000, refused: 2000, retry: 2000}
	f.alerts = arrivals{Calls: load.Result{Packets: 1e6}, Sent: 5000, P99: 90, Seconds: 10}
	f.mails = arrivals{Calls: load.Result{Packets: 1e6}, Sent: 1000, P99: 900, Seconds: 10}
	f.names = spokenNames{Calls: load.Result{Packets: 1e6, Seconds: 60}, Saved: 10_000, Spoken: 80}
	f.agents = agentLoad{Alone: load.Result{Seconds: 15, ServerCPU: 600}, Calls: load.Result{Packets: 1e6, Seconds: 30, ServerCPU: 1500, DatabaseCPU: 900}, Agents: 1000, Sent: 1033, P99: 20, Seconds: 30}
	f.sealing = sealing{Clear: 0.02, Sealed: 0.03}
	return f
}

func reached(f *figures) (short, must, goal int) {
	for _, r := range f.rows() {
		switch r.reached {
		case mustReached:
			must++
		case goalReached:
			goal++
		default:
			short++
		}
	}
	return short, must, goal
}

func TestEachRowOfTheTableCanBeReachedAndMissed(t *testing.T) {
	f := quick()
	rows := len(f.rows())
	if short, must, goal := reached(f); short+must > 0 || goal != rows {
		t.Errorf("a quick machine falls short in %d rows and only reaches the must in %d", short, must)
	}
	slow := quick()
	for n := range slow.levels {
		for i := range slow.levels[n] {
			r := &slow.levels[n][i]
			r.ServerCPU, r.Late, r.Deviation.P99, r.PerCall = 100*r.ServerCPU, r.Packets/2, 90, 400
		}
	}
	slow.sealing.Sealed = 0.2
	slow.idle.ServerCPU, slow.bridge.ServerCPU, slow.secure.ServerCPU, slow.keys.Reaction.P99 = 400, 4000, 1000, 90
	slow.calm.Setup.P99, slow.calm.FirstPacket.P99, slow.job.ServerCPU, slow.over.Late = 90, 90, 90000, 5e5
	slow.alerts.Seconds, slow.mails.P99 = 19, 2100
	slow.agents.Calls.DatabaseCPU, slow.names.Calls.Late = 9000, 5e5
	for i := range slow.rates {
		slow.rates[i].ServerCPU, slow.rates[i].Repeats = 1e5, 3
	}
	if short, _, _ := reached(slow); short != rows {
		t.Errorf("a slow machine falls short in %d of %d rows", short, rows)
	}
	lost := quick()
	lost.tickets, lost.over.retry = 499, 1999
	if short, _, _ := reached(lost); short != 2 {
		t.Errorf("a lost ticket and an impolite refusal make %d rows short", short)
	}
}

func TestTheReportIsWrittenWholeWithItsPlotAndItsFigures(t *testing.T) {
	dir := t.TempDir()
	b := &bench{dir: dir}
	if err := b.write(quick()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "REPORT.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"| must | goal |", "growth.svg", "| 1500 | 0.40 | 1.6 |", "**0.25** cpu-ms", "whole main job"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the report lacks %q", part)
		}
	}
	plot, err := os.ReadFile(filepath.Join(dir, "growth.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(plot))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the plot is no XML: %v", err)
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil || !json.Valid(raw) {
		t.Errorf("the figures are no JSON: %v", err)
	}
}

func TestASoakTellsWhatGrew(t *testing.T) {
	var flatly, growing []sample
	for i := range 30 {
		flatly = append(flatly, sample{goroutines: 700, heap: 40, sockets: 900 + i%7, files: 1200})
		growing = append(growing, sample{goroutines: 700 + 20*i, heap: 40 + 2*float64(i), sockets: 900, files: 1200})
	}
	before, after := sample{goroutines: 60, heap: 20, sockets: 20, files: 40}, sample{goroutines: 70, heap: 24, sockets: 22, files: 42}
	if err := flat(before, after, flatly); err != nil {
		t.Error(err)
	}
	err := flat(before, after, growing)
	if err == nil || !strings.Contains(err.Error(), "goroutines") || !strings.Contains(err.Error(), "heap") || strings.Contains(err.Error(), "files") {
		t.Errorf("what grew: %v", err)
	}
	after.sockets = 300
	if err := flat(before, after, flatly); err == nil || !strings.Contains(err.Error(), "sockets") {
		t.Errorf("sockets that stayed open: %v", err)
	}
}
