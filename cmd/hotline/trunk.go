package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"
)

// client asks the running program's API.
type client struct {
	API   string `help:"Address of the API of the running program." default:"http://127.0.0.1:8080" placeholder:"URL"`
	Token string `help:"Token of the API (hotline token add NAME)." env:"HOTLINE_TOKEN" placeholder:"TOKEN"`
}

// get reads one resource.
func (c client) get(ctx context.Context, path string, into any) error {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.API, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("asking the API at %s: %w; say another address with --api", c.API, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking the API at %s: %w; is `hotline serve` running there?", c.API, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	switch {
	case err != nil:
		return fmt.Errorf("reading the API's answer: %w", err)
	case res.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("the API does not know this token: give one with --token or HOTLINE_TOKEN; `hotline token add NAME` makes one")
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("the API answers %s: %s", res.Status, strings.TrimSpace(string(body)))
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("reading the API's answer: %w", err)
	}
	return nil
}

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
	if err := t.get(ctx, "/api/v1/trunks", &list); err != nil {
		return err
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
