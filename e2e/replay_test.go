package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/phone"
)

// asks runs a command of the shipped program against the house, and gives what it prints.
func (h *house) asks(args ...string) (text string, failed bool) {
	h.t.Helper()
	cmd := exec.Command(program(), append(args, "--api", "http://"+h.http, "--token", "demo")...)
	cmd.Env = cleanEnvironment()
	out, err := cmd.CombinedOutput()
	return string(out), err != nil
}

// TestTheNightIsPlayedThroughAnotherRotaByTheShippedProgram: Anna is busy, Marco accepts, and Zoe is on no rota. Who is on call, whose
// telephone is proven, and who would have been rung by a rota with Zoe in Marco's place, is told by `hotline oncall`.
func TestTheNightIsPlayedThroughAnotherRotaByTheShippedProgram(t *testing.T) {
	t.Parallel()
	h := open(t, "--config", settingsFile(t, "escalation: {key: 40s}\n"))
	anna := answering(t, "anna", func(_ context.Context, in *phone.Incoming) { in.Refuse(486, "Busy Here") })
	marco := answering(t, "marco", func(ctx context.Context, in *phone.Incoming) {
		c, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		_ = c.Wait(ctx, 4*time.Second)
		_ = c.Press(ctx, "1")
		_ = c.Wait(ctx, 12*time.Second)
		c.Hangup()
	})
	h.onCall([]string{"Anna", "Marco"}, []string{anna.Address(), marco.Address()})
	if _, err := h.call(http.MethodPut, "/api/v1/engineers/zoe", map[string]any{"name": "Zoe", "phones": []string{"sip:zoe@127.0.0.1:9"}, "language": "it"}, nil); err != nil {
		t.Fatal(err)
	}
	c := h.dial(t, telephone(t, "0612345"))
	if err := c.Press(t.Context(), pin+"#1"); err != nil {
		t.Fatal(err)
	}
	h.awaitLine("talk_ended", 40*time.Second)
	c.Hangup() // the record of the call is whole behind its end
	eventually(t, 30*time.Second, "Marco's call stands in the history", func() error { return h.says("Marco at " + marco.Address() + ": accepted") })

	var rota map[string]any
	if _, err := h.call(http.MethodGet, "/api/v1/rotas/main", nil, &rota); err != nil {
		t.Fatal(err)
	}
	for _, s := range rota["shifts"].([]any) {
		if shift := s.(map[string]any); shift["engineer"] == "e1" {
			shift["engineer"] = "zoe"
		}
	}
	text, err := json.Marshal(rota)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rota.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the night is replayed", func() error {
		said, failed := h.asks("oncall", "replay", "--rota", file)
		if failed || !strings.Contains(said, "ticket ") {
			return errors.New(said)
		}
		return nil
	})
	for name, c := range map[string]struct {
		args   []string
		fails  bool
		wants  []string
		absent string
	}{
		"who":    {[]string{"oncall", "who", "--contract", "rossi"}, false, []string{"rota main at", "level 1: Anna", "level 1: Marco", "Anna at " + anna.Address()}, "Zoe"},
		"check":  {[]string{"oncall", "check"}, true, []string{"Anna (e0)"}, "Marco (e1)"},
		"replay": {[]string{"oncall", "replay", "--rota", file, "--since", "30d"}, false, []string{"e0 at " + anna.Address() + " after 0s (busy)", "zoe at sip:zoe@127.0.0.1:9", "nobody knows whether [zoe]", "not rung any more: [e1]"}, "accepts after"},
	} {
		said, failed := h.asks(c.args...)
		t.Logf("%s:\n%s", name, said)
		for _, want := range c.wants {
			if !strings.Contains(said, want) {
				t.Errorf("%s does not say %q", name, want)
			}
		}
		if failed != c.fails || strings.Contains(said, c.absent) {
			t.Errorf("%s: failed %v, or it says %q", name, failed, c.absent)
		}
	}
}
