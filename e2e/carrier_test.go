package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// registrar is a Kamailio that is a carrier: it has one account, with a password, and one subscriber behind it.
const registrar = `
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
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
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
	if (is_method("OPTIONS")) {
		sl_send_reply("200", "OK");
		exit;
	}
	if (is_method("REGISTER")) {
		if (!pv_www_authenticate("$td", "open sesame", "0")) {
			www_challenge("$td", "0");
			exit;
		}
		save("location");
		exit;
	}
	record_route();
	if ($rU == "0612345") {
		if (!lookup("location")) {
			sl_send_reply("404", "Not registered");
			exit;
		}
	}
	if ($rU == "+393331234567") {
		$ru = "%s";
	}
	t_relay();
}
`

// carrier runs a registrar with the account 0612345 and the password "open sesame"; behind it +393331234567 is a telephone at the
// given SIP address. It gives the carrier's host and port.
func carrier(t *testing.T, telephone string) string {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	file := filepath.Join(dir, "kamailio.cfg")
	if err := os.WriteFile(file, fmt.Appendf(nil, registrar, port, telephone), 0o600); err != nil {
		t.Fatal(err)
	}
	beside(t, "kamailio", "-f", file, "-DD", "-E", "-Y", dir, "-m", "32", "-M", "8")
	at := fmt.Sprintf("127.0.0.1:%d", port)
	eventually(t, 20*time.Second, "the carrier answers", func() error {
		return exec.Command("sipp", at, "-sf", scenarioFile(t, "options-any"), "-m", "1", "-nostdin", "-timeout", "2s", "-i", "127.0.0.1", "-p", fmt.Sprint(freePort(t))).Run()
	})
	return at
}
