package agent

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"

	"hotline/agent/protocol"
	"hotline/atomicfile"
)

// Once makes every check once and prints what it finds. It tells the server nothing, and leaves the folder of an agent that runs alone. well:
// nothing fails, and the server answers.
func Once(ctx context.Context, c Config, out io.Writer) (well bool, err error) {
	c = c.complete()
	s := c.server()
	does, version, complaints, err := s.configuration(ctx, 0)
	well = err == nil && len(complaints) == 0
	if err != nil {
		fmt.Fprintln(out, "hotline:", err)
		var last kept
		if (atomicfile.Values{Dir: c.File.State}).Get(configurationFile, &last) == nil {
			does, version = last.Configuration, last.Version
			fmt.Fprintln(out, "hotline: the configuration fetched before holds")
		}
	}
	for _, problem := range complaints {
		fmt.Fprintln(out, "configuration:", problem)
	}
	if off := s.clockOff(); off.Abs() >= protocol.Span(60) {
		well = false
		fmt.Fprintf(out, "clock: this machine's is wrong by %s; set it by NTP\n", off.Abs())
	}
	fmt.Fprintf(out, "agent %s, version %d of its configuration at %s\n", c.File.token.Agent, version, c.File.server)
	if does.Product != "" {
		version, err := release(does.ReleaseFile)
		if err != nil {
			well, version = false, err.Error()
		}
		fmt.Fprintf(out, "%s: %s\n", does.Product, version)
	}
	all, err := c.lookAtAll(ctx, s, does, out)
	return well && all, err
}

// lookAtAll makes every check, and prints a line for each.
func (c Config) lookAtAll(ctx context.Context, s *server, does protocol.Configuration, out io.Writer) (well bool, err error) {
	checks := c.checks(does)
	ids := slices.Sorted(maps.Keys(checks))
	found := make([]error, len(ids))
	places := make(chan struct{}, looksAtOnce)
	var all sync.WaitGroup
	for n, id := range ids {
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			found[n] = c.Probe(ctx, checks[id], c.Now().Add(-s.clockOff()))
		})
	}
	all.Wait()
	well = true
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for n, id := range ids {
		state, text := "well", checks[id].Target
		if found[n] != nil {
			state, text, well = "FAILS", found[n].Error(), false
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", state, id, checks[id].Kind, text)
	}
	return well, table.Flush()
}
