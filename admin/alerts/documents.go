package alerts

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hotline/admin/document"
	"hotline/admin/operation"
	"hotline/admin/problem"
	"hotline/agent/receiver"
	"hotline/directory"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/intake/format"
)

// AlertMappingFields are jq expressions that make alerts of a body which no format knows.
type AlertMappingFields struct {
	Alerts       string `json:"alerts,omitempty" maxLength:"4000" doc:"Gives each alert of the body; left out: the body is one"`
	Fingerprint  string `json:"fingerprint" minLength:"1" maxLength:"4000" doc:"Of each alert, as all that follow: the problem's name, the same when it is over"`
	Severity     string `json:"severity,omitempty" maxLength:"4000"`
	Title        string `json:"title" minLength:"1" maxLength:"4000"`
	Text         string `json:"text,omitempty" maxLength:"4000"`
	Installation string `json:"installation,omitempty" maxLength:"4000"`
	Resolved     string `json:"resolved,omitempty" maxLength:"4000" doc:"Gives true for a problem that is over"`
	Skip         string `json:"skip,omitempty" maxLength:"4000" doc:"Gives a reason, or true, for what is no alert"`
	Labels       string `json:"labels,omitempty" maxLength:"4000" doc:"Gives an object of texts, by which the policy finds product and version"`
}

// AlertMappingView is a mapping.
type AlertMappingView struct {
	ID string `json:"id" doc:"The source in the address: POST /api/v1/alerts/ID"`
	AlertMappingFields
	Version int `json:"version"`
}

// AlertMappingList is every mapping.
type AlertMappingList struct {
	Mappings []AlertMappingView `json:"mappings" nullable:"false"`
}

type alertMappingInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		AlertMappingFields
	}
}

func mappingView(m intake.Mapping) AlertMappingView {
	return AlertMappingView{m.ID, AlertMappingFields{m.Alerts, m.Fingerprint, m.Severity, m.Title, m.Text, m.Installation, m.Resolved, m.Skip, m.Labels}, m.Version}
}

func (c Config) mappingRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/alert-mappings", "list-alert-mappings", "List mappings of alerts"), func(ctx context.Context, _ *struct{}) (*answer[AlertMappingList], error) {
		all, err := c.Store.AlertMappings(ctx)
		list := AlertMappingList{[]AlertMappingView{}}
		for _, m := range all {
			list.Mappings = append(list.Mappings, mappingView(m))
		}
		return &answer[AlertMappingList]{list}, err
	})
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/alert-mappings/{id}", "get-alert-mapping", "One mapping of alerts"), func(ctx context.Context, in *document.ByID) (*document.Versioned[AlertMappingView], error) {
		m, err := c.Store.AlertMapping(ctx, in.ID)
		return document.Tagged(mappingView(m), m.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/alert-mappings/{id}", "put-alert-mapping", "Add or change a mapping; try it before with hotline alerts try"), func(ctx context.Context, in *alertMappingInput) (*document.Versioned[AlertMappingView], error) {
		k := document.Kind[intake.Mapping]{Read: c.Store.AlertMapping, Put: c.Store.PutAlertMapping, Version: func(m *intake.Mapping) *int { return &m.Version }}
		m, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "alert mapping " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(context.Context, intake.Mapping) (intake.Mapping, error) {
			b := in.Body
			next := intake.Mapping{ID: in.ID, Alerts: b.Alerts, Fingerprint: b.Fingerprint, Severity: b.Severity, Title: b.Title, Text: b.Text, Installation: b.Installation, Resolved: b.Resolved, Skip: b.Skip, Labels: b.Labels}
			return next, sound(next)
		})
		return document.Tagged(mappingView(m), m.Version, err)
	})
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/alert-mappings/{id}", "remove-alert-mapping", "Remove a mapping of alerts"), "alert mapping",
		func(ctx context.Context, id string) (int, error) {
			m, err := c.Store.AlertMapping(ctx, id)
			return m.Version, err
		}, func(ctx context.Context, id string, version int) error {
			return c.Store.DeleteAlertMapping(ctx, id, version)
		})
}

