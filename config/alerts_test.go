package config

import (
	"strings"
	"testing"
)

func TestListenersOfMachinesMessages(t *testing.T) {
	good := "alerts:\n  snmp:\n    listen: [\"127.0.0.1:1162\"]\n    sources:\n" +
		"      - {contract: rossi, installation: plant, addresses: [192.0.2.0/24], community: one}\n" +
		"      - {contract: bianchi, addresses: [192.0.2.0/24], community: two}\n" +
		"      - {contract: verdi, user: verdi, authentication: sha256, password: authentication, encryption: aes, secret: encryption}\n"
	c, err := Parse("hotline.yaml", []byte(good))
	if err != nil || len(c.Alerts.SNMP.Sources) != 3 || c.Alerts.SNMP.Sources[2].User != "verdi" || !c.holdsSecret() {
		t.Fatalf("%+v %v", c.Alerts, err)
	}
	const from = "alerts: {snmp: {listen: [\"127.0.0.1:1162\"], sources: ["
	for text, want := range map[string]string{
		`alerts: {snmp: {listen: ["127.0.0.1:1162"]}}`:                                                                          "alerts.snmp.sources",
		from + `{addresses: [192.0.2.7], community: a}]}}`:                                                                      "alerts.snmp.sources[0].contract",
		from + `{contract: a, addresses: [192.0.2.7]}]}}`:                                                                       "alerts.snmp.sources[0].community",
		from + `{contract: a, community: a}]}}`:                                                                                 "alerts.snmp.sources[0].addresses",
		from + `{contract: a, addresses: [0.0.0.0/0], community: a}]}}`:                                                         "alerts.snmp.sources[0].addresses[0]",
		from + `{contract: a, user: a}]}}`:                                                                                      "alerts.snmp.sources[0].addresses",
		from + `{contract: a, user: a, authentication: crc, password: authentication}]}}`:                                       "alerts.snmp.sources[0].authentication",
		from + `{contract: a, user: a, authentication: sha, password: short}]}}`:                                                "alerts.snmp.sources[0].password",
		from + `{contract: a, user: a, authentication: sha, password: authentication, encryption: aes}]}}`:                      "alerts.snmp.sources[0].encryption",
		from + `{contract: a, addresses: [192.0.2.7], community: a, community_file: b}]}}`:                                      "alerts.snmp.sources[0].community_file",
		from + `{contract: a, addresses: [192.0.2.7], community: a}, {contract: b, addresses: [192.0.2.0/28], community: a}]}}`: "alerts.snmp.sources[1]",
	} {
		_, err := Parse("hotline.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want+": ") {
			t.Errorf("%s: %v, want a complaint about %s", text, err, want)
		}
	}
}

func TestListenersOfSyslog(t *testing.T) {
	good := "alerts:\n  syslog:\n    udp: [\"127.0.0.1:1514\"]\n    secure: [\"127.0.0.1:1514\"]\n    tls: {certificate: a, key: b, roots: c}\n    sources:\n" +
		"      - {contract: rossi, addresses: [192.0.2.0/24]}\n      - {contract: bianchi, addresses: [192.0.2.7], certificates: [pbx.example, \"sha-256:" + strings.Repeat("AB:", 31) + "AB\"]}\n" +
		"    rules: [{at_least: err, facilities: [daemon], apps: [a], hosts: [b], text: '(x)', severity: major, problem: '{1}', title: t, over: true}]\n"
	c, err := Parse("hotline.yaml", []byte(good))
	if err != nil || len(c.Alerts.Syslog.Sources) != 2 || len(c.Alerts.Syslog.Rules) != 1 {
		t.Fatalf("%+v %v", c.Alerts, err)
	}
	const from = "alerts: {syslog: {udp: [\"127.0.0.1:1514\"], sources: [{contract: a, addresses: [192.0.2.7]}]"
	for text, want := range map[string]string{
		`alerts: {syslog: {udp: ["127.0.0.1:1514"]}}`:                                                                 "alerts.syslog.sources",
		`alerts: {syslog: {sources: [{contract: a}]}}`:                                                                "alerts.syslog.sources[0].addresses",
		`alerts: {syslog: {secure: ["127.0.0.1:1514"], sources: [{contract: a, addresses: [192.0.2.7]}]}}`:            "alerts.syslog.tls.certificate",
		`alerts: {syslog: {sources: [{contract: a, certificates: [pbx.example]}]}}`:                                   "alerts.syslog.sources[0].certificates[0]",
		`alerts: {syslog: {sources: [{contract: a, certificates: ["sha-256:AB"]}]}}`:                                  "alerts.syslog.sources[0].certificates[0]",
		`alerts: {syslog: {sources: [{contract: a, addresses: [192.0.2.7]}, {contract: b, addresses: [192.0.2.7]}]}}`: "alerts.syslog.sources[1]",
		from + `, rules: [{at_least: bad}]}}`:                                                                         "alerts.syslog.rules[0].at_least",
		from + `, rules: [{facilities: [bad]}]}}`:                                                                     "alerts.syslog.rules[0].facilities",
		from + `, rules: [{text: "("}]}}`:                                                                             "alerts.syslog.rules[0].text",
		from + `, rules: [{ignore: true, problem: a}]}}`:                                                              "alerts.syslog.rules[0].ignore",
	} {
		_, err := Parse("hotline.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want+": ") {
			t.Errorf("%s: %v, want a complaint about %s", text, err, want)
		}
	}
}
