package sip

import (
	"errors"
	"strings"

	"hotline/sip/body"
)

// allow is what this line serves, for Allow headers (RFC 3261 20.5).
const allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"

// supported is which extensions we know (RFC 3261 20.37): reliable provisional answers and session timers.
const supported = "100rel, timer"

// refusal is an answer given without any state.
type refusal struct {
	code    int
	reason  string
	headers []string // "Name: value"
	tag     string   // of To; empty for a stateless one
}

// verdict is what the guard does with one message.
type verdict struct {
	pass   bool     // hand it down
	answer *refusal // answer it statelessly; nil with !pass: silence
	why    string   // for the log, never text of the message
}

func refuse(code int, reason string, headers ...string) verdict {
	return verdict{answer: &refusal{code: code, reason: reason, headers: headers}, why: reason}
}

func silence(why string) verdict { return verdict{why: why} }

// check judges one message by itself, before anything is known about calls. It
// keeps no state and never panics; an ACK is never answered (RFC 3261 17.1.1.3).
func check(e *envelope, size int) verdict {
	if !e.request {
		return checkResponse(e)
	}
	v := checkRequest(e, size)
	if v.answer != nil && (e.method == "ACK" || len(e.vias) == 0) {
		return silence(v.why)
	}
	return v
}

func checkResponse(e *envelope) verdict {
	switch {
	case e.version != "SIP/2.0", len(e.faults) > 0, len(e.vias) == 0,
		e.from == "", e.to == "", e.callID == "", e.seqOf == "", e.length > len(e.body):
		return silence("broken response")
	}
	return verdict{pass: true}
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

func checkRequest(e *envelope, size int) verdict {
	switch {
	case isScanner(e.agent):
		return silence("scanner")
	case e.version != "SIP/2.0":
		return refuse(505, "Version Not Supported") // RFC 3261 21.5.6
	case size > maxMessage:
		return refuse(513, "Message Too Large") // RFC 3261 21.5.7
	case !isKnown(e.method):
		// Before anything else about it is judged (RFC 3261 8.2.1, RFC 4475 3.1.2.18).
		return refuse(501, "Not Implemented", "Allow: "+allow)
	case e.from == "", e.to == "", e.callID == "", e.cseq == "", len(e.vias) == 0:
		return refuse(400, "Mandatory Header Missing") // RFC 3261 8.1.1
	case len(e.faults) > 0:
		return refuse(400, "Bad "+e.faults[0]) // RFC 3261 7.3.1, 21.4.1
	case badURI(e.uri):
		return refuse(400, "Bad Request-URI") // RFC 3261 19.1.1
	case badVia(e.vias[0]):
		return refuse(400, "Bad Via") // RFC 3261 20.42
	case strings.EqualFold(e.branch(), cookie):
		// Without a branch it is a request of RFC 2543, which is served
		// (RFC 3261 17.2.3); the cookie alone says nothing (RFC 4475 3.2.1).
		return refuse(400, "Via Without Branch")
	case e.seqOf != e.method:
		return refuse(400, "CSeq Method Mismatch") // RFC 3261 8.1.1.5
	case e.length > len(e.body):
		return refuse(400, "Body Too Short") // RFC 3261 18.3
	case hasControl(e.callID), hasBareControl(e.from), hasBareControl(e.to), hasControl(e.uri):
		return refuse(400, "Bad Header")
	case e.forwards == 0 && e.method != "ACK" && e.method != "CANCEL":
		return refuse(483, "Too Many Hops") // RFC 3261 16.3
	}
	switch {
	case e.method == "REFER":
		return refuse(603, "Decline") // RFC 3515 2.4.2
	case !isServed(e.method):
		return refuse(405, "Method Not Allowed", "Allow: "+allow)
	}
	return checkContent(e)
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

func checkContent(e *envelope) verdict {
	scheme, _, _ := strings.Cut(e.uri, ":")
	switch s := strings.ToLower(scheme); {
	case s != "sip" && s != "sips" && s != "tel":
		return refuse(416, "Unsupported URI Scheme") // RFC 3261 21.4.14
	case len(e.unknown()) > 0 && e.method != "ACK" && e.method != "CANCEL":
		return refuse(420, "Bad Extension", "Unsupported: "+safeTokens(e.unknown())) // RFC 3261 8.2.2.3
	case e.expires > 0 && e.expires < minSE && e.timer && (e.method == "INVITE" || e.method == "UPDATE"):
		return refuse(422, "Session Interval Too Small", "Min-SE: 90") // RFC 4028 section 9
	case e.encoding != "" && e.encoding != "identity":
		return refuse(415, "Unsupported Media Type", "Accept-Encoding: identity")
	case (e.method == "INVITE" || e.method == "UPDATE") && !e.takesSDP():
		return refuse(406, "Not Acceptable", `Warning: 399 hotline "Answers are application/sdp only"`) // RFC 4475 3.3.15
	case e.length == 0 || len(e.body) == 0:
		return verdict{pass: true}
	case e.method == "INVITE" || e.method == "UPDATE":
		return e.checkBody()
	}
	return verdict{pass: true}
}

// safeTokens repeats only what is a token, so that no answer carries junk back.
func safeTokens(list []string) string {
	var out []string
	for _, o := range list {
		if isToken(o) && len(o) <= 32 && len(out) < 8 {
			out = append(out, o)
		}
	}
	return strings.Join(out, ", ")
}

// checkBody judges the body of a request that may carry a description.
func (e *envelope) checkBody() verdict {
	switch _, err := e.description(); {
	case errors.Is(err, body.ErrKind):
		return refuse(415, "Unsupported Media Type", "Accept: "+body.Acceptable) // RFC 3261 8.2.3
	case err != nil:
		return refuse(400, "Bad Multipart")
	}
	return verdict{pass: true}
}

func (e *envelope) description() ([]byte, error) {
	octets := e.body
	if e.length >= 0 && e.length < len(octets) {
		octets = octets[:e.length] // what follows it in a datagram belongs to nothing (RFC 3261 18.3)
	}
	return body.Description(e.content, e.disposition, octets)
}
