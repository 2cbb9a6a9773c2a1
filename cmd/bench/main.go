// Command bench measures what a call costs: it answers N calls in a process of their own that plays a prompt to each
// caller while it records him, and prints CPU, lateness, memory and set-up rate.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	calls := flag.String("calls", "50,200,500", "numbers of calls to hold at once, ascending")
	length := flag.Duration("for", 20*time.Second, "how long each number of calls is measured")
	report := flag.String("report", "", "Markdown file to write beside the table on the terminal")
	answer := flag.Bool("answer", false, "be the answering process (bench starts it itself)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	err := error(nil)
	if *answer {
		err = answerCalls(ctx, os.Stdin, os.Stdout)
	} else {
		err = measureAll(ctx, *calls, *length, *report)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// measureAll runs one measurement for each number of calls, each against a fresh answering process.
func measureAll(ctx context.Context, calls string, length time.Duration, report string) error {
	var results []result
	for _, field := range strings.Split(calls, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 || n > 5000 {
			return fmt.Errorf("reading --calls: %q is no number of calls between 1 and 5000", field)
		}
		fmt.Fprintf(os.Stderr, "%d calls: setting up, then %s of sound ...\n", n, length)
		r, err := measure(ctx, n, length)
		if err != nil {
			return fmt.Errorf("measuring %d calls: %w", n, err)
		}
		results = append(results, r)
	}
	floor, err := floorOf(3 * time.Second)
	if err != nil {
		return fmt.Errorf("measuring the floor: %w", err)
	}
	text := table(results, floor)
	fmt.Print(text)
	if report == "" {
		return nil
	}
	return os.WriteFile(report, []byte(text), 0o644)
}
