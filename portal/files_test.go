package portal_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"hotline/attachments"
	"hotline/portal/access"
	"hotline/tickets"
)

// sends sends a form with a file.
func (b *browser) sends(path, name, content string) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	must(b.t, err)
	_, err = part.Write([]byte(content))
	must(b.t, err)
	must(b.t, form.Close())
	q := httptest.NewRequest("POST", path, &body)
	q.RemoteAddr = b.from
	q.Header.Set("Accept-Language", "en")
	q.Header.Set("Content-Type", form.FormDataContentType())
	for name, value := range b.cookies {
		q.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, q)
	return w
}

var fileAddress = regexp.MustCompile(`href="(/portal/[^"]+/files/[^"]+)"`)

func TestACustomersFilesAreKeptNeverRunAndShownToNobodyElse(t *testing.T) {
	h := open(t)
	b := h.browser().logsIn(rossiPIN)
	b.is(b.asks("POST", "/portal/open", form(1), "category=question", "title=x"), 303)
	markup := "<script>alert(1)</script>"
	for range 2 {
		b.is(b.sends("/portal/tickets/417/files", "../<b>page</b>.html", markup), 303)
	}
	_, err := h.desk.WaitForCustomer(t.Context(), 417, "staff:anna", "the log, please", h.clock())
	must(t, err)
	b.is(b.sends("/portal/tickets/417/files", "../<b>page</b>.html", markup), 303)
	if got, err := h.desk.Ticket(t.Context(), 417); err != nil || got.State != tickets.Open {
		t.Errorf("the file that the ticket waited for leaves it %s: %v", got.State, err)
	}
	page := b.is(b.asks("GET", "/portal/tickets/417"), 200, "file added")
	if found := fileAddress.FindAllStringSubmatch(page, -1); len(found) != 1 || strings.Count(page, "file added") != 1 || strings.Contains(page, "<b>page") {
		t.Fatalf("a file that was sent twice: %v in %s", found, page)
	}
	address := fileAddress.FindStringSubmatch(page)[1]
	w := b.asks("GET", address)
	b.is(w, 200, markup)
	for name, want := range map[string]string{"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(name); !strings.HasPrefix(got, want) {
			t.Errorf("%s is %q", name, got)
		}
	}
	for name, c := range map[string]struct {
		content, says string
		status        int
	}{
		"nothing":   {"", "Choose a file", 422},
		"a program": {"\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 64), "is a program", 422},
		"large":     {strings.Repeat("a", attachments.Most+1), "larger than 10 MB", 422},
		"far large": {strings.Repeat("a", attachments.Most+2<<20), "larger than 10 MB", 413},
	} {
		if w := b.sends("/portal/tickets/417/files", name, c.content); w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s: status %d: %s", name, w.Code, w.Body)
		}
	}
	other := h.browser().logsIn(verdiPIN)
	other.is(other.asks("GET", address), 404)
	other.is(other.sends("/portal/tickets/417/files", "x.txt", "x"), 404)
	nobody := h.browser()
	nobody.is(nobody.asks("GET", address), 303)
	nobody.is(nobody.sends("/portal/tickets/417/files", "x.txt", "x"), 303)

	staffs, err := h.files.Attach(t.Context(), h.desk, attachments.Incoming{Ticket: 417, Name: "internal-note.txt", Actor: "staff:anna"}, strings.NewReader("internal"), h.clock())
	must(t, err)
	b.is(b.asks("GET", "/portal/tickets/417/files/"+staffs.ID), 404)
	if page := b.is(b.asks("GET", "/portal/tickets/417"), 200); strings.Contains(page, "internal-note") {
		t.Error("the customer sees a file of the staff")
	}
	l, token := access.NewLink(417, "staff:anna", h.clock())
	must(t, h.store.PutLink(t.Context(), l, h.clock()))
	nobody.is(nobody.sends("/portal/t/"+token+"/files", "photo.txt", "by the link"), 303)
	page = nobody.is(nobody.asks("GET", "/portal/t/"+token), 200, "photo.txt")
	nobody.is(nobody.asks("GET", fileAddress.FindStringSubmatch(page)[1]), 200, markup)
	_, err = h.desk.Restored(t.Context(), 417, "staff:anna", h.clock())
	must(t, err)
	_, err = h.desk.Close(t.Context(), 417, "staff:anna", "done", h.clock())
	must(t, err)
	b.is(b.sends("/portal/tickets/417/files", "late.txt", "late"), 409)
	if got, err := h.desk.Ticket(t.Context(), 417); err != nil || got.State != tickets.Closed {
		t.Errorf("the ticket is %s, %v", got.State, err)
	}
}

func TestEveryFileThatAPageLoadsIsServed(t *testing.T) {
	b := open(t).browser()
	files := regexp.MustCompile(`(?:href|src)="(/portal/static/[^"]+)"`).FindAllStringSubmatch(b.is(b.asks("GET", "/portal/login"), http.StatusOK), -1)
	if len(files) != 3 {
		t.Errorf("the page loads %v, want an icon and two style sheets", files)
	}
	for _, f := range files {
		b.is(b.asks("GET", f[1]), http.StatusOK)
	}
}
