package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"
)

// trunkStatus is `hotline trunk status`.
type trunkStatus struct{ client }

// Run prints a line for each trunk; the exit code tells whether all of them work.
func (t *trunkStatus) Run(ctx context.Context, io streams) error {
	var list struct {
		Trunks []struct {
			Name, State, Peer, Error string
			Since, Expires           *time.Time
		} `json:"trunks"`
		Until *time.Time `json:"certificate_until"`
	}
	body, err := t.get(ctx, "/trunks", nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return fmt.Errorf("reading the API's answer: %w", err)
	}
	if len(list.Trunks) == 0 {
		fmt.Fprintln(io.out, "There is no trunk: sip.trunks of the configuration is empty.")
	}
	w, bad := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0), false
	for _, k := range list.Trunks {
		words := k.State
		if k.Since != nil {
			words += " since " + k.Since.Local().Format("2006-01-02 15:04:05")
		}
		if k.Peer != "" {
			words += ", " + k.Peer
		}
		if k.Expires != nil {
			words += ", until " + k.Expires.Local().Format("15:04:05")
		}
		fmt.Fprintf(w, "%s\t%s\n", k.Name, words)
		if k.Error != "" {
			fmt.Fprintf(w, "\t%s\n", k.Error)
		}
		bad = bad || k.State == "failing" || k.State == "refused"
	}
	if list.Until != nil {
		fmt.Fprintf(w, "certificate\tuntil %s\n", list.Until.Local().Format("2006-01-02 15:04:05"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if bad {
		return errFailed
	}
	return nil
}
