package e2e_test

import (
	"fmt"
	"net/smtp"
	"strings"
	"testing"
	"time"
)

// TestAMailBecomesATicketAndSurvivesAKill: the program is killed as soon as it has taken a mail; the next process has the ticket, once, and
// the same mail again changes nothing.
func TestAMailBecomesATicketAndSurvivesAKill(t *testing.T) {
	t.Parallel()
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	settings := settingsFile(t, "mail:\n  inbox: {listen: "+at+", address: support@house.example, verify: false}\n")
	data := dataFolder(t)
	h := reopen(t, data, "--config", settings)
	write := func() error {
		return smtp.SendMail(at, nil, "x@stranger.example", []string{"Support@house.example"},
			[]byte("From: Anna <x@stranger.example>\r\nTo: support@house.example\r\nSubject: =?utf-8?q?Pompa_=C3=A8_ferma?=\r\nMessage-ID: <1@stranger.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\nContent-Type: text/html\r\n\r\n<p>Non <b>parte</b>.</p><script>alert(1)</script>\r\n"))
	}
	if err := smtp.SendMail(at, nil, "x@stranger.example", []string{"x@elsewhere.example"}, []byte("x")); err == nil || !strings.HasPrefix(err.Error(), "550") {
		t.Errorf("a mail for elsewhere: %v", err)
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.close()
	h = reopen(t, data, "--config", settings)
	if err := write(); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Items []struct {
			Number  int64  `json:"number"`
			Channel string `json:"channel"`
			Caller  string `json:"caller"`
		} `json:"tickets"`
	}
	eventually(t, 30*time.Second, "the mail's ticket stands", func() error {
		if _, err := h.call("GET", "/api/v1/tickets", nil, &list); err != nil {
			return err
		}
		if len(list.Items) != 1 || list.Items[0].Channel != "email" || list.Items[0].Caller != "x@stranger.example" {
			return fmt.Errorf("%+v", list)
		}
		return nil
	})
	var history struct {
		Items []struct {
			Kind string `json:"kind"`
			Text string `json:"text"`
		} `json:"history"`
	}
	if _, err := h.call("GET", fmt.Sprintf("/api/v1/tickets/%d", list.Items[0].Number), nil, &history); err != nil {
		t.Fatal(err)
	}
	if len(history.Items) == 0 || history.Items[0].Text != "Pompa è ferma\n\nNon parte." {
		t.Errorf("the history: %+v", history)
	}
}
