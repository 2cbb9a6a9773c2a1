package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// doctor is `hotline doctor`.
type doctor struct{ client }

// remedies are what to do about a check of health that is not ok, by check and state.
func remedies() map[string]string {
	return map[string]string{
		"store failing":         "the database does not answer: see its log, and database.url in the configuration",
		"line failing":          "no SIP socket is open: see the program's log, and sip.listen in the configuration",
		"disk failing":          "the data folder cannot be written: free some space, and look at its owner",
		"rota gap":              "nobody with a telephone is on call now: write the rota, or an override",
		"rota unproven":         "nobody of those on call has proven a telephone within 7 days: have it rung and accept by key",
		"alerts lost":           "messages of installed systems by SNMP or syslog were lost within the last hour: hotline_alert_messages_total and the log say of which kind and why",
		"rota unknown":          "who is on call cannot be read: see the program's log",
		"caller_number refused": "a trunk refuses calls that show the customer's number, and engineers see the line's own: have the carrier allow it, or set show_caller: false",
		"bridge failing":        "tickets do not follow in Zammad, and wait: see below, and bridge in the configuration",
		"voice missing":         "customers' names are not spoken: see speech in the configuration",
		"transcription missing": "recordings are not put into text: see transcription in the configuration, and install the program that it names",
	}
}

// Run names what is not well with the running program, and who may not be reached in the next 14 days. It fails where there is something.
func (d *doctor) Run(ctx context.Context, io streams) error {
	body, err := d.getAnyway(ctx, "/health", http.StatusServiceUnavailable)
	if err != nil {
		return fmt.Errorf("asking how the program is: %w", err)
	}
	var health struct {
		Status string
		Checks map[string]string
	}
	if err := json.Unmarshal(body, &health); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	for _, check := range slices.Sorted(maps.Keys(health.Checks)) {
		line := check + ": " + health.Checks[check]
		if what := remedies()[check+" "+health.Checks[check]]; what != "" {
			line += "; " + what
		}
		fmt.Fprintln(io.out, line)
	}
	if body, err = d.get(ctx, "/oncall/readiness", url.Values{"days": {"14"}}); err != nil {
		return fmt.Errorf("asking who will be reached: %w", err)
	}
	var readiness struct {
		Ready bool
		Lines []string
	}
	if err := json.Unmarshal(body, &readiness); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	if len(readiness.Lines) > 0 {
		fmt.Fprintln(io.out, "on call:\n  "+strings.Join(readiness.Lines, "\n  "))
	}
	bridged := true
	if health.Checks["bridge"] != "" {
		if bridged, err = d.bridge(ctx, io); err != nil {
			return err
		}
	}
	if health.Status != "ok" || !readiness.Ready || !bridged {
		return errFailed
	}
	fmt.Fprintln(io.out, "All is well.")
	return nil
}

// bridge asks the program to ask the other ticket system, and says what that finds. True: all is well.
func (d *doctor) bridge(ctx context.Context, io streams) (bool, error) {
	body, err := d.get(ctx, "/bridge", nil)
	if err != nil {
		return false, fmt.Errorf("asking how the bridge is: %w", err)
	}
	var bridge struct{ Findings []string }
	if err := json.Unmarshal(body, &bridge); err != nil {
		return false, fmt.Errorf("the answer cannot be read: %w", err)
	}
	for _, finding := range bridge.Findings {
		fmt.Fprintln(io.out, "bridge: "+finding)
	}
	return len(bridge.Findings) == 0, nil
}
