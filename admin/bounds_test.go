package admin_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEveryTextOfARequestIsBounded reads the API's own document: each text that a parameter or a body may hold has a longest
// length, or is one of a list, or an instant.
func TestEveryTextOfARequestIsBounded(t *testing.T) {
	h := open(t)
	var document map[string]any
	h.ask("GET", "/api/v1/openapi.json", "").is(200).into(&document)
	texts := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			kind, _ := json.Marshal(v["type"])
			if strings.Contains(string(kind), `"string"`) && !strings.HasSuffix(at, ".properties") {
				texts++
				if v["maxLength"] == nil && v["enum"] == nil && v["format"] == nil {
					t.Errorf("%s is a text of any length", at)
				}
			}
			for name, inner := range v {
				if name != "responses" {
					walk(at+"."+name, inner)
				}
			}
		case []any:
			for _, inner := range v {
				walk(at, inner)
			}
		}
	}
	walk("document", document)
	if texts < 60 {
		t.Errorf("only %d texts were found", texts)
	}
	long := strings.Repeat("x", 6000)
	for _, body := range []string{`{"contract":"` + long + `"}`, `{"customer":"` + long + `"}`} {
		h.post("/tickets", body).is(422, "body.c")
	}
	h.get("/tickets?assignee="+long).is(422, "query.assignee")
	h.post("/tickets", `{"claim":"question"}`).is(201)
	h.post("/tickets/417/assign", `{"engineer":"`+long+`"}`).is(422, "body.engineer")
}
