// Package format reads what monitoring systems send, each in its own form, and makes alerts of it. Readers are pure: a body and
// its headers in, a batch or an error that says what is wrong and where. Packages admin/alerts and cmd/hotline call it.
package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hotline/intake"
	"hotline/limits"
)

// Error is what is wrong with a message, and where: "alerts[3].status: ...".
type Error struct {
	At      string // empty: the whole body
	Problem string
}

func (e *Error) Error() string {
	if e.At == "" {
		return e.Problem
	}
	return e.At + ": " + e.Problem
}

// problemMost bounds what a refusal says, in characters: it may repeat what came.
const problemMost = 300

func wrong(at, problem string, args ...any) error {
	return &Error{at, limits.OneLine(fmt.Sprintf(problem, args...), problemMost)}
}

// ErrUnknown is a source of which no format knows the form.
var ErrUnknown = errors.New("there is no such format")

// reader reads one form of message.
// Formats that carry what they say in headers read them, the others do not.
type reader func(h http.Header, body []byte) (intake.Batch, error)

// readers is the whole table, by the name of the source in the address.
func readers() map[string]reader {
	return map[string]reader{
		"native": native, "alertmanager": alertmanager, "grafana": grafana, "zabbix": zabbix, "checkmk": checkmk, "icinga": icinga,
		"uptime-kuma": uptimeKuma, "cloudevents": cloudEvents, "snmp": notifications, "syslog": logged,
	}
}

// Names lists the formats.
func Names() []string {
	var names []string
	for name := range readers() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Read reads a message of a format. ErrUnknown, or an *Error.
func Read(name string, h http.Header, body []byte) (intake.Batch, error) {
	read, ok := readers()[name]
	if !ok {
		return intake.Batch{}, fmt.Errorf("%q: %w (known are %s)", name, ErrUnknown, strings.Join(Names(), ", "))
	}
	b, err := read(h, body)
	if err != nil {
		return intake.Batch{}, err
	}
	return bounded(b)
}

// bounded holds what every format must keep.
func bounded(b intake.Batch) (intake.Batch, error) {
	if len(b.Alerts) > intake.AlertsMost {
		return intake.Batch{}, wrong("", "the message has %d alerts; send at most %d in one", len(b.Alerts), intake.AlertsMost)
	}
	for i, a := range b.Alerts {
		b.Alerts[i] = a.Bounded()
		if b.Alerts[i].Fingerprint == "" && a.Skip == "" {
			return intake.Batch{}, wrong(fmt.Sprintf("alert %d", i+1), "it has no fingerprint: nothing tells it from other problems")
		}
	}
	return b, nil
}

// decode reads a whole JSON body. Errors name the line.
func decode(body []byte, into any, strict bool) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if strict {
		d.DisallowUnknownFields()
	}
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			return wrong(place(body, d.InputOffset()), "something follows the JSON value; send one")
		}
		return nil
	}
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		return wrong("", "the body is empty")
	case errors.As(err, &kind) && kind.Field != "":
		return wrong(kind.Field, "%s does not fit here, %s does", kind.Value, kindName(kind.Type.Kind().String()))
	case errors.As(err, &kind):
		return wrong("", "the body is %s; %s is expected", kind.Value, kindName(kind.Type.Kind().String()))
	case errors.As(err, &syntax):
		return wrong(place(body, syntax.Offset), "this is no JSON: %v", err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return wrong(place(body, int64(len(body))), "the JSON ends too early")
	}
	return wrong("", "%s", strings.TrimPrefix(err.Error(), "json: "))
}

// kindName names a kind of Go's as JSON does.
func kindName(kind string) string {
	switch kind {
	case "struct", "map":
		return "an object"
	case "slice":
		return "a list"
	case "string":
		return "a text"
	case "bool":
		return "true or false"
	}
	return "a number"
}

// place is the line of an offset.
func place(body []byte, offset int64) string {
	offset = max(0, min(offset, int64(len(body))))
	return "line " + strconv.Itoa(1+bytes.Count(body[:offset], []byte("\n")))
}

// object is a JSON object whose form is not known beforehand.
type object map[string]any

// text is the first of the named fields that says something, as a text.
func (o object) text(names ...string) string {
	for _, n := range names {
		if s := textOf(o[n]); s != "" {
			return s
		}
	}
	return ""
}

// in is an object within the object; empty where there is none.
func (o object) in(name string) object {
	inner, _ := o[name].(map[string]any)
	return inner
}

// sortedKeys are the names of an object's fields in order.
func sortedKeys(o object) []string { return slices.Sorted(maps.Keys(o)) }

// textOf writes a plain JSON value as a text; nothing for null, objects and lists.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// labels writes pairs in order, one a line.
func labels(m map[string]string, without ...string) string {
	var lines []string
	for k, v := range m {
		if !slices.Contains(without, k) {
			lines = append(lines, k+": "+v)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
