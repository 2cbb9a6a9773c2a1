package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// staffOf logs staff in at a house, without script.
func staffOf(t *testing.T, h *house) *http.Client {
	t.Helper()
	staff := visits(t)
	answer, err := staff.PostForm("http://"+h.http+"/login", url.Values{"name": {"demo"}, "password": {"demo-password"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("logging in: %s", answer.Status)
	}
	return staff
}

// reads demands texts of a page, at most so long after it was asked for first.
func (h *house) reads(t *testing.T, staff *http.Client, path string, texts ...string) {
	t.Helper()
	eventually(t, 30*time.Second, path, func() error {
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+h.http+path, nil)
		if err != nil {
			return err
		}
		q.Header.Set("Accept-Language", "en")
		answer, err := staff.Do(q)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		page, err := io.ReadAll(answer.Body)
		for _, text := range texts {
			if err == nil && !strings.Contains(string(page), text) {
				err = fmt.Errorf("the page (%s) lacks %q", answer.Status, text)
			}
		}
		return err
	})
}

// TestEveryNodeShowsTheMessagesOfACall runs two programs on one PostgreSQL. A call goes to the first one; the second shows its messages once it has
// ended, and so does the first after a restart. They go with the record of the call.
func TestEveryNodeShowsTheMessagesOfACall(t *testing.T) {
	t.Parallel()
	p := openPair(t)
	c := p.a.dial(t, telephone(t, "0612345"))
	if err := c.Press(t.Context(), pin+"#"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), 12*time.Second); err != nil { // reports of RTCP come every five seconds
		t.Fatal(err)
	}
	var list struct{ Calls []struct{ ID string } }
	if _, err := p.a.call(http.MethodGet, "/api/v1/calls", nil, &list); err != nil || len(list.Calls) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	page, atB := "/calls/"+list.Calls[0].ID, staffOf(t, p.b)
	p.b.reads(t, atB, page, "another node")
	p.a.reads(t, staffOf(t, p.a), page, `<svg class="ladder"`)
	c.Hangup()
	want := []string{`<svg class="ladder"`, "→ hotline: INVITE", ": 200 OK (INVITE)", "→ hotline: BYE", "→ hotline: SR"}
	p.b.reads(t, atB, page, want...)
	if !strings.Contains(string(p.tool("psql", p.url, "-At", "-c", "select count(*) from ladders where complete")), "1") {
		t.Error("the table has no row of the call")
	}
	p.a.close()
	a := p.again(p.url)
	a.reads(t, staffOf(t, a), page, want...)
	if out := string(p.tool("psql", p.url, "-At", "-c", "delete from calls; select count(*) from ladders")); !strings.Contains(out, "\n0") {
		t.Errorf("the messages outlast the record of their call: %s", out)
	}
}
