package config

import (
	"strings"
	"testing"
)

func TestCallsFromBrowsersAreChecked(t *testing.T) {
	portal := "mail: {server: mail.example.org:587, from: a@example.org}\nportal: {url: \"https://support.example.org\"}\n"
	local := strings.Replace(portal, "https://support.example.org", "http://127.0.0.1:8080", 1)
	for text, complains := range map[string]string{
		"": "",
		portal + "browser: {udp: [\"0.0.0.0:7880\"], tcp: [\"[::]:7880\"], addresses: [203.0.113.7, \"2001:db8::7\"]}": "",
		local + "browser: {udp: [\"127.0.0.1:7880\"]}":                                                                 "",
		"browser: {udp: [\"0.0.0.0:7880\"]}":                                                                           "portal.url",
		strings.Replace(portal, "https", "http", 1) + "browser: {udp: [\"0.0.0.0:7880\"]}":                             "no page a microphone",
		portal + "browser: {tcp: [\"0.0.0.0:7880\"]}":                                                                  "no address for the sound",
		portal + "browser: {udp: [\"0.0.0.0:7880\"], addresses: [203.0.113.7, 203.0.113.8]}":                           "browser.addresses[1]",
		portal + "browser: {udp: [\"0.0.0.0:7880\"], addresses: [0.0.0.0]}":                                            "browser.addresses[0]",
		portal + "browser: {udp: [\"0.0.0.0:7880\"], calls: 2001}":                                                     "browser.calls",
		portal + "browser: {calls: 0}":                                                                                 "browser.calls",
		portal + "browser: {per_contract: 0}":                                                                          "browser.per_contract",
		portal + "browser: {udp: [7880]}":                                                                              "browser",
	} {
		_, err := Parse("hotline.yaml", []byte(text))
		if complains == "" && err != nil || complains != "" && (err == nil || !strings.Contains(err.Error(), complains)) {
			t.Errorf("%s: %v, want a complaint about %q", text, err, complains)
		}
	}
}
