package stored

import (
	"time"

	"hotline/intake"
	"hotline/sla"
	"hotline/tickets"
)

// AlertPolicy is what alerts do.
type AlertPolicy struct {
	ID        string         `json:"id"`
	Rules     []AlertRule    `json:"rules"`
	Otherwise AlertRule      `json:"otherwise"`
	Window    intake.Seconds `json:"window"`
	Again     intake.Seconds `json:"again"`
	Storm     Storm          `json:"storm"`
	Flapping  Flapping       `json:"flapping"`
	Labels    AlertLabels    `json:"labels,omitzero"`
	Depends   *Depends       `json:"depends,omitempty"` // missing: as policies that ship have it
	Version   int            `json:"version"`
}

// AlertRule says what alerts of some severities become.
type AlertRule struct {
	Severities []string     `json:"severities,omitempty"`
	Category   sla.Category `json:"category"`
	Night      sla.Category `json:"night,omitempty"`
}

// Storm says when the alerts of one installation are one ticket.
type Storm struct {
	Alerts int            `json:"alerts"`
	Within intake.Seconds `json:"within"`
	Quiet  intake.Seconds `json:"quiet"`
}

// Flapping says when the end of a problem is not believed at once.
type Flapping struct {
	Changes int            `json:"changes"`
	Within  intake.Seconds `json:"within"`
	Quiet   intake.Seconds `json:"quiet"`
}

// AlertLabels says which labels name what is installed.
type AlertLabels struct {
	Product string `json:"product"`
	Version string `json:"version"`
}

// Depends says which problems wait for others.
type Depends struct {
	Rules  []Dependence   `json:"rules,omitempty"`
	Wait   intake.Seconds `json:"wait"`
	Settle intake.Seconds `json:"settle"`
}

// Dependence names a parent and its children.
type Dependence struct {
	Installation       string `json:"installation,omitempty"`
	Fingerprint        string `json:"fingerprint,omitempty"`
	Title              string `json:"title,omitempty"`
	ParentInstallation string `json:"parent_installation,omitempty"`
	ParentFingerprint  string `json:"parent_fingerprint"`
}

// OfAlertPolicy is the stored form of a policy of alerts.
func OfAlertPolicy(p intake.Policy) AlertPolicy {
	return AlertPolicy{
		ID: p.ID, Rules: each(p.Rules, func(r intake.Rule) AlertRule { return AlertRule(r) }), Otherwise: AlertRule(p.Otherwise),
		Window: p.Window, Again: p.Again, Storm: Storm(p.Storm), Flapping: Flapping(p.Flapping), Version: p.Version,
		Labels: AlertLabels(p.Labels), Depends: ofDepends(p.Depends),
	}
}

// ofDepends is nil for what ships, and for a policy that says nothing.
func ofDepends(d intake.Depends) *Depends {
	ships := intake.Default().Depends
	if len(d.Rules) == 0 && (d.Wait == ships.Wait && d.Settle == ships.Settle || d.Wait == 0 && d.Settle == 0) {
		return nil
	}
	return &Depends{each(d.Rules, func(r intake.Dependence) Dependence { return Dependence(r) }), d.Wait, d.Settle}
}

// Domain is the policy.
func (p AlertPolicy) Domain() intake.Policy {
	depends := intake.Default().Depends
	if d := p.Depends; d != nil {
		depends = intake.Depends{Rules: each(d.Rules, func(r Dependence) intake.Dependence { return intake.Dependence(r) }), Wait: d.Wait, Settle: d.Settle}
	}
	return intake.Policy{
		ID: p.ID, Rules: each(p.Rules, func(r AlertRule) intake.Rule { return intake.Rule(r) }), Otherwise: intake.Rule(p.Otherwise),
		Window: p.Window, Again: p.Again, Storm: intake.Storm(p.Storm), Flapping: intake.Flapping(p.Flapping), Labels: intake.Labels(p.Labels), Depends: depends, Version: p.Version,
	}
}

