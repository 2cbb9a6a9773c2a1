package heartbeats

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"

	"hotline/heartbeat"
	"hotline/intake"
	"hotline/web/form"
	"hotline/web/ui"
)

// document is how heartbeats are written.
func (h Handlers) document() form.Document[heartbeat.Heartbeat] {
	d := form.Document[heartbeat.Heartbeat]{
		Kind: "heartbeat", Path: "/heartbeats", List: "/heartbeats", ListTitle: "heartbeats", New: "heartbeats-new",
		Version: func(v heartbeat.Heartbeat) int { return v.Version },
		Fields:  fields, Said: h.said, From: from, Wrote: h.wrote, Log: h.Log,
		Looks: form.Looks[heartbeat.Heartbeat]{Preview: preview, Try: "heartbeats-preview", Must: func(stands, next heartbeat.Heartbeat) bool {
			return stands.Version == 0 || stands.Rule != next.Rule
		}},
		Shows: form.Shows[heartbeat.Heartbeat]{Beside: h.beside},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put, d.Delete = h.Store.Heartbeat, h.Store.PutHeartbeat, h.remove
	}
	return d
}

// from is a heartbeat as its form begins: daily, an hour late at most.
func from(r *ui.Request) (heartbeat.Heartbeat, error) {
	return heartbeat.Heartbeat{Contract: r.FormValue("contract"), Severity: "critical", Rule: heartbeat.Rule{Schedule: "0 3 * * *", Zone: r.Zone.String(), Grace: 3600}}, nil
}

const minutesMost = heartbeat.LongestPeriod / 60

func minutes(s intake.Seconds) string { return form.Count(s / 60) }

// seconds reads minutes. What the form does not show, the seconds beside whole minutes, stays where nobody has changed it.
func seconds(f form.Fields, name string, stands intake.Seconds) intake.Seconds {
	if f.Value(name) == minutes(stands) {
		return stands
	}
	return intake.Seconds(f.Number(name)) * 60
}

func fields(r *ui.Request, v heartbeat.Heartbeat) (list form.Fields, err error) {
	if v.Version == 0 {
		list = append(list, form.Field{Name: "id", Label: r.T("form-id"), Kind: form.Text, Most: 63, Needed: true, Help: r.T("form-id-text")})
	}
	often := form.Field{Name: "schedule", Label: r.T("heartbeats-schedule"), Value: v.Rule.Schedule, Kind: form.Text, Most: 100, Group: r.T("heartbeats-when"), Help: r.T("heartbeats-schedule-text")}
	return append(list,
		form.Field{Name: "title", Label: r.T("heartbeats-title"), Value: v.Title, Kind: form.Text, Most: 200, Needed: true, Help: r.T("heartbeats-title-text")},
		form.Field{Name: "contract", Label: r.T("page-contract"), Value: v.Contract, Kind: form.Text, Most: 100, Needed: true},
		form.Field{Name: "installation", Label: r.T("agents-installation"), Value: v.Installation, Kind: form.Text, Most: 100, Help: r.T("alerts-installation-text")},
		form.Field{Name: "severity", Label: r.T("alerts-severity"), Value: v.Severity, Kind: form.Text, Most: 50, Help: r.T("alerts-severity-text")},
		form.Field{Name: "period_seconds", Label: r.T("heartbeats-period"), Value: minutes(v.Rule.Period), Kind: form.Number, Least: 1, Most: minutesMost, Group: often.Group, Help: r.T("heartbeats-period-text")},
		often,
		form.Field{Name: "zone", Label: r.T("heartbeats-zone"), Value: v.Rule.Zone, Kind: form.Text, Most: 60, Group: often.Group, Help: r.T("heartbeats-zone-text")},
		form.Field{Name: "grace_seconds", Label: r.T("heartbeats-grace"), Value: minutes(v.Rule.Grace), Kind: form.Number, Most: minutesMost, Group: often.Group},
		form.Field{Name: "longest_run_seconds", Label: r.T("heartbeats-longest"), Value: minutes(v.Rule.Longest), Kind: form.Number, Most: minutesMost, Group: often.Group, Help: r.T("heartbeats-longest-text")},
		form.Field{Name: "remote_access", Label: r.T("heartbeats-access"), Value: form.Ticked(v.RemoteAccess), Kind: form.Tick},
	), nil
}

func (h Handlers) said(r *ui.Request, id string, f form.Fields, stands heartbeat.Heartbeat) (heartbeat.Heartbeat, error) {
	was := stands.Rule
	v := heartbeat.Heartbeat{
		ID: id, Contract: f.Value("contract"), Installation: f.Value("installation"), Title: f.Value("title"), Severity: f.Value("severity"), RemoteAccess: f.Yes("remote_access"), Version: stands.Version,
		Rule: heartbeat.Rule{
			Period: seconds(f, "period_seconds", was.Period), Schedule: f.Value("schedule"), Zone: f.Value("zone"), Grace: seconds(f, "grace_seconds", was.Grace), Longest: seconds(f, "longest_run_seconds", was.Longest),
		},
	}
	if !h.Contract(v.Contract) {
		return v, &form.Refusal{Field: "contract", Text: "there is no contract " + v.Contract}
	}
	err := v.Rule.Check(r.Now)
	var wrong *heartbeat.WrongError
	if errors.As(err, &wrong) {
		err = &form.Refusal{Field: wrong.Field, Text: wrong.Problem}
	}
	return v, err
}

// previewPage says what a rule means.
type previewPage struct {
	ui.View
	First, Ticket string
	Next          []string
}

// shownNext is how many further instants a preview names.
const shownNext = 4

// preview tells in words when beats are expected, for beats that come in time.
func preview(r *ui.Request, v heartbeat.Heartbeat, _ form.Fields) (template.HTML, error) {
	first, err := v.Rule.Next(r.Now)
	if err != nil {
		return "", fmt.Errorf("working out the next beat: %w", err)
	}
	p := previewPage{View: r.View, First: words(r, v.Rule, first), Ticket: words(r, v.Rule, first.Add(v.Rule.Grace.Span()))}
	for at := first; len(p.Next) < shownNext; {
		if at, err = v.Rule.Next(at); err != nil {
			break // a schedule of one year has no more
		}
		p.Next = append(p.Next, words(r, v.Rule, at))
	}
	page, err := pages().Page("preview", "", p)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// wrote tells the keeper, which expects beats by the new rule from now on. It leads to the heartbeat's own page, where it gets its key.
func (h Handlers) wrote(r *ui.Request, was, made heartbeat.Heartbeat) (string, *ui.Page, error) {
	if was.Version == 0 {
		was = heartbeat.Heartbeat{}
	}
	if h.Keeper != nil {
		if err := h.Keeper.Edited(r.Context(), made.ID, was, r.Now); err != nil {
			return "", nil, fmt.Errorf("expecting beats of %s: %w", made.ID, err)
		}
	}
	return "/heartbeats/" + made.ID, nil, nil
}

// remove removes a heartbeat, and ends its problem.
func (h Handlers) remove(r *ui.Request, id string, version int) error {
	if h.Keeper == nil {
		return &ui.Refusal{Status: http.StatusConflict, ID: "heartbeats-closed"}
	}
	return h.Keeper.Remove(r.Context(), id, version, r.Now)
}
