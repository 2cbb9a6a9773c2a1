package e2e_test

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/media/likeness"
	"hotline/phone"
	"hotline/postgres/local"
)

// TestTheDatabaseDiesInMidCallAndNothingIsLost kills the private server between PIN and category.
func TestTheDatabaseDiesInMidCallAndNothingIsLost(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.dial(t, telephone(t, "0612345"))
	if err := c.Press(t.Context(), "314159#"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), 5*time.Second); err != nil {
		t.Fatal(err)
	}
	killed := h.killDatabase()
	from := len(c.Heard())
	if err := c.Press(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitTone(t.Context(), from); err != nil {
		t.Fatal(err)
	}
	said := speech(t, "en", "still-searching", "next-step")
	if err := c.Say(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	keeps(t, c, 10*time.Second)
	c.Hangup()
	if best := likeness.Of(c.Heard(), speech(t, "it", "readout-ticket")); best < 0.9 {
		t.Errorf("with the database down the caller hears his ticket's number with correlation %.2f", best)
	}
	// the program has started it again by itself
	var v ticketView
	eventually(t, 30*time.Second, "the ticket stands in the database that was started again", func() (err error) {
		if v, err = h.latest(); err == nil && (v.Claim != "blocking" || v.Contract != "rossi" || !v.has("opened") || !v.has("recording") || !v.has("rang")) {
			err = fmt.Errorf("the ticket is %+v", v)
		}
		return err
	})
	if now := h.databasePID(); now == killed {
		t.Errorf("process %d is still the database's", now)
	}
	h.judgeRecording(v, said, speech(t, "it", "request-locked"))
}

// databasePID is the process of the private server.
func (h *house) databasePID() int {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.data, "postgres", "postmaster.pid"))
	if err != nil {
		h.t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		h.t.Fatal(err)
	}
	return pid
}

// killDatabase kills the private server as the kernel does when memory runs out, and gives the process that it was.
func (h *house) killDatabase() int {
	h.t.Helper()
	pid := h.databasePID()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		h.t.Fatal(err)
	}
	return pid
}

// TestCallersOfBothFamiliesAndTransportsAreAnswered calls over IPv6, beside the IPv4 of all other tests.
func TestCallersOfBothFamiliesAndTransportsAreAnswered(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	h := open(t, "--sip", fmt.Sprintf("[::1]:%d", port))
	p, err := phone.New(phone.Config{At: netip.MustParseAddrPort("[::1]:0"), User: "0612345"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer p.Stop(context.Background())
	best := 0.0
	for range 3 { // the machine may be busy with other houses for a moment
		c, err := p.Dial(t.Context(), fmt.Sprintf("sip:hotline@[::1]:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(t.Context(), 8*time.Second); err != nil {
			t.Fatal(err)
		}
		c.Hangup()
		if best = likeness.Of(c.Heard(), speech(t, "it", "welcome")); best >= 0.9 {
			break
		}
	}
	if best < 0.9 {
		t.Errorf("over IPv6 the welcome is heard with correlation %.2f", best)
	}
	if _, err := h.call("GET", "/api/v1/health", nil, nil); err != nil {
		t.Error(err)
	}
}

// TestAStartWithoutTheDatabaseTakesCalls starts on a database of one's own that is down, calls, and brings it back.
func TestAStartWithoutTheDatabaseTakesCalls(t *testing.T) {
	t.Parallel()
	base, data := dataFolder(t), dataFolder(t)
	link, cluster := filepath.Join(base, "socket"), filepath.Join(base, "cluster")
	database := func() *local.Server {
		db, err := local.Start(t.Context(), local.Config{Dir: cluster, Throwaway: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Stop() })
		u, err := url.Parse(db.URL())
		if err != nil {
			t.Fatal(err)
		}
		_ = os.Remove(link)
		if err := os.Symlink(u.Query().Get("host"), link); err != nil {
			t.Fatal(err)
		}
		return db
	}
	address := "postgres://hotline@/postgres?host=" + url.QueryEscape(link)
	db := database()
	reopen(t, data, "--database", address).close()
	if err := db.Stop(); err != nil {
		t.Fatal(err)
	}

	h := launch(t, data, "--database", address)
	eventually(t, 30*time.Second, "the line is ready without its database", func() error {
		if !strings.Contains(h.log.String(), "msg=ready") {
			return fmt.Errorf("log: %s", tail(h.log.String(), 500))
		}
		return nil
	})
	c, _ := h.describes(t, "0612345", pin+"#1", speech(t, "en", "still-searching"))
	keeps(t, c, 8*time.Second)
	c.Hangup()
	if best := likeness.Of(c.Heard(), speech(t, "it", "readout-ticket")); best < 0.9 {
		t.Errorf("without a database the caller hears his ticket's number with correlation %.2f", best)
	}
	database()
	eventually(t, 30*time.Second, "the ticket stands in the database that is back", func() error {
		v, err := h.latest()
		if err == nil && (v.Claim != "blocking" || v.Contract != "rossi" || !v.has("recording")) {
			err = fmt.Errorf("the ticket is %+v", v)
		}
		return err
	})
}

// hangDatabase stops every process of the private server in its tracks; the returned function lets them go on.
func (h *house) hangDatabase() (goOn func()) {
	h.t.Helper()
	parent := h.databasePID()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", parent, parent))
	if err != nil {
		h.t.Fatal(err)
	}
	all := []int{parent}
	for _, word := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil {
			all = append(all, pid)
		}
	}
	signal := func(s syscall.Signal) {
		for _, pid := range all {
			_ = syscall.Kill(pid, s) // one that has ended meanwhile hangs no more
		}
	}
	signal(syscall.SIGSTOP)
	return func() { signal(syscall.SIGCONT) }
}

// silence is the longest stretch without a sound.
func silence(pcm []int16) time.Duration {
	const window = 800 // 100 ms
	longest, now := 0, 0
	for at := 0; at+window <= len(pcm); at += window {
		loud := false
		for _, s := range pcm[at : at+window] {
			loud = loud || s > 300 || s < -300
		}
		if now++; loud {
			now = 0
		}
		longest = max(longest, now)
	}
	return time.Duration(longest) * 100 * time.Millisecond
}

// TestADatabaseThatHangsKeepsNoCallerWaiting stops the database without ending it: it takes connections and never answers.
func TestADatabaseThatHangsKeepsNoCallerWaiting(t *testing.T) {
	t.Parallel()
	h := open(t)
	goOn := h.hangDatabase()
	t.Cleanup(goOn)
	c, tone := h.describes(t, "0612345", pin+"#1", nil)
	if quiet := silence(c.Heard()[:tone]); quiet > 1500*time.Millisecond {
		t.Errorf("with a database that hangs the caller hears nothing for %v", quiet)
	}
	keeps(t, c, 10*time.Second)
	c.Hangup()
	if best := likeness.Of(c.Heard(), speech(t, "it", "readout-ticket")); best < 0.9 {
		t.Errorf("with a database that hangs the caller hears his ticket's number with correlation %.2f", best)
	}
	goOn()
	eventually(t, 30*time.Second, "the ticket stands once the database goes on, and engineers were rung by the copy of the rota", func() error {
		v, err := h.latest()
		if err == nil && (v.Claim != "blocking" || v.Contract != "rossi" || !v.has("rang")) {
			err = fmt.Errorf("the ticket is %+v", v)
		}
		return err
	})
}
