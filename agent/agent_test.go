package agent_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"hotline/agent"
	"hotline/agent/protocol"
	"hotline/tickets"
)

// erp is a configuration with one check, every minute.
func erp() protocol.Configuration {
	return protocol.Configuration{Checks: []protocol.Check{{ID: "erp", Kind: protocol.TCP, Target: "erp:9000", Title: "the ERP is dead", Severity: "critical"}}}
}

func TestADeadServiceHasATicketWhichItsReturnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		h.start(h.config(t.TempDir(), h.token()))
		passes(5 * time.Minute)
		h.stand()
		h.fails("erp:9000", true)
		passes(150 * time.Second)
		h.stand()
		passes(time.Minute)
		h.stand("417 erp blocking open")
		if text := h.history(417); !strings.Contains(text, "the ERP is dead") || !strings.Contains(text, "erp:9000: nothing listens there") || !strings.Contains(text, "3 looks in a row failed") {
			t.Errorf("the ticket says %s", text)
		}
		h.fails("erp:9000", false)
		passes(150 * time.Second)
		h.stand("417 erp blocking restored")
		if text := h.history(417); !strings.Contains(text, "the ERP is dead: well again after 3m0s") {
			t.Errorf("the ticket says %s", text)
		}
		beats, err := h.store.Beats(t.Context())
		must(t, err)
		if len(beats) != 1 || beats[0].Standing(time.Now()) != "up" {
			t.Errorf("the heartbeats stand as %+v", beats)
		}
	})
}

func TestACheckThatIsRemovedEndsItsProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		h.start(h.config(t.TempDir(), h.token()))
		h.fails("erp:9000", true)
		passes(5 * time.Minute)
		h.stand("417 erp blocking open")
		h.configure(protocol.Configuration{})
		passes(time.Minute)
		h.stand("417 erp blocking restored")
		if text := h.history(417); !strings.Contains(text, "it is not checked any more") {
			t.Errorf("the ticket says %s", text)
		}
	})
}

func TestThreeSilentAnswersOfTheLineAreAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, protocol.Configuration{Line: "sip:hotline.example"})
		h.start(h.config(t.TempDir(), h.token()))
		passes(time.Minute)
		h.fails("sip:hotline.example", true)
		passes(130 * time.Second)
		h.stand()
		passes(time.Minute)
		h.stand("417 line blocking open")
		h.fails("sip:hotline.example", false)
		passes(3 * time.Minute)
		h.stand("417 line blocking restored")
	})
}

// TestADayWithoutHotlineLosesNothing: three services come and go while hotline is down for a day and the agent is started anew. Each problem has
// one ticket then, which says when it was found, and no fact was taken twice, although an answer was lost too.
func TestADayWithoutHotlineLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		does := erp()
		does.Checks = append(does.Checks, protocol.Check{ID: "mail", Kind: protocol.SMTP, Target: "mail:25"}, protocol.Check{ID: "web", Kind: protocol.HTTP, Target: "http://web"})
		h := open(t, does)
		dir, token := t.TempDir(), h.token()
		stop := h.start(h.config(dir, token))
		passes(time.Minute)
		h.set(func() { h.down = true })
		h.fails("erp:9000", true)
		passes(time.Hour)
		h.fails("erp:9000", false)
		h.fails("mail:25", true)
		passes(5 * time.Hour)
		must(t, stop())
		passes(time.Hour) // nobody looks
		h.start(h.config(dir, token))
		passes(time.Hour)
		h.fails("mail:25", false)
		passes(17 * time.Hour)
		h.fails("http://web", true)
		passes(10 * time.Minute)
		h.stand()
		h.set(func() { h.down, h.deaf = false, 1 })
		passes(2 * time.Minute)
		h.stand("417 erp blocking restored", "418 mail non_blocking closed", "419 web non_blocking open")
		for n, want := range map[tickets.Number][]string{417: {"found on 1 January 2000 at 00:0", "hotline could not be reached before", "well again after 1h0m0s"}, 418: {"well again after"}, 419: {"reported "}} {
			text := h.history(n)
			for _, w := range want {
				if !strings.Contains(text, w) {
					t.Errorf("ticket %d lacks %q in %s", n, w, text)
				}
			}
			if strings.Contains(text, "x 2") || strings.Count(text, "nothing listens there") != 1 {
				t.Errorf("ticket %d was told twice: %s", n, text)
			}
		}
		h.once()
		state, err := h.store.AgentState(t.Context(), "plant")
		must(t, err)
		if len(state.Retired) != 1 || len(state.Told) != 0 {
			t.Errorf("a start anew is no second agent: %+v", state)
		}
	})
}

