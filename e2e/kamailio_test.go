package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"hotline/logtest"
)

// dialogs configures a Kamailio that relays what is inside a dialog. Its gaps: the port, more modules, and what becomes of other requests.
const dialogs = `
debug=1
log_stderror=yes
fork=no
children=2
disable_tcp=yes
listen=udp:127.0.0.1:%d
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
%s
request_route {
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (has_totag()) {
		if (loose_route()) {
			t_relay();
			exit;
		}
		if (is_method("ACK")) {
			t_check_trans();
			exit;
		}
		sl_send_reply("404", "Not here");
		exit;
	}
	if (is_method("CANCEL")) {
		t_relay_cancel();
		exit;
	}
%s
	t_relay();
}
`

// kamailio runs one with more modules and a route, until it answers, and gives its address.
func kamailio(t *testing.T, port int, modules, route string) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(file, fmt.Appendf(nil, dialogs, port, modules, route), 0o600); err != nil {
		t.Fatal(err)
	}
	beside(t, "kamailio", "-f", file, "-DD", "-E", "-Y", dir, "-m", "32", "-M", "8")
	at := fmt.Sprintf("127.0.0.1:%d", port)
	eventually(t, 30*time.Second, "kamailio answers", func() error {
		return exec.Command("sipp", at, "-sf", scenarioFile(t, "options-any"), "-m", "1", "-nostdin", "-timeout", "2s", "-i", "127.0.0.1", "-p", fmt.Sprint(freePort(t))).Run()
	})
	return at
}

// proxy runs a Kamailio in front of the house, which stays in the dialog by Record-Route, and gives its address.
func proxy(t *testing.T, port int, house string) string {
	t.Helper()
	return kamailio(t, port, "", fmt.Sprintf(`
	if (is_method("INVITE")) {
		record_route();
	}
	if ($rU == "hotline") {
		$du = "sip:%s";
	} else {
		loose_route();
	}`, house))
}

// beside runs a program of others until the test ends, and shows its log where the test failed.
func beside(t *testing.T, name string, args ...string) {
	t.Helper()
	log := &logtest.Log{}
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			<-ended
		}
		if t.Failed() {
			t.Logf("the log of %s:\n%s", name, tail(log.String(), 3000))
		}
	})
}

func scenarioFile(t *testing.T, name string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestAProxyInBetween calls through Kamailio, which stays in the dialog: the call is answered, held for a while and hung
// up through it, and a second one is hung up by the house through it.
func TestAProxyInBetween(t *testing.T) {
	t.Parallel()
	port := freePort(t)
	h := open(t, "--config", settingsFile(t, fmt.Sprintf("sip:\n  trust_loopback: false\n  trunks:\n    - {name: proxy, addresses: [127.0.0.1], registrar: \"sip:127.0.0.1:%d\"}\n", port)))
	at := proxy(t, port, h.sip)
	silence := waveFile(t, "silence", make([]int16, 8000))
	caller := softphone(t, "proxied", silence, false)
	caller.dial("sip:hotline@" + at)
	caller.await("CALL_ESTABLISHED", 1, 30*time.Second)
	pause(2 * time.Second)
	caller.hangUp()
	eventually(t, 30*time.Second, "the call came by the proxy and ended", func() error {
		var calls struct{ Calls []callView }
		if _, err := h.call(http.MethodGet, "/api/v1/calls", nil, &calls); err != nil {
			return err
		}
		for _, k := range calls.Calls {
			if k.From == "proxied" && k.Trunk == "proxy" && k.Ending == "caller hung up" && k.Quality.PacketsIn > 50 {
				return nil
			}
		}
		return fmt.Errorf("%+v", calls.Calls)
	})
	// The house's own BYE goes through the proxy too.
	second := softphone(t, "second", silence, false)
	second.dial("sip:hotline@" + at)
	second.await("CALL_ESTABLISHED", 1, 30*time.Second)
	h.cmd.Process.Signal(syscall.SIGTERM)
	second.await("CALL_CLOSED", 1, 20*time.Second)
}
