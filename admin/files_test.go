package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"hotline/audit"
)

// TestAFileOfATicketGoesInComesOutAndIsRemoved: with its lines in the history and the record of who removed it.
func TestAFileOfATicketGoesInComesOutAndIsRemoved(t *testing.T) {
	h := open(t)
	h.post("/tickets", `{"claim":"question","text":"how"}`).is(201)
	const path = "/tickets/417/attachments"
	h.get(path).is(200, `"attachments":[]`)
	h.post(path+"?name=..%2Flog%E2%80%AE.txt", "line one\nline two\n", "Content-Type", "application/octet-stream").
		is(200, `"id":"file-1"`, `"ticket":417`, `"name":"log.txt"`, `"type":"text/plain"`, `"size":18`, `"by":"staff:demo"`)
	h.post(path+"?name=log.txt", "line one\nline two\n", "Content-Type", "text/plain").is(200, `"id":"file-1"`)
	h.post(path+"?name=tool.exe", "MZ\x90", "Content-Type", "application/octet-stream").is(422, "program")
	h.post(path+"?name=none", "", "Content-Type", "application/octet-stream").is(400)
	h.post(path+"?name=huge", strings.Repeat("a", 10<<20+2), "Content-Type", "application/octet-stream").is(413)
	h.post("/tickets/999/attachments?name=x", "x", "Content-Type", "application/octet-stream").is(404)
	h.get(path).is(200, `"sha256":"`)
	got := h.get("/attachments/file-1").is(200)
	if got.body != "line one\nline two\n" {
		t.Errorf("what comes out is %q", got.body)
	}
	for name, want := range map[string]string{"Content-Type": "text/plain", "Content-Disposition": "attachment; filename=log.txt", "Content-Security-Policy": "sandbox; default-src 'none'"} {
		if is := got.header.Get(name); is != want {
			t.Errorf("%s: %s, want %s", name, is, want)
		}
	}
	h.get("/attachments/none").is(404)
	h.ask(http.MethodDelete, "/api/v1/attachments/file-1?reason=sent+by+mistake", "").is(204)
	h.ask(http.MethodDelete, "/api/v1/attachments/file-1", "").is(404)
	h.get("/attachments/file-1").is(404)
	h.get(path).is(200, `"attachments":[]`)
	h.get("/tickets/417/history").is(200, `"attachment"`, `"attachment_removed"`, "sent by mistake", "log.txt")
	found, err := h.store.Audit(t.Context(), audit.Filter{Document: audit.Document{Kind: "attachment"}})
	must(t, err)
	if len(found.Items) != 1 || found.Items[0].What != audit.Removed || found.Items[0].Who != "staff:demo" {
		t.Errorf("the records of it are %+v", found.Items)
	}
}
