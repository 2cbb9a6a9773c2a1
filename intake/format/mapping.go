package format

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/itchyny/gojq"

	"hotline/intake"
)

const (
	mappingTime   = 2 * time.Second // of one message, all of its expressions
	expressionMax = 4000            // octets
)

// Mapping is a mapping whose expressions are compiled. They read the body alone: no files, no environment, no modules. Safe for
// concurrent use.
type Mapping struct {
	id     string
	alerts *gojq.Code
	fields map[string]*gojq.Code
}

// Compile reads the expressions of a mapping. The error names the one that is wrong.
func Compile(m intake.Mapping) (*Mapping, error) {
	c := &Mapping{id: m.ID, fields: map[string]*gojq.Code{}}
	if strings.TrimSpace(m.Fingerprint) == "" {
		return nil, wrong("fingerprint", "it is missing: an expression that gives each problem a name of its own")
	}
	if strings.TrimSpace(m.Title) == "" {
		return nil, wrong("title", "it is missing: an expression that says in a line what is wrong")
	}
	for _, e := range []struct{ name, text string }{
		{"alerts", m.Alerts}, {"fingerprint", m.Fingerprint}, {"severity", m.Severity}, {"title", m.Title}, {"text", m.Text},
		{"installation", m.Installation}, {"resolved", m.Resolved}, {"skip", m.Skip}, {"labels", m.Labels},
	} {
		if strings.TrimSpace(e.text) == "" {
			continue
		}
		code, err := compile(e.text)
		if err != nil {
			return nil, wrong(e.name, "%v", err)
		}
		if e.name == "alerts" {
			c.alerts = code
		} else {
			c.fields[e.name] = code
		}
	}
	return c, nil
}

// Sound refuses a mapping whose expressions cannot be read, and one that no address would reach, because its id is that of a format or
// of another source: an *Error, at "id" or at the expression.
func Sound(m intake.Mapping, sources ...string) error {
	if slices.Contains(append(Names(), sources...), m.ID) {
		return wrong("id", "%s is a format that hotline knows already; choose another name", m.ID)
	}
	_, err := Compile(m)
	return err
}

func compile(text string) (*gojq.Code, error) {
	if len(text) > expressionMax {
		return nil, fmt.Errorf("the expression is longer than %d octets", expressionMax)
	}
	q, err := gojq.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("this is no jq: %w", err)
	}
	code, err := gojq.Compile(q, gojq.WithEnvironLoader(func() []string { return nil }))
	if err != nil {
		return nil, fmt.Errorf("this is no jq: %w", err)
	}
	return code, nil
}

// Read makes alerts of a JSON body.
func (m *Mapping) Read(ctx context.Context, body []byte) (intake.Batch, error) {
	var whole any
	if err := decode(body, &whole, false); err != nil {
		return intake.Batch{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, mappingTime)
	defer cancel()
	ctx, release := withinMemory(ctx)
	defer release()
	list := []any{whole}
	if m.alerts != nil {
		var err error
		if list, err = values(ctx, m.alerts, whole, intake.AlertsMost+1); err != nil {
			return intake.Batch{}, wrong("alerts", "%v", err)
		}
	}
	var b intake.Batch
	for i, v := range list {
		a, err := m.alert(ctx, v)
		if err != nil {
			return intake.Batch{}, wrong(fmt.Sprintf("alert %d", i+1), "%v", err)
		}
		b.Alerts = append(b.Alerts, a)
	}
	return bounded(b)
}

// alert makes an alert of one value.
func (m *Mapping) alert(ctx context.Context, v any) (a intake.Alert, err error) {
	for _, f := range []struct {
		name string
		into *string
	}{
		{"fingerprint", &a.Fingerprint}, {"severity", &a.Severity}, {"title", &a.Title}, {"text", &a.Text}, {"installation", &a.Installation}, {"skip", &a.Skip},
	} {
		if *f.into, err = m.text(ctx, f.name, v); err != nil {
			return a, err
		}
	}
	resolved, err := m.text(ctx, "resolved", v)
	if err != nil {
		return a, err
	}
	switch resolved {
	case "true":
		a.Resolved = true
	case "", "false":
	default:
		return a, fmt.Errorf("resolved gave %.40q; let it give true or false", resolved)
	}
	if a.Skip == "false" {
		a.Skip = ""
	}
	if a.Labels, err = m.labels(ctx, v); err != nil {
		return a, err
	}
	if a.Title == "" && a.Skip == "" && !a.Resolved {
		return a, errors.New("title gave nothing")
	}
	return a, nil
}

// labels is what the expression of that name gives: the texts and numbers of an object.
func (m *Mapping) labels(ctx context.Context, v any) (map[string]string, error) {
	text, err := m.text(ctx, "labels", v)
	if err != nil || text == "" {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return nil, fmt.Errorf("labels gave %.40q; let it give an object", text)
	}
	labels := map[string]string{}
	for k, v := range object {
		switch v := v.(type) {
		case string:
			labels[k] = v
		case float64:
			labels[k] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return labels, nil
}

// text is what an expression gives of a value, as a text; empty without an expression.
func (m *Mapping) text(ctx context.Context, name string, v any) (string, error) {
	code, ok := m.fields[name]
	if !ok {
		return "", nil
	}
	list, err := values(ctx, code, v, 1)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	if len(list) == 0 {
		return "", nil
	}
	switch v := list[0].(type) {
	case nil:
		return "", nil
	case string:
		return strings.TrimSpace(v), nil
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return string(text), nil
	}
}

// values runs an expression and takes at most so many of its values.
func values(ctx context.Context, code *gojq.Code, v any, most int) (list []any, err error) {
	for results := code.RunWithContext(ctx, v); len(list) < most; {
		next, more := results.Next()
		if !more {
			return list, nil
		}
		if failed, ok := next.(error); ok {
			switch {
			case errors.Is(context.Cause(ctx), errMemory):
				return nil, errMemory
			case errors.Is(failed, context.DeadlineExceeded):
				return nil, fmt.Errorf("the expression takes longer than %s", mappingTime)
			}
			var halt *gojq.HaltError
			if errors.As(failed, &halt) && halt.Value() == nil {
				return list, nil
			}
			return nil, failed
		}
		list = append(list, next)
	}
	return list, nil
}
