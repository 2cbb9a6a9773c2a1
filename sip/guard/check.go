package guard

import (
	"errors"
	"strings"
	"time"

	"hotline/sip/body"
	"hotline/sip/syntax"
)

// What is wrong with a message by itself, and which answer that gets. The guard calls check for each message before it asks
// whether the message belongs to a call.

// Allow is what this line serves, for Allow headers (RFC 3261 20.5).
const Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"

// Supported is which extensions we know (RFC 3261 20.37): reliable provisional answers and session timers.
const Supported = "100rel, timer"

// MinSE is the shortest session interval that we take, the least that RFC 4028 section 5 allows.
const MinSE = 90 * time.Second

// Refusal is an answer given without any state.
type Refusal struct {
	Code    int
	Reason  string
	Headers []string // "Name: value"
	Tag     string   // of To; empty for one made of the request
}

// Verdict is what becomes of one message.
type Verdict struct {
	Pass   bool     // sipgo gets it
	Answer *Refusal // it is answered statelessly; nil with !Pass: silence
	Why    string   // for the log and the count, never text of the message
}

// Admitted lets a message pass.
func Admitted() Verdict { return Verdict{Pass: true} }

// Refuse answers a message statelessly; headers are "Name: value".
func Refuse(code int, reason string, headers ...string) Verdict {
	return Verdict{Answer: &Refusal{Code: code, Reason: reason, Headers: headers}, Why: reason}
}

// Silence drops a message.
func Silence(why string) Verdict { return Verdict{Why: why} }

// check judges one message by itself, before anything is known about calls. It keeps no state and never panics. An ACK is
// never answered (RFC 3261 17.1.1.3).
func check(m *syntax.Message, size int) Verdict {
	if !m.Request {
		return checkResponse(m)
	}
	v := checkRequest(m, size)
	if v.Answer != nil && (m.Method == "ACK" || len(m.Vias) == 0) {
		return Silence(v.Why)
	}
	return v
}

func checkResponse(m *syntax.Message) Verdict {
	switch {
	case m.Version != "SIP/2.0", len(m.Faults) > 0, len(m.Vias) == 0,
		m.From == "", m.To == "", m.CallID == "", m.CSeq.Method == "", m.Body.Length > len(m.Body.Octets):
		return Silence("broken response")
	}
	return Admitted()
}

// scanners are User-Agents of tools that look for lines to defraud; they get no
// answer at all, so that they learn nothing.
var scanners = [...]string{"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipsak", "sundayddr", "vaxasip", "pplsip", "iwar", "sivus", "gulp", "smap"}

func isScanner(agent string) bool {
	a := strings.ToLower(agent)
	for _, s := range scanners {
		if strings.Contains(a, s) {
			return true
		}
	}
	return false
}

