package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// said runs a command and gives its exit code and what it said.
func said(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), args, streams{strings.NewReader(""), &out, &out})
	return code, out.String()
}

func TestWhatIfIsAnsweredOffline(t *testing.T) {
	code, text := said(t, "sla", "dry-run", "--level", "professional", "--category", "blocking", "--at", "2026-11-20 17:20", "--lang", "en")
	if code != 0 || !strings.Contains(text, "intervention: opened Friday 20 November 2026 17:20; counted 17:20-18:00; weekend; Monday 23 09:00-12:20; due Monday 23 November 12:20\n") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := said(t, "sla", "dry-run", "--level", "on_request", "--category", "blocking", "--at", "2026-11-20 17:20"); code != 0 || text != "nessuna scadenza\n" {
		t.Errorf("%d: %s", code, text)
	}
	for _, bad := range [][]string{
		{"--level", "platinum", "--category", "blocking", "--at", "2026-11-20 17:20"},
		{"--level", "extended", "--category", "urgent", "--at", "2026-11-20 17:20"},
		{"--level", "extended", "--category", "blocking", "--at", "soon"},
	} {
		if code, text := said(t, append([]string{"sla", "dry-run"}, bad...)...); code != 1 || !strings.Contains(text, "use one of") && !strings.Contains(text, "write it as") {
			t.Errorf("%v: %d %s", bad, code, text)
		}
	}
}

func TestATicketIsExplainedByTheRunningProgram(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/tickets/417/explanation" || r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"ticket 418: not found"}`))
			return
		}
		_, _ = w.Write([]byte(`{"clocks":[{"account":{"it":"contatto: aperto","en":"contact: opened"}}]}`))
	}))
	defer api.Close()
	if code, text := said(t, "sla", "explain", "417", "--api", api.URL, "--token", "secret"); code != 0 || text != "contatto: aperto\n" {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := said(t, "sla", "explain", "418", "--api", api.URL, "--token", "secret"); code != 1 || !strings.Contains(text, "ticket 418: not found") {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := said(t, "sla", "explain", "417", "--api", "http://127.0.0.1:1", "--token", "x"); code != 1 || !strings.Contains(text, "is the program running") {
		t.Errorf("%d: %s", code, text)
	}
}

func TestWhatIfIsAnsweredByTheRunningProgramWhenThereIsAToken(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); r.URL.Path != "/api/v1/dry-run" || q.Get("level") != "gold" || q.Get("at") != "2026-11-20 17:20" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"detail":"validation failed","errors":[{"location":"query.level","message":"unknown"}]}`))
			return
		}
		_, _ = w.Write([]byte(`{"clocks":[{"account":{"it":"contatto: aperto","en":"contact: opened"}}]}`))
	}))
	defer api.Close()
	args := []string{"sla", "dry-run", "--category", "blocking", "--at", "2026-11-20 17:20", "--lang", "en", "--api", api.URL, "--token", "secret"}
	if code, text := said(t, append(args, "--level", "gold")...); code != 0 || text != "contact: opened\n" {
		t.Errorf("%d: %s", code, text)
	}
	if code, text := said(t, append(args, "--level", "lead")...); code != 1 || !strings.Contains(text, "query.level: unknown") {
		t.Errorf("%d: %s", code, text)
	}
}

func TestTheMonthIsReportedByTheRunningProgram(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.URL.String()))
	}))
	defer api.Close()
	for asked, want := range map[string]string{
		"--format csv":                          "/api/v1/report.csv?month=2026-11&sheet=plain&table=lines",
		"--table breaches --sheet it --lang it": "/api/v1/report.csv?lang=it&month=2026-11&sheet=it&table=breaches",
		"--format svg --lang en":                "/api/v1/report.svg?lang=en&month=2026-11",
		"--format json":                         "/api/v1/report?month=2026-11",
	} {
		args := append([]string{"report", "--month", "2026-11", "--api", api.URL, "--token", "secret"}, strings.Fields(asked)...)
		if code, text := said(t, args...); code != 0 || text != want {
			t.Errorf("%s: %d %s", asked, code, text)
		}
	}
}
