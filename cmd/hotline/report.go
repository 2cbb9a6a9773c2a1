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
	Table  string `help:"With csv: lines or breaches." enum:"lines,breaches" default:"lines"`
	Sheet  string `help:"With csv: plain for programs; en or it for a spreadsheet of that country." enum:"plain,en,it" default:"plain"`
	Lang   string `help:"With csv and svg: ${written_names}; without it the configuration's language." enum:"${written}," default:""`
}

// Run prints the month's report as the running program makes it.
func (r *report) Run(ctx context.Context, io streams) error {
	path := "/report"
	if r.Format != "json" {
		path += "." + r.Format
	}
	query := url.Values{"month": {r.Month}}
	if r.Format == "csv" {
		query.Set("table", r.Table)
		query.Set("sheet", r.Sheet)
	}
	if r.Format != "json" && r.Lang != "" {
		query.Set("lang", r.Lang)
	}
	body, err := r.get(ctx, path, query)
	if err != nil {
		return fmt.Errorf("reporting %s: %w", r.Month, err)
	}
	_, err = io.out.Write(body)
	return err
}