// sound refuses a mapping whose expressions cannot be read, and one that no address would reach.
func sound(m intake.Mapping) error {
	err := format.Sound(m, heartbeat.Source, receiver.Source)
	var wrong *format.Error
	if errors.As(err, &wrong) {
		at := "body." + wrong.At
		if wrong.At == "id" {
			at = "path.id"
		}
		return problem.Refused(at, wrong.Problem)
	}
	return err
}

// MaintenanceFields are what staff write of a span in which work goes on at an installation.
type MaintenanceFields struct {
	Contract     string    `json:"contract" minLength:"1" maxLength:"100"`
	Installation string    `json:"installation,omitempty" maxLength:"100" doc:"Left out: every one of the contract"`
	From         time.Time `json:"from"`
	Until        time.Time `json:"until" doc:"Exclusive. What still fires then opens its ticket"`
	Note         string    `json:"note,omitempty" maxLength:"500"`
}

// MaintenanceView is a maintenance window.
type MaintenanceView struct {
	ID string `json:"id"`
	MaintenanceFields
	Version int `json:"version"`
}

// MaintenanceList is every maintenance window.
type MaintenanceList struct {
	Windows []MaintenanceView `json:"windows" nullable:"false"`
}

type maintenanceInput struct {
	document.Write
	Body struct {
		document.BodyVersion
		MaintenanceFields
	}
}

func maintenanceView(m intake.Maintenance) MaintenanceView {
	return MaintenanceView{m.ID, MaintenanceFields{m.Contract, m.Installation, m.From, m.Until, m.Note}, m.Version}
}

func (c Config) maintenanceRoutes() {
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/maintenance-windows", "list-maintenance-windows", "List maintenance windows"), func(ctx context.Context, _ *struct{}) (*answer[MaintenanceList], error) {
		all, err := c.Store.Maintenances(ctx)
		list := MaintenanceList{[]MaintenanceView{}}
		for _, m := range all {
			list.Windows = append(list.Windows, maintenanceView(m))
		}
		return &answer[MaintenanceList]{list}, err
	})
	operation.Serve(c.set, c.set.Route(http.MethodGet, "/maintenance-windows/{id}", "get-maintenance-window", "One maintenance window"), func(ctx context.Context, in *document.ByID) (*document.Versioned[MaintenanceView], error) {
		m, err := c.Store.Maintenance(ctx, in.ID)
		return document.Tagged(maintenanceView(m), m.Version, err)
	})
	operation.Serve(c.set, c.set.Route(http.MethodPut, "/maintenance-windows/{id}", "put-maintenance-window", "Say when work goes on at an installation, whose alerts open no tickets then"), func(ctx context.Context, in *maintenanceInput) (*document.Versioned[MaintenanceView], error) {
		k := document.Kind[intake.Maintenance]{Read: c.Store.Maintenance, Put: c.Store.PutMaintenance, Version: func(m *intake.Maintenance) *int { return &m.Version }}
		m, err := k.Do(ctx, document.Edit{Precondition: in.Precondition, Name: "maintenance window " + in.ID, ID: in.ID, BodyVersion: in.Body.BodyVersion}, func(context.Context, intake.Maintenance) (intake.Maintenance, error) {
			b := in.Body
			next := intake.Maintenance{ID: in.ID, Contract: b.Contract, Installation: b.Installation, From: b.From, Until: b.Until, Note: b.Note}
			if err := next.Check(); err != nil {
				return next, problem.Refused("body.until", err.Error())
			}
			if !c.Intake.Contract(directory.ContractID(b.Contract)) {
				return next, problem.Refused("body.contract", "there is no contract "+b.Contract)
			}
			return next, nil
		})
		return document.Tagged(maintenanceView(m), m.Version, err)
	})
	operation.Removes(c.set, c.set.Route(http.MethodDelete, "/maintenance-windows/{id}", "remove-maintenance-window", "End or remove a maintenance window"), "maintenance window",
		func(ctx context.Context, id string) (int, error) {
			m, err := c.Store.Maintenance(ctx, id)
			return m.Version, err
		}, func(ctx context.Context, id string, version int) error {
			return c.Store.DeleteMaintenance(ctx, id, version)
		})
}
