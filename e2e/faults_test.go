package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/media/likeness"
	"hotline/phone"
)

// telephone is one of ours, for callers that need no judge of another maker. It refuses whoever calls it.
func telephone(t *testing.T, user string) *phone.Phone {
	t.Helper()
	return answering(t, user, nil)
}

// answering is a telephone of ours that does as it is told whenever it is rung.
func answering(t *testing.T, user string, does func(ctx context.Context, in *phone.Incoming)) *phone.Phone {
	t.Helper()
	p, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: user, Answer: does})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(context.Background()) })
	return p
}

func (h *house) dial(t *testing.T, p *phone.Phone) *phone.Call {
	t.Helper()
	c, err := p.Dial(t.Context(), "sip:hotline@"+h.sip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Hangup)
	return c
}

// TestSixWrongPINsLockANumberOutAndNoOther tries wrong PINs until the line does not ask for one any more.
func TestSixWrongPINsLockANumberOutAndNoOther(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := telephone(t, "0699999999")
	for range 2 {
		c := h.dial(t, p)
		for _, keys := range []string{"000000#", "000001#", "000002#"} {
			if err := c.Press(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(t.Context(), 4*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		c.Hangup()
	}
	locked := speech(t, "it", "request-locked")
	heard := func(user string) []int16 {
		c := h.dial(t, telephone(t, user))
		if err := c.Press(t.Context(), "314159#"); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait(t.Context(), 14*time.Second)
		c.Hangup()
		return c.Heard()
	}
	if best := likeness.Of(heard("0699999999"), locked); best < 0.9 {
		t.Errorf("after six wrong PINs the line says that it checks none with correlation %.2f", best)
	}
	if best, _ := likeness.Correlate(heard("0611111111"), locked); best >= 0.3 {
		t.Errorf("another number is told that it is locked out (correlation %.2f)", best)
	}
}

// TestAPanicInEveryCallNeverEndsTheProgram provokes one in each call and calls again.
func TestAPanicInEveryCallNeverEndsTheProgram(t *testing.T) {
	t.Parallel()
	h := open(t, "--demo-fault", "panic")
	for range 3 {
		c := h.dial(t, telephone(t, "bad"))
		select {
		case <-c.Context().Done():
		case <-time.After(20 * time.Second): // a line without sound ends after thirty
			t.Error("the call of a panic goes on")
		}
		c.Hangup()
	}
	if _, err := h.call(http.MethodGet, "/api/v1/health", nil, nil); err != nil {
		t.Errorf("after three panics: %v", err)
	}
	eventually(t, 30*time.Second, "the log says so", func() error { // it comes through a pipe
		if !strings.Contains(h.log.String(), "a fault that was asked for") {
			return errors.New("it does not")
		}
		return nil
	})
}

// TestACallWithoutSoundIsEnded answers sipp, which sends no RTP at all: after 30 s the line hangs up.
func TestACallWithoutSoundIsEnded(t *testing.T) {
	t.Parallel()
	h := open(t)
	began := time.Now()
	sipp(t, h, "silent", "-t", "u1")
	if took := time.Since(began); took < 29*time.Second || took > 45*time.Second {
		t.Errorf("the line hung up after %v", took)
	}
}

// TestKilledInMidRecordingNothingIsLost kills the program while a caller speaks and starts it again.
func TestKilledInMidRecordingNothingIsLost(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	h := reopen(t, data)
	c := h.dial(t, telephone(t, "0612345"))
	if err := c.Press(t.Context(), "314159#1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitTone(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	said := speech(t, "en", "still-searching", "next-step")
	if err := c.Say(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.done <- <-h.done
	c.Hangup()

	began := time.Now()
	h = reopen(t, data)
	t.Logf("ready again %v after the kill", time.Since(began).Round(time.Millisecond))
	v, err := h.latest()
	if err != nil || v.Claim != "blocking" || len(v.Recordings) != 1 {
		t.Fatalf("after the kill the ticket is %+v, %v", v, err)
	}
	h.judgeRecording(v, said[:5*8000], speech(t, "it", "request-locked"))
}

// TestStartingAgainIsQuickAndNothingIsForgotten measures readiness on a new and on a known data folder.
func TestStartingAgainIsQuickAndNothingIsForgotten(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	h := reopen(t, data)
	if _, err := h.call(http.MethodPost, "/api/v1/customers", map[string]any{"name": "Gialli"}, nil); err != nil {
		t.Fatal(err)
	}
	h.close()
	h = reopen(t, data)
	var list json.RawMessage
	if _, err := h.call(http.MethodGet, "/api/v1/customers", nil, &list); err != nil || !bytes.Contains(list, []byte("Gialli")) {
		t.Errorf("customers after the second start: %s, %v", list, err)
	}
	for _, line := range strings.Split(h.log.String(), "\n") {
		if strings.Contains(line, "msg=ready") {
			t.Log(line)
		}
	}
}

// TestABadStartSaysWhatToDo starts the program in ways that cannot work.
func TestABadStartSaysWhatToDo(t *testing.T) {
	t.Parallel()
	h := open(t)
	base := dataFolder(t)
	file := filepath.Join(base, "file")
	old := filepath.Join(base, "old", "postgres")
	bad, badKey := filepath.Join(base, "bad.yaml"), filepath.Join(base, "key.yaml")
	for _, err := range []error{
		os.WriteFile(file, nil, 0o600), os.MkdirAll(old, 0o755), os.WriteFile(filepath.Join(old, "PG_VERSION"), []byte("9"), 0o644),
		os.WriteFile(bad, []byte("sip:\n  listne: []\n"), 0o600), os.WriteFile(badKey, []byte("pin_key_file: "+file+"\n"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 {
		if out, err := exec.Command("chown", "-R", "postgres", old).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	free := func() string { return fmt.Sprintf("127.0.0.1:%d", freePort(t)) }
	for _, c := range []struct {
		name  string
		flags []string
		want  []string
	}{
		{"the SIP port is taken", []string{"--sip", h.sip, "--http", free(), "--data", filepath.Join(base, "a")}, []string{h.sip, "--sip"}},
		{"the HTTP port is taken", []string{"--sip", free(), "--http", h.http, "--data", filepath.Join(base, "a")}, []string{h.http, "--http"}},
		{"the data folder is a file", []string{"--sip", free(), "--http", free(), "--data", file}, []string{file, "--data"}},
		{"the cluster is of another version", []string{"--sip", free(), "--http", free(), "--data", filepath.Dir(old)}, []string{"version 9", "pg_dump"}},
		{"the database is down", []string{"--sip", free(), "--http", free(), "--data", filepath.Join(base, "b"), "--database", "postgres://127.0.0.1:1/none"}, []string{"database"}},
		{"another hotline has the data folder", []string{"--sip", free(), "--http", free(), "--data", h.data}, []string{"another hotline", h.data, "--data"}},
		{"a PIN key that is none", []string{"--config", badKey, "--sip", free(), "--http", free(), "--data", filepath.Join(base, "d")}, []string{file, "backup"}},
		{"the demo beyond loopback", []string{"--sip", "0.0.0.0:5060", "--http", free(), "--data", filepath.Join(base, "c")}, []string{"--demo-anywhere"}},
		{"a bad range of ports", []string{"--rtp-ports", "9-x"}, []string{"10000-19999"}},
		{"a bad configuration", []string{"--config", bad}, []string{"bad.yaml", "2", "listne"}},
		{"an unknown flag", []string{"--nonsense"}, []string{"--nonsense"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command(program(), append([]string{"serve", "--demo"}, c.flags...)...)
			cmd.Env = cleanEnvironment()
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatal("the program ended well")
			}
			for _, want := range c.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("the message lacks %q:\n%s", want, out)
				}
			}
			if strings.Contains(string(out), "goroutine ") {
				t.Errorf("a stack instead of a message:\n%s", out)
			}
		})
	}
}
