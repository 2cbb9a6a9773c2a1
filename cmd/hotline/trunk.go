package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
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

// trunkTest is `hotline trunk test`.
type trunkTest struct {
	client
	Trunk  string `arg:"" help:"Its name, as in the configuration."`
	Phone  string `required:"" help:"The number to ring: an engineer's, an operator's or a customer's."`
	Caller string `help:"A customer's number, which a trunk with show_caller is asked to show."`
}

// Run prints what came of the call, which takes a minute at most; the exit code tells whether the key came.
func (t *trunkTest) Run(ctx context.Context, io streams) error {
	send, err := json.Marshal(map[string]string{"phone": t.Phone, "caller": t.Caller})
	if err != nil {
		return err
	}
	fmt.Fprintf(io.err, "Ringing %s by %s. Pick up and press the key that is asked for.\n", t.Phone, t.Trunk)
	body, err := t.post(ctx, "/trunks/"+url.PathEscape(t.Trunk)+"/test-call", nil, "application/json", send)
	if err != nil {
		return err
	}
	var v struct {
		Result, Reason string
		Pressed        bool
		Tried          string  `json:"caller_tried"`
		Shown          *string `json:"caller_shown"`
		Refused        *struct {
			Code  int
			Until time.Time
		} `json:"caller_refused"`
	}
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("reading the API's answer: %w", err)
	}
	fmt.Fprintf(io.out, "result  %s\n", v.Result)
	if v.Reason != "" {
		fmt.Fprintf(io.out, "reason  %s\n", v.Reason)
	}
	if v.Shown != nil {
		fmt.Fprintf(io.out, "number  %s (look at the telephone whether it shows this one)\n", *v.Shown)
	}
	if v.Refused != nil {
		fmt.Fprintf(io.out, "        the trunk refuses customers' numbers with %d: calls show the line's own until %s\n", v.Refused.Code, v.Refused.Until.Local().Format("15:04"))
	}
	if !v.Pressed {
		return errFailed
	}
	return nil
}