// AlertMapping makes alerts of a body that no format knows.
type AlertMapping struct {
	ID           string `json:"id"`
	Alerts       string `json:"alerts,omitempty"`
	Fingerprint  string `json:"fingerprint"`
	Severity     string `json:"severity,omitempty"`
	Title        string `json:"title"`
	Text         string `json:"text,omitempty"`
	Installation string `json:"installation,omitempty"`
	Resolved     string `json:"resolved,omitempty"`
	Skip         string `json:"skip,omitempty"`
	Labels       string `json:"labels,omitempty"`
	Version      int    `json:"version"`
}

// OfAlertMapping is the stored form of a mapping.
func OfAlertMapping(m intake.Mapping) AlertMapping { return AlertMapping(m) }

// Domain is the mapping.
func (m AlertMapping) Domain() intake.Mapping { return intake.Mapping(m) }

// Maintenance is a span in which work goes on at an installation.
type Maintenance struct {
	ID           string    `json:"id"`
	Contract     string    `json:"contract"`
	Installation string    `json:"installation,omitempty"`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until"`
	Note         string    `json:"note,omitempty"`
	Version      int       `json:"version"`
}

// OfMaintenance is the stored form of a maintenance window.
func OfMaintenance(m intake.Maintenance) Maintenance { return Maintenance(m) }

// Domain is the maintenance window.
func (m Maintenance) Domain() intake.Maintenance { return intake.Maintenance(m) }

// AlertState is what is remembered of an installation.
type AlertState struct {
	Opened   []AlertOpening         `json:"opened,omitempty"`
	Firing   map[tickets.Number]int `json:"firing,omitempty"`
	Storm    AlertGathering         `json:"storm,omitzero"`
	Children []AlertChildren        `json:"children,omitempty"`
	Pending  []AlertAction          `json:"pending,omitempty"`
	CutAt    time.Time              `json:"cut_at,omitzero"`
}

// AlertOpening is a ticket that was opened for an alert.
type AlertOpening struct {
	At       time.Time      `json:"at"`
	Ticket   tickets.Number `json:"ticket"`
	Category sla.Category   `json:"category"`
}

// AlertGathering is a storm that goes on.
type AlertGathering struct {
	Ticket   tickets.Number `json:"ticket"`
	Category sla.Category   `json:"category"`
	Last     time.Time      `json:"last"`
	Count    int            `json:"count"`
	Told     int            `json:"told"`
	ToldAt   time.Time      `json:"told_at"`
}

// AlertChildren is how many problems wait in a ticket of what they depend on.
type AlertChildren struct {
	Ticket tickets.Number `json:"ticket"`
	Count  int            `json:"count"`
	Told   int            `json:"told"`
	ToldAt time.Time      `json:"told_at"`
}

// AlertAction is something that was decided for a ticket.
type AlertAction struct {
	ID       string            `json:"id"`
	Kind     intake.ActionKind `json:"kind"`
	Ticket   tickets.Number    `json:"ticket"`
	Into     tickets.Number    `json:"into,omitempty"`
	Category sla.Category      `json:"category,omitempty"`
	Text     string            `json:"text,omitempty"`
}

// OfAlertState is the stored form of what is remembered of an installation.
func OfAlertState(s intake.State) AlertState {
	return AlertState{
		Opened: each(s.Opened, func(o intake.Opening) AlertOpening { return AlertOpening(o) }), Firing: s.Firing, Storm: AlertGathering(s.Storm),
		Children: each(s.Children, func(c intake.Children) AlertChildren { return AlertChildren(c) }),
		Pending:  each(s.Pending, func(a intake.Action) AlertAction { return AlertAction(a) }), CutAt: s.CutAt,
	}
}

// Domain is what is remembered.
func (s AlertState) Domain() intake.State {
	return intake.State{
		Opened: each(s.Opened, func(o AlertOpening) intake.Opening { return intake.Opening(o) }), Firing: s.Firing, Storm: intake.Gathering(s.Storm),
		Children: each(s.Children, func(c AlertChildren) intake.Children { return intake.Children(c) }),
		Pending:  each(s.Pending, func(a AlertAction) intake.Action { return intake.Action(a) }), CutAt: s.CutAt,
	}
}
