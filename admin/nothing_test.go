package admin_test

import "testing"

// TestAnEditThatChangesNothingIsNotWritten walks every document of the API: its version and its tag stay, however the edit names them.
func TestAnEditThatChangesNothingIsNotWritten(t *testing.T) {
	for path, body := range documents() {
		h := open(t)
		h.put("/faults/network", `{"note":"known"}`).is(200)
		h.put(path, body(1), "If-Match", "*").is(200, `"version":2`)
		for _, match := range []string{"*", `"2"`, ""} {
			headers := []string{"If-Match", match}
			if match == "" {
				headers = nil
			}
			if got := h.put(path, body(1), headers...).is(200, `"version":2`).header.Get("ETag"); got != `"2"` {
				t.Errorf("%s: nothing is changed with If-Match %q, and the tag becomes %s", path, match, got)
			}
		}
		if got := h.get(path).is(200).header.Get("ETag"); got != `"2"` {
			t.Errorf("%s: nothing was changed, and the tag is %s", path, got)
		}
		h.put(path, body(2), "If-Match", `"2"`).is(200, `"version":3`)
	}
}
