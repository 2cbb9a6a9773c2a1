package main

import (
	"fmt"
	"strings"
	"time"

	"hotline/phone/load"
)

const sizeHead = `# The size of a large company

%s, %s, PostgreSQL %s, measured in one run of ` + "`make bench-size`" + ` against the built program with a private PostgreSQL of its own, names not spoken, other settings as they
come: %s, %s, seeded by SQL%s. Requests are asked one after the other over HTTP, answers read whole; "load" is the machine's load average of
the last minute before each row, to which this bench adds about one. CPU is what the program and PostgreSQL needed for a request, which other work
on the machine changes little.

| requests | asked | goal, p95 | p50 | p95 | max | CPU: program, PostgreSQL | load |
|---|---|---|---|---|---|---|---|
`

const sizeMiddle = `
"The page after" is the next page of those lists that have one; its CPU is in the row above.

| quantity | goal | empty database | full database | |
|---|---|---|---|---|
`

func (f *sizes) report() string {
	var out strings.Builder
	seeded := ""
	if f.seeding > 0 {
		seeded = " in " + f.seeding.Round(time.Second).String()
	}
	fmt.Fprintf(&out, sizeHead, time.Now().Format("2006-01-02"), f.machine, f.server, f.rows, f.octets, seeded)
	for _, a := range f.asked {
		cost := ""
		if a.program > 0 {
			cost = fmt.Sprintf("%v, %v", a.program.Round(100*time.Microsecond), a.database.Round(100*time.Microsecond))
		}
		fmt.Fprintf(&out, "| %s | %d | %v | %v | %v%s | %v | %s | %s |\n", a.what, len(a.took), a.goal, a.at(50), a.at(95), missed(a.at(95) > a.goal), a.at(100), cost, a.load)
	}
	out.WriteString(sizeMiddle)
	slowest := time.Duration(0)
	var starts []string
	for _, s := range f.starts {
		slowest = max(slowest, s)
		starts = append(starts, fmt.Sprintf("%.1f", s.Seconds()))
	}
	fmt.Fprintf(&out, "| start until health says ok, s | <= 3 | | %s | %s |\n", strings.Join(starts, " "), missed(slowest > 3*time.Second))
	f.ratio(&out, "set-up: INVITE to 200, p50, ms", func(r load.Result) float64 { return r.Setup.P50 })
	f.ratio(&out, "main job with its ticket: CPU of the program, ms", func(r load.Result) float64 { return r.ServerCPU / float64(max(1, r.Completed)) })
	f.ratio(&out, "main job with its ticket: CPU of PostgreSQL, ms", func(r load.Result) float64 { return r.DatabaseCPU / float64(max(1, r.Completed)) })
	f.ratio(&out, "main job with its ticket: CPU of both, ms", func(r load.Result) float64 {
		return (r.ServerCPU + r.DatabaseCPU) / float64(max(1, r.Completed))
	})
	fmt.Fprintf(&out, "| main jobs completed | all | %d of %d | %d of %d | load %s, %s |\n", f.empty.Completed, f.empty.Dialled, f.full.Completed, f.full.Dialled, f.empty.Load, f.full.Load)
	fmt.Fprintf(&out, "| memory of the program without a call, MB | | %d | %d | |\n", f.memory[0]>>20, f.memory[1]>>20)
	out.WriteString("\nThe slowest of each:\n\n")
	for _, a := range f.asked {
		if a.slowest != "" {
			fmt.Fprintf(&out, "- %s: `%s`\n", a.what, a.slowest)
		}
	}
	return out.String()
}

// ratio writes what calls cost on both databases.
func (f *sizes) ratio(out *strings.Builder, what string, of func(load.Result) float64) {
	const most = 1.2
	empty, full := of(f.empty), of(f.full)
	fmt.Fprintf(out, "| %s | ratio <= %.1f | %.2f | %.2f | ratio %.2f%s |\n", what, most, empty, full, full/empty, missed(full > most*empty))
}

// missed marks what falls short of its goal.
func missed(is bool) string {
	if is {
		return " **short**"
	}
	return ""
}
