package admin

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/access"
	"hotline/admin/document"
	"hotline/ivr/versions"
	"hotline/storage"
	"hotline/strictyaml"
)

type flowText struct {
	YAML string `json:"yaml" minLength:"1" maxLength:"500000"`
}

type flowView struct {
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	Published time.Time `json:"published"`
	By        string    `json:"by"`
}

// flowVersionView is one version with its text.
type flowVersionView struct {
	Version   int       `json:"version"`
	Name      string    `json:"name"`
	YAML      string    `json:"yaml"`
	Published time.Time `json:"published"`
	By        string    `json:"by"`
}

type flowList struct {
	Flows []flowView `json:"flows" nullable:"false" doc:"Newest first; with none published, callers hear the built-in flow"`
}

type flowCheckView struct {
	OK         bool            `json:"ok"`
	Name       string          `json:"name"`
	Complaints []complaintView `json:"complaints" nullable:"false"`
}

// complaintView is what stands in the way of a flow.
type complaintView struct {
	Line    int    `json:"line,omitempty" doc:"Line of the YAML text; none when it is about the whole"`
	Step    string `json:"step,omitempty"`
	Field   string `json:"field,omitempty"`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy"`
}

func complaints(list []strictyaml.Complaint) []complaintView {
	views := make([]complaintView, 0, len(list))
	for _, c := range list {
		views = append(views, complaintView{c.Line, c.Step, c.Field, c.Problem, c.Remedy})
	}
	return views
}

// flowRoutes publish what callers hear. A version never changes; a call keeps the one with which it began.
func (s *server) flowRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/flows", "list-flows", "List the published versions"),
		func(ctx context.Context, _ *struct{}) (*document.Versioned[flowList], error) {
			all, err := s.Store.Flows(ctx)
			list := flowList{make([]flowView, 0, len(all))}
			for _, v := range all {
				list.Flows = append(list.Flows, flowView{v.Version, v.Name, v.Published, v.By})
			}
			return document.Tagged(list, newest(all), err)
		})
	serve(s, api, route(http.MethodGet, "/flows/{version}", "get-flow", "One version with its text"),
		func(ctx context.Context, in *struct {
			Version int `path:"version"`
		}) (*answer[flowVersionView], error) {
			v, err := s.flow(ctx, in.Version)
			return answered(flowVersionView{v.Version, v.Name, v.YAML, v.Published, v.By}, err)
		})
	serve(s, api, route(http.MethodPost, "/flows/check", "check-flow", "Check a flow; nothing changes"),
		func(_ context.Context, in *struct{ Body flowText }) (*answer[flowCheckView], error) {
			name, wrong := s.Flows.Check(in.Body.YAML)
			return answered(flowCheckView{len(wrong) == 0, name, complaints(wrong)}, nil)
		})
	serve(s, api, route(http.MethodPost, "/flows", "publish-flow", "Check a flow and publish it; the next call hears it"), s.publish)
}

// newest is the number of the newest version; 0 for none.
func newest(all []versions.Flow) int {
	if len(all) == 0 {
		return 0
	}
	return all[0].Version
}

func (s *server) flow(ctx context.Context, version int) (versions.Flow, error) {
	all, err := s.Store.Flows(ctx)
	if err != nil {
		return versions.Flow{}, fmt.Errorf("reading flows: %w", err)
	}
	for _, v := range all {
		if v.Version == version {
			return v, nil
		}
	}
	return versions.Flow{}, fmt.Errorf("flow version %d: %w", version, storage.ErrNotFound)
}

// publish makes a new version of the flow. With If-Match it is one that follows the newest version that was read.
func (s *server) publish(ctx context.Context, in *struct {
	document.Keyed
	document.Precondition
	Body flowText
}) (*created[flowView], error) {
	seen := 0
	if in.IfMatch != "" {
		all, err := s.Store.Flows(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading flows: %w", err)
		}
		seen = newest(all)
		if err := in.Check("the flow", seen); err != nil {
			return nil, err
		}
	}
	name, wrong := s.Flows.Check(in.Body.YAML)
	if len(wrong) > 0 {
		return nil, complained(wrong)
	}
	v, err := s.Store.PutFlow(ctx, versions.Flow{Version: seen, Name: name, YAML: in.Body.YAML, Published: s.Now(), By: access.Name(ctx)})
	if err != nil {
		return nil, fmt.Errorf("publishing a flow: %w", err)
	}
	if err := s.Flows.Use(v); err != nil {
		return nil, fmt.Errorf("using flow version %d: %w", v.Version, err)
	}
	return &created[flowView]{
		http.StatusCreated, fmt.Sprintf("%s/flows/%d", base, v.Version), document.Tag(v.Version), flowView{v.Version, v.Name, v.Published, v.By},
	}, nil
}

// complained says every complaint in the words of the schema's checks.
func complained(list []strictyaml.Complaint) error {
	var errs []error
	for _, c := range list {
		location := "body.yaml"
		if c.Line > 0 {
			location += fmt.Sprintf(", line %d", c.Line)
		}
		if c.Step != "" {
			location += ", step " + c.Step
		}
		if c.Field != "" {
			location += ", field " + c.Field
		}
		errs = append(errs, &huma.ErrorDetail{Location: location, Message: c.Problem + ": " + c.Remedy})
	}
	return huma.Error422UnprocessableEntity("the flow has complaints", errs...)
}
