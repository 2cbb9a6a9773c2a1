package e2e_test

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/logtest"
	"hotline/media/likeness"
)

// TestTheDemoHoldsWhatItPromisesAndNoticesWhatIsSpoiled runs `hotline demo --once`, sound and spoiled in each way.
func TestTheDemoHoldsWhatItPromisesAndNoticesWhatIsSpoiled(t *testing.T) {
	t.Parallel()
	for _, sabotage := range []string{"", "recording", "audio", "history"} {
		t.Run("sabotage "+sabotage, func(t *testing.T) {
			t.Parallel()
			args := []string{"demo", "--once", "--data", dataFolder(t)}
			if sabotage != "" {
				args = append(args, "--sabotage="+sabotage)
			}
			cmd := exec.Command(program(), args...)
			cmd.Env = cleanEnvironment()
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			var exit *exec.ExitError
			switch {
			case sabotage == "" && err != nil:
				t.Errorf("the demo failed: %v\n%s", err, tail(out.String(), 6000))
			case sabotage != "" && (!errors.As(err, &exit) || exit.ExitCode() != 1):
				t.Errorf("spoiling the %s ended with %v, want exit 1\n%s", sabotage, err, tail(out.String(), 6000))
			case sabotage != "" && !strings.Contains(out.String(), "FAIL"):
				t.Errorf("spoiling the %s was not noticed by a check\n%s", sabotage, tail(out.String(), 6000))
			}
		})
	}
}

// TestTheDemoStaysUpForATelephoneOfYours runs `hotline demo` as somebody at a terminal does: it tells where to call, is
// called there, answers its API, and ends well at Ctrl-C.
func TestTheDemoStaysUpForATelephoneOfYours(t *testing.T) {
	t.Parallel()
	out := &logtest.Log{}
	cmd := exec.Command(program(), "demo", "--data", dataFolder(t))
	cmd.Env = cleanEnvironment()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	eventually(t, 4*time.Minute, "the demo invites to call it", func() error {
		if !strings.Contains(out.String(), "Ctrl-C ends it.") {
			return fmt.Errorf("it says %s", tail(out.String(), 500))
		}
		return nil
	})
	said := out.String()
	for _, want := range []string{"PIN 314159  Rossi S.p.A., extended", "PIN 271828  Verdi S.r.l., advanced", "PIN 161803  Bianchi S.n.c., professional", "PIN 112358  Neri S.a.s., professional (expired)", "Authorization: Bearer demo"} {
		if !strings.Contains(said, want) {
			t.Errorf("the invitation lacks %q", want)
		}
	}
	h := &house{t: t}
	if m := regexp.MustCompile(`Now call sip:hotline@(\S+) `).FindStringSubmatch(said); m != nil {
		h.sip = m[1]
	}
	if m := regexp.MustCompile(`http://(\S+)/api/v1/tickets`).FindStringSubmatch(said); m != nil {
		h.http = m[1]
	}
	if v, err := h.latest(); err != nil || v.Assignee != "marco" {
		t.Errorf("its API shows %+v, %v; it said\n%s", v, err, tail(said, 6000))
	}
	c := h.dial(t, telephone(t, "0612345"))
	if err := c.Wait(t.Context(), 6*time.Second); err != nil {
		t.Fatal(err)
	}
	c.Hangup()
	if best := likeness.Of(c.Heard(), speech(t, "it", "welcome")); best < 0.9 {
		t.Errorf("the welcome is heard with correlation %.2f", best)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("after Ctrl-C it ended with %v\n%s", err, tail(out.String(), 2000))
		}
	case <-time.After(30 * time.Second):
		t.Error("it did not end within 30 s of Ctrl-C")
	}
}
