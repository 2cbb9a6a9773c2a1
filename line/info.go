package line

import (
	"strings"

	"hotline/media"
)

// pressInfo hears keys that come by signalling.
func pressInfo(sound *media.Leg) func(contentType string, body []byte) {
	return func(contentType string, body []byte) {
		if k, ok := keyOf(contentType, body); ok {
			sound.Press(k)
		}
	}
}

// keyOf reads the key of an INFO body: application/dtmf-relay says "Signal=5" on one of its lines, application/dtmf the
// key alone, 10 and 11 being * and # for both (as Cisco's gateways and Asterisk send them).
func keyOf(contentType string, body []byte) (media.Key, bool) {
	if len(body) > 512 {
		return 0, false
	}
	for line := range strings.Lines(string(body)) {
		name, value, found := strings.Cut(line, "=")
		if !found && strings.EqualFold(contentType, "application/dtmf") {
			name, value = "signal", name
		}
		if !strings.EqualFold(strings.TrimSpace(name), "signal") {
			continue
		}
		switch value = strings.ToUpper(strings.TrimSpace(value)); value {
		case "10":
			value = "*"
		case "11":
			value = "#"
		}
		if len(value) == 1 && strings.Contains("0123456789*#ABCD", value) {
			return media.Key(value[0]), true
		}
		return 0, false
	}
	return 0, false
}
