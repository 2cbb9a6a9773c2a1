package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampled writes a file and gives its name.
func sampled(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestATryPrintsALineForEachAlert(t *testing.T) {
	message := "../../intake/format/testdata/alertmanager.json"
	code, text := said(t, "alerts", "try", "--as", "alertmanager", message)
	for _, line := range []string{
		"open 6ef7b8a9c0d1e2f3 blocking the disk of pbx1 is full\n", "close 00aa11bb22cc33dd non_blocking MailQueue\n", "none always fires\n", "left 2 more alerts out",
	} {
		if code != 0 || !strings.Contains(text, line) {
			t.Errorf("%d %s lacks %q", code, text, line)
		}
	}
	if !strings.Contains(text, "\nignore ") {
		t.Errorf("what opens nothing: %s", text)
	}
}

func TestATryReadsAMappingAndAPolicy(t *testing.T) {
	mapping := sampled(t, "pumps.yaml", "alerts: .events[]\nfingerprint: '\"pump-\\(.id)\"'\nseverity: .level\ntitle: .what\nresolved: .state == \"off\"\n")
	message := sampled(t, "m.json", `{"events":[{"id":7,"level":"Red","what":"pump 7 stands still","state":"on"},{"id":8,"level":"red","what":"pump 8","state":"off"}]}`)
	policy := sampled(t, "p.yaml", "rules:\n  - severities: [red]\n    category: blocking\n    night: question\n")
	if code, text := said(t, "alerts", "try", mapping, message, "--policy", policy); code != 0 || text != "open pump-7 blocking pump 7 stands still\nclose pump-8 blocking pump 8\n" {
		t.Errorf("%d %s", code, text)
	}
	if code, text := said(t, "alerts", "try", mapping, message, "--policy", policy, "--night"); code != 0 || !strings.HasPrefix(text, "open pump-7 question") {
		t.Errorf("at night %d %s", code, text)
	}
}

func TestATryReadsTrapsByTheOwnersTableToo(t *testing.T) {
	trap := sampled(t, "t.json", `[{"from":"192.0.2.7","trap":"1.3.6.1.6.3.1.1.5.3","varbinds":{"1.3.6.1.2.1.2.2.1.1.3":3}},{"from":"192.0.2.7","trap":"1.3.6.1.4.1.318.0.9"},{"trap":"1.3.6.1.4.1.99999.0.7"}]`)
	if code, text := said(t, "alerts", "try", "--as", "snmp", trap); code != 0 || text != "open 192.0.2.7/link/3 non_blocking 192.0.2.7: link down: 3\nclose 192.0.2.7/ups_on_battery non_blocking 192.0.2.7: the UPS has mains power again\nopen 1.3.6.1.4.1.99999.0.7 non_blocking 1.3.6.1.4.1.99999.0.7\n" {
		t.Errorf("%d %s", code, text)
	}
	events := sampled(t, "events.yaml", "events:\n  - {oid: 1.3.6.1.4.1.99999.0.7, name: pump, title: the pump stands still, severity: critical}\n")
	house := sampled(t, "hotline.yaml", "alerts: {snmp: {events: "+events+"}}\n")
	if code, text := said(t, "alerts", "try", "--as", "snmp", "--config", house, trap); code != 0 || !strings.HasSuffix(text, "open pump blocking the pump stands still\n") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := said(t, "alerts", "try", "--as", "zabbix", "--config", house, trap); code != 1 || !strings.Contains(text, "zabbix") {
		t.Errorf("%d %s", code, text)
	}
}

func TestATryReadsLogsByTheOwnersRulesToo(t *testing.T) {
	log := sampled(t, "log", "<34>Nov 29 12:00:00 pbx asterisk[711]: the trunk is down\n<38>Nov 29 12:00:00 pbx sshd[1]: a login\n")
	if code, text := said(t, "alerts", "try", "--as", "syslog", log); code != 0 || text != "open pbx/asterisk/the_trunk_is_down blocking pbx: asterisk: the trunk is down\nignore - none sshd: a login (a message of severity info, which is counted alone)\n" {
		t.Errorf("%d %s", code, text)
	}
	house := sampled(t, "hotline.yaml", "alerts: {syslog: {rules: [{apps: [asterisk], text: 'trunk is (down|up)', severity: warning, problem: trunk, title: 'trunk {1}'}]}}\n")
	if code, text := said(t, "alerts", "try", "--as", "syslog", "--config", house, log); code != 0 || !strings.HasPrefix(text, "open pbx/trunk non_blocking pbx: trunk down\n") {
		t.Errorf("%d %s", code, text)
	}
}

func TestATryThatCannotReadSaysWhy(t *testing.T) {
	broken := sampled(t, "m.json", `{"version":"4","alerts":[{"status":"odd"}]}`)
	for want, args := range map[string][]string{
		"alerts[0].status":          {"--as", "alertmanager", broken},
		"known are":                 {"--as", "nagios", broken},
		"MAPPING FILE":              {broken},
		"field pump not found":      {sampled(t, "x.yaml", "pump: 1\n"), broken},
		"fingerprint: it is missin": {sampled(t, "y.yaml", "title: .t\n"), broken},
		"reading the message":       {"--as", "native", filepath.Join(t.TempDir(), "none.json")},
		"write it as":               {"--as", "cloudevents", "--header", "odd", broken},
	} {
		if code, text := said(t, append([]string{"alerts", "try"}, args...)...); code != 1 || !strings.Contains(text, want) {
			t.Errorf("%v: %d %s, want %q", args, code, text, want)
		}
	}
}

func TestATokenOfAnInstallationNamesItsContract(t *testing.T) {
	for want, args := range map[string][]string{
		"--contract ID": {"x", "--scope", "alerts"}, "only a token of scope alerts": {"x", "--scope", "staff", "--contract", "rossi"},
	} {
		if code, text := said(t, append([]string{"token", "add"}, args...)...); code != 1 || !strings.Contains(text, want) {
			t.Errorf("%v: %d %s", args, code, text)
		}
	}
}