func checkRequest(m *syntax.Message, size int) Verdict {
	switch {
	case isScanner(m.UserAgent):
		return Silence("scanner")
	case m.Version != "SIP/2.0":
		return Refuse(505, "Version Not Supported") // RFC 3261 21.5.6
	case size > syntax.MaxMessage:
		return Refuse(513, "Message Too Large") // RFC 3261 21.5.7
	case !isKnown(m.Method):
		// Before anything else about it is judged (RFC 3261 8.2.1, RFC 4475 3.1.2.18).
		return Refuse(501, "Not Implemented", "Allow: "+Allow)
	case m.From == "", m.To == "", m.CallID == "", m.CSeq.Text == "", len(m.Vias) == 0:
		return Refuse(400, "Mandatory Header Missing") // RFC 3261 8.1.1
	case len(m.Faults) > 0:
		return Refuse(400, "Bad "+m.Faults[0]) // RFC 3261 7.3.1, 21.4.1
	case syntax.BadURI(m.URI):
		return Refuse(400, "Bad Request-URI") // RFC 3261 19.1.1
	case syntax.BadVia(m.Vias[0]):
		return Refuse(400, "Bad Via") // RFC 3261 20.42
	case strings.EqualFold(m.Branch(), syntax.MagicCookie):
		// Without a branch it is a request of RFC 2543, which is served
		// (RFC 3261 17.2.3); the cookie alone says nothing (RFC 4475 3.2.1).
		return Refuse(400, "Via Without Branch")
	case m.CSeq.Method != m.Method:
		return Refuse(400, "CSeq Method Mismatch") // RFC 3261 8.1.1.5
	case m.Body.Length > len(m.Body.Octets):
		return Refuse(400, "Body Too Short") // RFC 3261 18.3
	case syntax.HasControl(m.CallID), syntax.HasBareControl(m.From), syntax.HasBareControl(m.To), syntax.HasControl(m.URI):
		return Refuse(400, "Bad Header")
	case m.MaxForwards == 0 && m.Method != "ACK" && m.Method != "CANCEL":
		return Refuse(483, "Too Many Hops") // RFC 3261 16.3
	}
	switch {
	case m.Method == "REFER":
		return Refuse(603, "Decline") // RFC 3515 2.4.2
	case !isServed(m.Method):
		return Refuse(405, "Method Not Allowed", "Allow: "+Allow)
	}
	return checkContent(m)
}

func isServed(method string) bool {
	switch method {
	case "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "PRACK":
		return true
	}
	return false
}

// isKnown tells methods that are served or refused by name from those that nobody
// here has heard of (RFC 3261 8.2.1, 21.5.2).
func isKnown(method string) bool {
	switch method {
	case "REGISTER", "SUBSCRIBE", "NOTIFY", "MESSAGE", "PUBLISH", "REFER":
		return true
	}
	return isServed(method)
}

func checkContent(m *syntax.Message) Verdict {
	scheme, _, _ := strings.Cut(m.URI, ":")
	switch s := strings.ToLower(scheme); {
	case s != "sip" && s != "sips" && s != "tel":
		return Refuse(416, "Unsupported URI Scheme") // RFC 3261 21.4.14
	case len(m.UnknownExtensions()) > 0 && m.Method != "ACK" && m.Method != "CANCEL":
		return Refuse(420, "Bad Extension", "Unsupported: "+safeTokens(m.UnknownExtensions())) // RFC 3261 8.2.2.3
	case m.SessionExpires > 0 && m.SessionExpires < MinSE && m.Timer && (m.Method == "INVITE" || m.Method == "UPDATE"):
		return Refuse(422, "Session Interval Too Small", "Min-SE: 90") // RFC 4028 section 9
	case m.Body.Encoding != "" && m.Body.Encoding != "identity":
		return Refuse(415, "Unsupported Media Type", "Accept-Encoding: identity")
	case (m.Method == "INVITE" || m.Method == "UPDATE") && !m.TakesSDP():
		return Refuse(406, "Not Acceptable", `Warning: 399 hotline "Answers are application/sdp only"`) // RFC 4475 3.3.15
	case m.Body.Length == 0 || len(m.Body.Octets) == 0:
		return Admitted()
	case m.Method == "INVITE" || m.Method == "UPDATE":
		return checkBody(m)
	}
	return Admitted()
}

// safeTokens repeats only what is a token, so that no answer carries junk back.
func safeTokens(list []string) string {
	var out []string
	for _, o := range list {
		if syntax.IsToken(o) && len(o) <= 32 && len(out) < 8 {
			out = append(out, o)
		}
	}
	return strings.Join(out, ", ")
}

// checkBody judges the body of a request that may carry a description.
func checkBody(m *syntax.Message) Verdict {
	switch _, err := m.Description(); {
	case errors.Is(err, body.ErrKind):
		return Refuse(415, "Unsupported Media Type", "Accept: "+body.Acceptable) // RFC 3261 8.2.3
	case err != nil:
		return Refuse(400, "Bad Multipart")
	}
	return Admitted()
}
