package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hotline/phone/load"
)

const head = `# What a call costs

%s, %s, in %s. Measured against the built program with a private PostgreSQL of its own; the load generator
(` + "`hotline load`" + `'s, %.2f cpu-ms per call-second of its own at N = 500) runs on the same cores. CPU is the server process's, user and system; PostgreSQL's
stands beside it. "Asterisk, diago" are those peers on two such cores. Medians of %d ramps, each on a fresh server. The load column is the load average of
the last minute before each span: the bench itself makes about one to two of it.

The floor, a plain send and receive loop over %d sockets without wake-ups, in the same run: **%.2f** cpu-ms per call-second (%s).

| quantity | Asterisk, diago | must | goal | measured | reached | load before |
|---|---|---|---|---|---|---|
`

// write writes REPORT.md, growth.svg and results.json.
func (b *bench) write(f *figures) error {
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(f.raw(), "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(b.dir, "REPORT.md"), []byte(f.report()), 0o644),
		os.WriteFile(filepath.Join(b.dir, "growth.svg"), f.plot(), 0o644),
		os.WriteFile(filepath.Join(b.dir, "results.json"), append(raw, '\n'), 0o644),
	)
}

// show prints the report.
func (b *bench) show() error {
	text, err := os.ReadFile(filepath.Join(b.dir, "REPORT.md"))
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	return err
}

func (f *figures) report() string {
	var out strings.Builder
	var floors []string
	for _, v := range f.floor {
		floors = append(floors, fmt.Sprintf("%.2f", v))
	}
	own := f.of(500, func(r load.Result) float64 { return r.OwnPerCallSecond() })
	fmt.Fprintf(&out, head, time.Now().Format("2006-01-02"), f.machine, f.took.Round(time.Second), own, ramps, 1000, f.ground(), "before and after "+strings.Join(floors, ", "))
	for _, r := range f.rows() {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s |\n", r.what, r.peers, r.must, r.goal, r.measured, r.reached, r.load)
	}
	f.soonerTable(&out)
	f.growth(&out)
	f.rising(&out)
	return out.String()
}

// growth is the table of the numbers of calls.
func (f *figures) growth(out *strings.Builder) {
	out.WriteString("\n## Growth\n\n![cost per call by the number of calls](growth.svg)\n\n" +
		"| calls | cpu-ms per call-second | ratio to the floor | packets | > 20 ms late | lost | deviation p99 | worst | memory per call | set up per second | the load's own |\n" +
		"|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, n := range levels() {
		v := f.of(n, perCall)
		fmt.Fprintf(out, "| %d | %.2f | %.1f | %d | %d (%.4f %%) | %d | %.1f ms | %.1f ms | %.0f KB | %.0f | %.2f |\n", n, v, v/f.ground(), f.sum(n, packets), f.sum(n, late), f.lateShare(n), f.sum(n, lost),
			f.of(n, func(r load.Result) float64 { return r.Deviation.P99 }), f.of(n, func(r load.Result) float64 { return r.Deviation.Max }),
			f.of(n, func(r load.Result) float64 { return r.PerCall }), f.setup[n], f.of(n, func(r load.Result) float64 { return r.OwnPerCallSecond() }))
	}
}

// rising is the table of the rates.
func (f *figures) rising(out *strings.Builder) {
	out.WriteString("\n## Answering and hanging up\n\n| calls/s | completed | repeats of ours | of theirs | INVITE to 200 p50 | p99 | max | CPU each | PostgreSQL each |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range append([]rated{{100, f.calm}}, f.rates...) {
		done := float64(max(1, r.Completed))
		fmt.Fprintf(out, "| %d | %d | %d | %d | %.1f ms | %.1f ms | %.1f ms | %.2f ms | %.2f ms |\n", r.rate, r.Completed, r.Repeats, r.Repeated,
			r.Setup.P50, r.Setup.P99, r.Setup.Max, r.ServerCPU/done, r.DatabaseCPU/done)
	}
}

// raw is everything that was measured.
func (f *figures) raw() map[string]any {
	rates := map[int]load.Result{}
	for _, r := range f.rates {
		rates[r.rate] = r.Result
	}
	return map[string]any{
		"machine": f.machine, "floor": f.floor, "playing_and_recording": f.levels, "idle": f.idle, "plain": f.plain, "encrypted": f.secure,
		"keys": f.keys, "bridges": f.bridge, "answer_at_100": f.calm, "answer_and_hang_up": rates, "main_job": f.job, "overload": f.over.Result, "sooner": f.sooner, "alerts": f.alerts, "mails": f.mails, "agents": f.agents, "names": f.names, "sealing": f.sealing,
	}
}
