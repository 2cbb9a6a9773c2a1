package e2e_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// bothListeners is a configuration of both listeners for contract rossi, whose machines are this one.
const bothListeners = `
alerts:
  snmp: {listen: ["%[1]s"], sources: [{contract: rossi, installation: plant, addresses: [127.0.0.1], community: machines}]}
  syslog: {udp: ["%[2]s"], tcp: ["%[2]s"], sources: [{contract: rossi, installation: plant, addresses: [127.0.0.1]}]}
`

// TestTrapsAndLogsOfRealToolsAreTickets: a link that goes down and comes back, told by net-snmp, and a failure that logger tells. An inform
// is answered when its ticket stands.
func TestTrapsAndLogsOfRealToolsAreTickets(t *testing.T) {
	t.Parallel()
	traps, logs := fmt.Sprintf("127.0.0.1:%d", freePort(t)), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	h := open(t, "--config", settingsFile(t, fmt.Sprintf(bothListeners, traps, logs)))
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	stand := func(what string, want ...string) {
		t.Helper()
		eventually(t, 30*time.Second, what, func() error {
			got, err := h.reported()
			if err == nil && strings.Join(got, ", ") != strings.Join(want, ", ") {
				err = fmt.Errorf("the tickets are %v, want %v", got, want)
			}
			return err
		})
	}
	ifIndex := []string{"1.3.6.1.2.1.2.2.1.1.3", "i", "3"}
	run(append([]string{"snmpinform", "-v2c", "-c", "machines", "-r", "2", "-t", "10", traps, "", "1.3.6.1.6.3.1.1.5.3"}, ifIndex...)...)
	if got, err := h.reported(); err != nil || strings.Join(got, ", ") != "non_blocking open" {
		t.Errorf("when the inform is answered the tickets are %v (%v)", got, err)
	}
	_, port, _ := strings.Cut(logs, ":")
	run("logger", "--server", "127.0.0.1", "--port", port, "--tcp", "--rfc5424", "-p", "local0.crit", "-t", "asterisk", "the trunk is down")
	stand("a failure in the log has a ticket", "blocking open", "non_blocking open")
	run(append([]string{"snmptrap", "-v2c", "-c", "machines", traps, "", "1.3.6.1.6.3.1.1.5.4"}, ifIndex...)...)
	stand("the link is up again", "blocking open", "non_blocking closed")
}