// once holds that no fact was taken twice: of those that came in again, the server knew the number.
func (h *house) once() {
	h.t.Helper()
	sent := map[int64]int{}
	for _, body := range h.bodies {
		m, err := protocol.ParseMessage(body)
		must(h.t, err)
		for _, f := range m.Facts {
			sent[f.Number]++
		}
	}
	again := 0
	for _, n := range sent {
		again += n - 1
	}
	if len(sent) == 0 || again == 0 {
		h.t.Errorf("%d facts were sent, %d of them again: the lost answer is not tried", len(sent), again)
	}
}

// TestAFolderThatWasLostTakesNothingAway: the machine is made anew, so that its agent begins to count anew.
func TestAFolderThatWasLostTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		token := h.token()
		stop := h.start(h.config(t.TempDir(), token))
		h.fails("erp:9000", true)
		passes(5 * time.Minute)
		must(t, stop())
		h.fails("erp:9000", false)
		stop = h.start(h.config(t.TempDir(), token))
		passes(5 * time.Minute)
		h.stand("417 erp blocking restored") // nobody knows there that it was told, and its end is told all the same
		must(t, stop())
		h.start(h.config(t.TempDir(), token))
		h.fails("erp:9000", true)
		passes(5 * time.Minute)
		h.fails("erp:9000", false)
		passes(30 * time.Minute)
		must(t, h.due())
		h.stand("417 erp blocking restored")
	})
}

// TestAFullDiskLosesNothingWhileTheAgentRuns: what is found waits in memory, and is written once there is room.
func TestAFullDiskLosesNothingWhileTheAgentRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		dir, token := t.TempDir(), h.token()
		c := h.config(dir, token)
		full := false
		c.Write = func(name string, text []byte) error {
			h.mu.Lock()
			defer h.mu.Unlock()
			if full {
				return &os.PathError{Op: "write", Path: name, Err: syscall.ENOSPC}
			}
			return os.WriteFile(name, text, 0o600)
		}
		stop := h.start(c)
		passes(time.Minute)
		h.set(func() { full, h.down = true, true })
		h.fails("erp:9000", true)
		passes(5 * time.Minute)
		if waiting := files(t, dir); waiting != 0 {
			t.Errorf("%d facts lie on a full disk", waiting)
		}
		h.set(func() { full = false })
		passes(2 * time.Minute)
		if waiting := files(t, dir); waiting != 1 {
			t.Errorf("%d facts lie on a disk that has room again", waiting)
		}
		h.set(func() { full = true })
		h.fails("erp:9000", false)
		passes(5 * time.Minute)
		h.set(func() { h.down = false })
		passes(2 * time.Minute)
		h.stand("417 erp blocking restored")
		must(t, stop())
	})
}

