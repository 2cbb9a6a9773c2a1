package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
)

// calendarImport is `hotline calendar import`.
type calendarImport struct {
	client
	Calendar string `arg:"" help:"The calendar's id, such as office."`
	File     string `arg:"" help:"iCalendar file of whole-day events." type:"path"`
	Running  string `help:"Whether running tickets follow: keep or follow; asked for where deadlines would move." enum:"keep,follow," default:""`
}

// Run hands the file to the running program, which refuses what it cannot take exactly.
func (c *calendarImport) Run(ctx context.Context, io streams) error {
	text, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("reading the closures: %w", err)
	}
	query := url.Values{}
	if c.Running != "" {
		query.Set("running", c.Running)
	}
	body, err := c.post(ctx, "/calendars/"+url.PathEscape(c.Calendar)+"/closures", query, "text/calendar", text)
	if err != nil {
		return fmt.Errorf("importing %s into calendar %s: %w", c.File, c.Calendar, err)
	}
	var view struct {
		Import struct {
			Dates, Days int
			LeftOut     []struct {
				Line int
				Why  string
			} `json:"left_out"`
		}
	}
	if err := json.Unmarshal(body, &view); err != nil {
		return fmt.Errorf("importing %s: the answer cannot be read: %w", c.File, err)
	}
	fmt.Fprintf(io.out, "Calendar %s: %d single dates and %d days of every year were taken from %s.\n", c.Calendar, view.Import.Dates, view.Import.Days, c.File)
	for _, l := range view.Import.LeftOut {
		fmt.Fprintf(io.out, "Not taken: line %d: %s\n", l.Line, l.Why)
	}
	return nil
}
