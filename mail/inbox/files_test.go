package inbox_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/directory"
	"hotline/tickets"
)

// part is an attachment as mail programs send it.
type part struct {
	name, kind string
	data       []byte
}

// with gives the headers and the text of a mail that has parts.
func with(text string, parts ...part) (headers, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n", text)
	for _, p := range parts {
		fmt.Fprintf(&b, "--b\r\nContent-Type: %s\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", p.kind, p.name)
		for line := range chunks(base64.StdEncoding.EncodeToString(p.data), 76) {
			b.WriteString(line + "\r\n")
		}
	}
	b.WriteString("--b--\r\n")
	return "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n", b.String()
}

func chunks(s string, n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for len(s) > 0 {
			k := min(n, len(s))
			if !yield(s[:k]) {
				return
			}
			s = s[k:]
		}
	}
}

// files are the attachments of a ticket, and the lines that say which were not kept.
func (h *house) files(n tickets.Number) (kept, refused []string) {
	h.Helper()
	list, err := h.Store.Attachments(h.Context(), n)
	if err != nil {
		h.Fatal(err)
	}
	for _, a := range list {
		kept = append(kept, fmt.Sprintf("%s %s %d %s", a.Name, a.Type, a.Size, a.Actor))
	}
	lines, err := h.Desk.History(h.Context(), n)
	if err != nil {
		h.Fatal(err)
	}
	for _, e := range lines {
		if e.Kind == tickets.AttachmentRefused {
			refused = append(refused, e.Facts["file"]+": "+e.Facts[tickets.FactRefused])
		}
	}
	return kept, refused
}

func TestFilesOfAMailAreThoseOfItsTicket(t *testing.T) {
	big := make([]byte, 10<<20+1)
	for name, c := range map[string]struct {
		parts         []part
		scan          string // the program that looks at mails; empty: none
		kept, refused string
	}{
		"a picture":                {parts: []part{{"../../etc/foto.png", "image/png", []byte("\x89PNG\r\n\x1a\nxxxx")}}, kept: "foto.png image/png 12 mail:guasti@rossi.example"},
		"what is not what it says": {parts: []part{{"a.pdf", "application/pdf", []byte("<script>alert(1)</script>")}}, kept: "a.pdf application/octet-stream 25 mail:guasti@rossi.example"},
		"a program, and a log": {parts: []part{{"setup.exe", "application/pdf", []byte("MZ\x90\x00")}, {"erp.log", "text/plain", []byte("down")}, {"x.com", "x/y", []byte("MZ")}},
			kept: "erp.log text/plain 4 mail:guasti@rossi.example", refused: "setup.exe, x.com: program"},
		"too large":                      {parts: []part{{"disk.iso", "application/octet-stream", big}}, refused: "disk.iso: large"},
		"the same one twice":             {parts: []part{{"erp.log", "text/plain", []byte("down")}, {"erp.log", "text/plain", []byte("down")}}, kept: "erp.log text/plain 4 mail:guasti@rossi.example"},
		"the scanner says no":            {parts: []part{{"erp.log", "text/plain", []byte("down")}}, scan: "false", refused: "erp.log: scan"},
		"the scanner says yes":           {parts: []part{{"erp.log", "text/plain", []byte("down")}}, scan: "true", kept: "erp.log text/plain 4 mail:guasti@rossi.example"},
		"the scanner writes without end": {parts: []part{{"erp.log", "text/plain", []byte("down")}}, scan: "yes", refused: "erp.log: scan"},
		"no scanner is there":            {parts: []part{{"erp.log", "text/plain", []byte("down")}}, scan: "/no/such/scanner", refused: "erp.log: scan"},
		"no files":                       {},
	} {
		t.Run(name, func(t *testing.T) {
			b := &postBox{}
			apptest.Run(t, func(t *testing.T, p *apptest.Program) {
				p.ChangeRossi(func(c *directory.Customer) { c.Email = "guasti@rossi.example" })
				h := &house{Program: p, out: b}
				headers, body := with("the press stands still", c.parts...)
				h.put(mail{from: "guasti@rossi.example", subject: "fermo", text: body, headers: headers})
				kept, refused := h.files(417)
				if told := strings.Contains(h.Logged(), "the scanner of mails does not work"); told != (c.scan == "/no/such/scanner" || c.scan == "yes") {
					t.Errorf("the operator hears of a broken scanner: %v", told)
				}
				if strings.Join(kept, "; ") != c.kept || strings.Join(refused, "; ") != c.refused {
					t.Errorf("kept %q, want %q; refused %q, want %q", kept, c.kept, refused, c.refused)
				}
				headers, body = with("one more", c.parts...)
				h.put(mail{from: "guasti@rossi.example", to: h.App.Threads().Ticket(417), subject: "Re: fermo", text: body, headers: headers})
				again, _ := h.files(417)
				if len(again) != len(kept) {
					t.Errorf("the same files again: %q", again)
				}
			}, withMail(support, b), func(cfg *app.Config) {
				if c.scan != "" {
					cfg.Config.Mail.Inbox.Scanner = []string{c.scan, "{file}"}
				}
			})
		})
	}
}

// TestFilesOfAMailStandOnceInTheHistory, also where the mail comes again.
func TestFilesOfAMailStandOnceInTheHistory(t *testing.T) {
	run(t, func(h *house) {
		headers, body := with("the press stands still", part{"a.log", "text/plain", []byte("a")}, part{"b.log", "text/plain", []byte("b")})
		h.put(mail{from: "guasti@rossi.example", subject: "fermo", text: body, headers: headers, id: "1@rossi.example"})
		h.Passes(time.Minute)
		lines, err := h.Desk.History(h.Context(), 417)
		if err != nil {
			t.Fatal(err)
		}
		attached := 0
		for _, e := range lines {
			if e.Kind == tickets.Attached {
				attached++
			}
		}
		if kept, _ := h.files(417); len(kept) != 2 || attached != 2 {
			t.Errorf("%q, %d lines", kept, attached)
		}
		h.put(mail{from: "guasti@rossi.example", subject: "fermo", text: body, headers: headers, id: "1@rossi.example"})
		if kept, _ := h.files(417); len(kept) != 2 {
			t.Errorf("after the same mail again: %q", kept)
		}
	})
}
