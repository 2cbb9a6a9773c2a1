package e2e_test

import (
	"fmt"
	"testing"
)

// carrier runs a Kamailio that is a carrier with the account 0612345 and the password "open sesame"; behind it +393331234567 is a
// telephone at the given SIP address. It gives the carrier's host and port.
func carrier(t *testing.T, telephone string) string {
	t.Helper()
	return kamailio(t, freePort(t), `
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)`, fmt.Sprintf(`
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
	}`, telephone))
}