// TestLostReportsAreCountedAndWhatStandsIsToldAnew: the spool is full. Staff hear how many reports are lost, and the problem and the end of which
// nothing was left are told all the same.
func TestLostReportsAreCountedAndWhatStandsIsToldAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		does := erp()
		for _, id := range []string{"a", "b", "c"} {
			does.Checks = append(does.Checks, protocol.Check{ID: id, Kind: protocol.TCP, Target: id + ":1", Failures: 1, Successes: 1})
		}
		h := open(t, does)
		c := h.config(t.TempDir(), h.token())
		c.Most = 4
		h.start(c)
		h.fails("a:1", true)
		passes(2 * time.Minute)
		h.stand("417 a non_blocking open")
		h.set(func() { h.down = true })
		h.fails("a:1", false)
		h.fails("erp:9000", true)
		passes(5 * time.Minute)
		for range 3 { // what comes and goes takes the room
			h.fails("c:1", true)
			passes(time.Minute)
			h.fails("c:1", false)
			passes(time.Minute)
		}
		h.set(func() { h.down = false })
		passes(2 * time.Minute)
		h.stand("417 a non_blocking closed", "418 c non_blocking closed", "419 agent/spool non_blocking open", "420 erp blocking open")
		if text := h.history(419); !strings.Contains(text, "4 reports were dropped, the oldest first") {
			t.Errorf("the ticket says %s", text)
		}
		passes(2 * time.Hour)
		h.stand("417 a non_blocking closed", "418 c non_blocking closed", "419 agent/spool non_blocking closed", "420 erp blocking open")
	})
}

// files is how many facts wait in a folder.
func files(t *testing.T, dir string) int {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(dir, "hotline-agent", "facts"))
	must(t, err)
	return len(list)
}

func TestTheInstalledVersionIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		version := filepath.Join(t.TempDir(), "VERSION")
		must(t, os.WriteFile(version, []byte("7.2\nbuilt by hand\n"), 0o600))
		does := protocol.Configuration{Product: "pbx", ReleaseFile: version}
		h := open(t, does)
		h.start(h.config(t.TempDir(), h.token()))
		installed := func(want string) {
			t.Helper()
			all, err := h.store.InstalledOf(t.Context(), "rossi")
			must(t, err)
			if len(all) != 1 || all[0].Product != "pbx" || all[0].Release != want || all[0].Installation != "plant" {
				t.Errorf("%+v is installed, want %s", all, want)
			}
		}
		passes(2 * time.Minute)
		installed("7.2")
		must(t, os.WriteFile(version, []byte("8.1"), 0o600))
		passes(15 * time.Minute)
		installed("8.1")
		must(t, os.Remove(version))
		passes(15 * time.Minute)
		installed("8.1")
		state, err := h.store.AgentState(t.Context(), "plant")
		must(t, err)
		if len(state.Report.Complaints) != 1 || !strings.Contains(state.Report.Complaints[0], "the version of pbx is not known") {
			t.Errorf("the agent complains of %q", state.Report.Complaints)
		}
	})
}

// TestAnAgentStartsWithoutHotline: it goes by the configuration that it fetched before.
func TestAnAgentStartsWithoutHotline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		dir, token := t.TempDir(), h.token()
		stop := h.start(h.config(dir, token))
		passes(time.Minute)
		must(t, stop())
		h.set(func() { h.down = true })
		h.fails("erp:9000", true)
		h.start(h.config(dir, token))
		passes(10 * time.Minute)
		h.set(func() { h.down = false })
		passes(2 * time.Minute)
		h.stand("417 erp blocking open")
	})
}

func TestALookOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, erp())
		c := h.config(t.TempDir(), h.token())
		h.start(c) // one that runs is not disturbed
		passes(time.Second)
		before := len(h.asked)
		look := func(want bool, lines ...string) {
			t.Helper()
			var out strings.Builder
			well, err := agent.Once(context.Background(), c, &out)
			must(t, err)
			for _, l := range lines {
				if !strings.Contains(out.String(), l) {
					t.Errorf("it prints %s, want %q", out.String(), l)
				}
			}
			if well != want {
				t.Errorf("well is %v: %s", well, out.String())
			}
		}
		look(true, "agent plant, version 1 of its configuration at http://hotline.example", "well  erp  tcp  erp:9000")
		h.fails("erp:9000", true)
		look(false, "FAILS  erp  tcp  erp:9000: nothing listens there")
		h.fails("erp:9000", false)
		h.set(func() { h.down = true })
		look(false, "no route to host", "the configuration fetched before holds", "well")
		h.set(func() { h.down = false })
		if len(h.asked) != before {
			t.Errorf("%d messages were sent", len(h.asked)-before)
		}
		h.stand()
	})
}
