package app_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/config"
)

// TestAMessageIsPutIntoTextAfterTheCall: a caller reports a fault by voice; a recogniser, here a script, gets the message as the queue
// of due work reaches it, and the ticket has its text.
func TestAMessageIsPutIntoTextAfterTheCall(t *testing.T) {
	script := filepath.Join(t.TempDir(), "recogniser")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n[ $(wc -c <\"$2\") -gt 30000 ] && echo \"$1: il compressore perde\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	apptest.Run(t, func(t *testing.T, p *apptest.Program) {
		caller := p.Phone("127.0.0.1:6000", "0612345", nil)
		defer caller.Stop(t.Context())
		call, err := caller.Dial(t.Context(), apptest.Line)
		if err != nil {
			t.Fatal(err)
		}
		if err := apptest.Report(t.Context(), call, apptest.Blocking, p.Voice()); err != nil {
			t.Fatal(err)
		}
		call.Hangup()
		p.Passes(time.Minute)
		list, err := p.Store.Transcripts(t.Context(), 417)
		if err != nil || len(list) != 1 || list[0].Text() != "it: il compressore perde" || list[0].Engine != "recogniser" {
			t.Errorf("the ticket's text: %+v, %v", list, err)
		}
	}, func(c *app.Config) {
		c.Config.Transcription = config.Transcription{Driver: config.TranscriptionCommand, Command: []string{script, "{language}", "{file}"}, Timeout: time.Minute, Rate: 16000}
	})
}
