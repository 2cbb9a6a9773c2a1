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
