package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// onCallCheck is `hotline oncall check`.
type onCallCheck struct {
	client
	Days int `help:"How many days ahead gaps are looked for." default:"14"`
}

// Run names gaps and people whose telephone is not proven. It fails where there is one, so that a timer or a monitor can ask.
func (c *onCallCheck) Run(ctx context.Context, io streams) error {
	body, err := c.get(ctx, "/oncall/readiness", url.Values{"days": {strconv.Itoa(c.Days)}})
	if err != nil {
		return fmt.Errorf("asking who will be reached: %w", err)
	}
	var view struct {
		Ready bool
		Lines []string
	}
	if err := json.Unmarshal(body, &view); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	for _, l := range view.Lines {
		fmt.Fprintln(io.out, l)
	}
	if !view.Ready {
		return errFailed
	}
	fmt.Fprintf(io.out, "Somebody with a proven telephone is on call for the next %d days.\n", c.Days)
	return nil
}

// onCallWho is `hotline oncall who`.
type onCallWho struct {
	client
	At       string `help:"The instant, such as 2026-12-24T18:00:00+01:00, or \"2026-12-24 18:00\" in this machine's zone. Default: now." placeholder:"T"`
	Contract string `help:"Whose blocking request would be rung for."`
	Level    string `help:"Of which level it is."`
	Language string `help:"In which language."`
}

// Run prints who is on call, rota by rota, and who would be rung.
func (w *onCallWho) Run(ctx context.Context, io streams) error {
	query, err := w.query()
	if err != nil {
		return err
	}
	body, err := w.get(ctx, "/oncall/at", query)
	if err != nil {
		return fmt.Errorf("asking who is on call: %w", err)
	}
	var view onCallAt
	if err := json.Unmarshal(body, &view); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	view.print(io.out)
	return nil
}

func (w *onCallWho) query() (url.Values, error) {
	query := url.Values{}
	if w.At != "" {
		at, err := instantOf(w.At)
		if err != nil {
			return nil, err
		}
		query.Set("t", at.Format(time.RFC3339))
	}
	for name, value := range map[string]string{"contract": w.Contract, "level": w.Level, "language": w.Language} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query, nil
}

// onCallAt is what GET /oncall/at answers.
type onCallAt struct {
	At    time.Time
	Rotas []struct {
		Rota, Zone string
		OnCall     []struct {
			Name, Why, For string
			Level          int
		} `json:"on_call"`
	}
	Plan struct {
		Note  string
		Steps []struct {
			AtOnce bool `json:"at_once"`
			Phones []struct{ Name, Phone string }
		}
	}
}

func (v *onCallAt) print(out io.Writer) {
	for _, r := range v.Rotas {
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			zone = time.UTC
		}
		fmt.Fprintf(out, "rota %s at %s:\n", r.Rota, v.At.In(zone).Format("2006-01-02 15:04 MST"))
		if len(r.OnCall) == 0 {
			fmt.Fprintln(out, "  nobody")
		}
		for _, p := range r.OnCall {
			line := fmt.Sprintf("  level %d: %s (%s)", p.Level, p.Name, p.Why)
			if p.For != "" {
				line += ", for " + p.For
			}
			fmt.Fprintln(out, line)
		}
	}
	for _, g := range v.Plan.Steps {
		how := "rung one after the other:"
		if g.AtOnce {
			how = "rung all at once:"
		}
		for _, p := range g.Phones {
			how += " " + p.Name + " at " + p.Phone + ";"
		}
		fmt.Fprintln(out, strings.TrimSuffix(how, ";"))
	}
	fmt.Fprintln(out, v.Plan.Note)
}

// instantOf reads an instant with its offset, or a time of the machine's zone.
func instantOf(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, time.Local)
	if err != nil {
		return at, fmt.Errorf("--at: %q is no instant; write 2026-12-24T18:00:00+01:00 or \"2026-12-24 18:00\"", text)
	}
	return at, nil
}

// onCallReplay is `hotline oncall replay`.
type onCallReplay struct {
	client
	Rota   string `help:"File with the changed rota as JSON, as GET /api/v1/rotas/ID gives it; its id says which it replaces, main the main one." type:"path"`
	Policy string `help:"File with the changed escalation policy as JSON, as GET /api/v1/escalation-policies/ID gives it." type:"path"`
	Since  string `help:"How far back, in days or hours: 30d." default:"30d"`
}

// Run prints who would have been rung in the past nights.
func (r *onCallReplay) Run(ctx context.Context, io streams) error {
	back, err := lifeOf(r.Since)
	if err != nil || back == 0 {
		return fmt.Errorf("--since: %q is no span; write days or hours, such as 30d or 12h", r.Since)
	}
	request := map[string]any{"since": time.Now().Add(-back)}
	for _, changed := range []struct{ name, file string }{{"rota", r.Rota}, {"policy", r.Policy}} {
		if changed.file == "" {
			continue
		}
		text, err := os.ReadFile(changed.file)
		if err != nil {
			return fmt.Errorf("reading the changed %s: %w", changed.name, err)
		}
		if !json.Valid(text) {
			return fmt.Errorf("%s is no JSON; write the %s as the API gives it", changed.file, changed.name)
		}
		request[changed.name] = json.RawMessage(text)
	}
	if len(request) == 1 {
		return errors.New("say what was changed: --rota FILE, --policy FILE or both")
	}
	send, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("writing the question: %w", err)
	}
	body, err := r.post(ctx, "/oncall/replay", nil, "application/json", send)
	if err != nil {
		return fmt.Errorf("replaying the nights: %w", err)
	}
	var view struct{ Lines []string }
	if err := json.Unmarshal(body, &view); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	for _, l := range view.Lines {
		fmt.Fprintln(io.out, l)
	}
	fmt.Fprintf(io.out, "%d searches for an engineer since %s.\n", len(view.Lines), time.Now().Add(-back).Format("2006-01-02 15:04"))
	return nil
}
