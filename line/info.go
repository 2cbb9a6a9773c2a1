package line

import (
	"strings"
	"sync"

	"hotline/media"
	"hotline/media/dtmf"
)

// longestInfo is the longest body that holds a key, octets.
const longestInfo = 512

// infoKeys hears the keys of one dialog that come by signalling. Safe for concurrent use.
type infoKeys struct {
	press func(dtmf.Key)

	mu   sync.Mutex
	down dtmf.Event // the event whose end has not come; Code is noEvent for none
}

const noEvent = 0xff

// pressInfo hears keys that come by signalling. It tells whether a body was understood.
func pressInfo(sound *media.Leg) func(contentType string, body []byte) bool {
	return (&infoKeys{press: sound.ReceiveInfo, down: dtmf.Event{Code: noEvent}}).body
}

func (i *infoKeys) body(contentType string, body []byte) bool {
	if contentType == "audio/telephone-event" && !printable(body) {
		return i.event(body)
	}
	k, ok := keyOf(contentType, body)
	if ok {
		i.press(k)
	}
	return ok
}

// event takes a body that is a payload of RFC 4733, as Cisco's gateways send it. A press is one such body, or a begin, updates
// and an end.
func (i *infoKeys) event(body []byte) bool {
	e, ok := dtmf.ParseEvent(body)
	if !ok || !dtmf.IsKeyEvent(body) {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	same := e.Code == i.down.Code && (e.End || e.Duration > i.down.Duration)
	if i.down = e; e.End {
		i.down.Code = noEvent
	}
	if !same {
		i.press(e.Key())
	}
	return true
}

// printable tells whether a body is text.
func printable(body []byte) bool {
	for _, b := range body {
		if (b < ' ' || b > '~') && b != '\r' && b != '\n' && b != '\t' {
			return false
		}
	}
	return true
}

// keyOf reads the key of an INFO body of text: "Signal=5" on one of its lines (application/dtmf-relay), "d=5" (Nortel's
// digits), or the key alone. Values stand in quotation marks or not; 10 and 11 are * and #, as event codes are.
func keyOf(contentType string, body []byte) (dtmf.Key, bool) {
	switch contentType {
	case "application/dtmf-relay", "application/dtmf", "audio/telephone-event", "application/vnd.nortelnetworks.digits":
	default:
		return 0, false
	}
	if len(body) > longestInfo {
		return 0, false
	}
	for line := range strings.Lines(string(body)) {
		name, value, found := strings.Cut(line, "=")
		if !found {
			name, value, found = strings.Cut(line, ":")
		}
		switch name = strings.ToLower(strings.TrimSpace(name)); {
		case found && name != "signal" && name != "d":
			continue
		case !found && name == "":
			continue
		case !found:
			value = name
		}
		return keyNamed(value)
	}
	return 0, false
}

// keyNamed reads a key, or its event code.
func keyNamed(value string) (dtmf.Key, bool) {
	value = strings.ToUpper(strings.TrimSpace(value))
	if len(value) > 2 && value[0] == '"' && value[len(value)-1] == '"' {
		value = strings.TrimSpace(value[1 : len(value)-1])
	}
	switch {
	case len(value) == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5':
		return dtmf.Event{Code: 10 + value[1] - '0'}.Key(), true
	case len(value) == 1 && strings.Contains("0123456789*#ABCD", value):
		return dtmf.Key(value[0]), true
	}
	return 0, false
}
