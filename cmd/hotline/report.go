package main

import (
	"context"
	"fmt"
	"net/url"
)

// report is `hotline report`.
type report struct {
	client
	Month  string `help:"The month, such as 2026-11." required:""`
	Format string `help:"json, csv or svg." enum:"json,csv,svg" default:"csv"`
}

// Run prints the month's report as the running program makes it.
func (r *report) Run(ctx context.Context, io streams) error {
	path := "/report"
	if r.Format != "json" {
		path += "." + r.Format
	}
	body, err := r.get(ctx, path, url.Values{"month": {r.Month}})
	if err != nil {
		return fmt.Errorf("reporting %s: %w", r.Month, err)
	}
	_, err = io.out.Write(body)
	return err
}
