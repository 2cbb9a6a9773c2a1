package siptest

import (
	"bytes"
	"fmt"
	"regexp"
)

// Torture is one message of RFC 4475 or RFC 5118 and what this line makes of it.
// The line is an endpoint that is called: no proxy, no registrar. Where the RFCs
// leave a choice, why says which one is taken; as a rule a broken start line,
// count or framing is refused. An ugly address that nobody can misread is borne, because a customer who cannot call is
// worse than a peer not corrected.
type Torture struct {
	Name, Section string // of the message, and in the RFC
	Want          string // a status, or one of the words below
	Header        string // a header line of the answer that matters
	From          string // where its top Via wants the answer; empty: 192.0.2.9:5060
	Stream        string // what is different on a stream; empty: nothing
	Why           string
}

// What becomes of a message that gets no single final answer.
const (
	Rings   = "rings"   // 100, 180; then the test cancels: 200, 487, ACK
	Silence = "silence" // no answer at all
)

// What is different on a stream.
const (
	Closed   = "closed"   // the same answer, then the connection is closed
	Stalls   = "stalls"   // the rest is waited for, in vain; then it is closed
	Datagram = "datagram" // it means something else on a stream: not sent there
)

const (
	allowed  = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE"
	noPlace  = "valid, but this line is no registrar: 405 (RFC 3261 8.2.1)"
	nobody   = "a response to nothing of ours is dropped (RFC 3261 18.1.2)"
	accepted = "valid and an INVITE: the telephone rings"
)

// RFC4475 are the messages of RFC 4475, in testdata/rfc4475 of package sip.
func RFC4475() []Torture {
	return []Torture{
		// 3.1.1: valid messages that look wrong.
		{"wsinv", "3.1.1.1", "481", "", "", "", "well-formed in spite of folds and blanks everywhere; its To tag names no call of ours (RFC 3261 12.2.2)"},
		{"intmeth", "3.1.1.2", "501", allowed, "", "", "every octet is legal, quoted NUL and BEL too; the method is unknown"},
		{"esc01", "3.1.1.3", Rings, "", "", "", accepted + "; %75 is u, %25%34%31 is not A"},
		{"escnull", "3.1.1.4", "405", allowed, "", "", noPlace + "; %00 ends nothing"},
		{"esc02", "3.1.1.5", "501", allowed, "", "", "RE%47IST%45R is not REGISTER: % escapes nothing in a method"},
		{"lwsdisp", "3.1.1.6", "200", allowed, "", "", "no blank between display name and <: a known fault of the grammar, accepted"},
		{"longreq", "3.1.1.7", Rings, "", "", "", accepted + "; 34 Vias, the top one of RFC 2543 without a branch (RFC 3261 17.2.3)"},
		{"dblreq", "3.1.1.8", "405", allowed, "", Datagram, noPlace + "; the INVITE behind its end is noise in a datagram (RFC 3261 18.3) and another message on a stream"},
		{"semiuri", "3.1.1.9", "200", allowed, "", "", "semicolons may stand in a user part"},
		{"transports", "3.1.1.10", "200", allowed, "", "", "unknown transports in lower Vias are nobody's business"},
		{"mpart01", "3.1.1.11", "405", allowed, "", "", "valid with its NULs in the body, but MESSAGE is not served"},
		{"unreason", "3.1.1.12", Silence, "", "", "", "valid; " + nobody},
		{"noreason", "3.1.1.13", Silence, "", "", "", "valid; " + nobody},

		// 3.1.2: invalid messages.
		{"badinv01", "3.1.2.1", "400", "", "", "", "empty parameters and elements in the top Via"},
		{"clerr", "3.1.2.2", "400", "", "", Stalls, "the body is shorter than it says; on a stream the rest may come"},
		{"ncl", "3.1.2.3", "400", "", "", Closed, "a negative Content-Length; on a stream nobody knows where the next message begins"},
		{"scalar02", "3.1.2.4", "400", "", "", "", "a CSeq above 2**31: without a number there is no transaction, so 400 comes before 405"},
		{"scalarlg", "3.1.2.5", Silence, "", "", "", "a response with an overlarge CSeq is dropped"},
		{"quotbal", "3.1.2.6", "400", "", "192.0.2.9:5050", "", "the quote in To never ends, and no inference is reasonable enough"},
		{"ltgtruri", "3.1.2.7", "400", "", "", "", "<> round the Request-URI: liberal elements may read it, we refuse a broken start line"},
		{"lwsruri", "3.1.2.8", "400", "", "", "", "a blank in the Request-URI: as above, and before its To tag is looked for"},
		{"lwsstart", "3.1.2.9", "400", "", "", "", "two blanks in the start line: as above"},
		{"trws", "3.1.2.10", "400", "", "", "", "blanks behind the start line: as above"},
		{"escruri", "3.1.2.11", "400", "", "", "", "headers in the Request-URI (RFC 3261 19.1.1): refused rather than ignored"},
		{"baddate", "3.1.2.12", Rings, "", "", "", "EST is no zone for a Date, but nobody here reads it: it should not be refused"},
		{"regbadct", "3.1.2.13", "405", allowed, "", "", "no registrar: the method is judged before a Contact that only a registrar reads (RFC 3261 8.2.1); a registrar would say 400"},
		{"badaspec", "3.1.2.14", "400", "", "", "", "blanks inside < >: refused, as is reasonable, rather than ignored"},
		{"baddn", "3.1.2.15", "400", "", "", Stalls, "the archive's octets end without the empty line, so the datagram is cut short; the display names alone would be borne"},
		{"badvers", "3.1.2.16", "505", "", "", "", "SIP/7.0"},
		{"mismatch01", "3.1.2.17", "400", "", "", "", "OPTIONS with the CSeq of an INVITE"},
		{"mismatch02", "3.1.2.18", "501", allowed, "", "", "the same with an unknown method: 501 rather than 400, as the RFC prefers"},
		{"bigcode", "3.1.2.19", Silence, "", "", "", "a response above 699 is dropped"},

		// 3.2 to 3.4: sound syntax, trouble above it.
		{"badbranch", "3.2.1", "400", "", "", "", "the cookie without an identifier: refused, without state, rather than treated as RFC 2543"},
		{"insuf", "3.3.1", "400", "", "", "", "no From, To and Call-ID"},
		{"unkscm", "3.3.2", "416", "", "", "", "an unknown scheme"},
		{"novelsc", "3.3.3", "416", "", "", "", "a known scheme that never reaches a telephone"},
		{"unksm2", "3.3.4", "405", allowed, "", "", noPlace + "; a registrar would say 400"},
		{"bext01", "3.3.5", "420", "Unsupported: nothingSupportsThis, nothingSupportsThisEither", "", "", "Require names what nobody has; Proxy-Require is for proxies"},
		{"invut", "3.3.6", "415", "Accept: application/sdp", "", "", "a body that is no SDP"},
		{"regaut01", "3.3.7", "405", allowed, "", "", noPlace + "; its Authorization is not looked at"},
		{"multi01", "3.3.8", "400", "", "", "", "two of everything that may stand once"},
		{"mcl01", "3.3.9", "400", "", "", Closed, "two Content-Lengths; on a stream nobody knows where the next message begins"},
		{"bcast", "3.3.10", Silence, "", "", "", nobody + ", and certainly not sent to 255.255.255.255"},
		{"zeromf", "3.3.11", "483", "", "", "", "an endpoint should go on as if there were hops left; we choose 483 for every method but ACK and CANCEL"},
		{"cparam01", "3.3.12", "405", allowed, "", "", noPlace},
		{"cparam02", "3.3.13", "405", allowed, "", "", noPlace},
		{"regescrt", "3.3.14", "405", allowed, "", "", noPlace},
		{"sdp01", "3.3.15", "406", "Warning: 399", "", "", "an INVITE that does not accept SDP; 400 would do as well"},
		{"inv2543", "3.4.1", Rings, "", "", Closed, "RFC 2543: no branch, no From tag, no Max-Forwards, no Content-Length. Accepted; on a stream the missing length is refused with 400"},

		// In the archive, in no section.
		{"test", "-", Silence, "", "", Closed, "no version, no Via: not SIP, and nowhere to send an answer"},
	}
}

// RFC5118 are those of RFC 5118, in testdata/rfc5118.
func RFC5118() []Torture {
	return []Torture{
		{"ipv6-good", "4.1", "405", allowed, v6caller, "", noPlace},
		{"ipv6-bad", "4.2", "400", "", v6caller, "", "an IPv6 address without [ ] in the Request-URI"},
		{"port-ambiguous", "4.3", "405", allowed, v6caller, "", noPlace + "; [2001:db8::10:5070] is a whole address, not what the sender meant, but well-formed"},
		{"port-unambiguous", "4.4", "405", allowed, v6caller, "", noPlace},
		{"via-received-param-with-delim", "4.5", "481", "", v6caller, "", "received is read with [ ] and without; the BYE is of no call of ours"},
		{"via-received-param-no-delim", "4.5", "200", allowed, v6caller, "", "received is read with [ ] and without"},
		{"ipv6-in-sdp", "4.6", Rings, "", "[2001:db8::20]:5060", "", accepted},
		{"mult-ip-in-header", "4.7", "481", "", "[2001:db8::9:1]:6050", "", "addresses of both families in the Vias; the BYE is of no call of ours"},
		{"mult-ip-in-sdp", "4.8", Rings, "", v6caller, "", accepted + "; what its SDP says of addresses is for the media to judge"},
		{"ipv4-mapped-ipv6", "4.9", Rings, "", "192.0.2.10:19823", "", accepted},
		{"ipv6-bug-abnf-3-colons", "4.10", "200", allowed, "", "", "three colons, an old fault of the grammar, must be borne"},
		{"ipv6-correct-abnf-2-colons", "4.10", "200", allowed, "", "", "the same, right"},
	}
}

const v6caller = "[2001:db8::9:1]:5060"

// AsSent makes of a file of RFC 5118's archive the message it stands for: the archive has LF for CRLF, forgets two empty
// lines and counts no body right.
func AsSent(archived []byte) []byte {
	head, body, _ := bytes.Cut(bytes.ReplaceAll(archived, []byte("\n"), []byte("\r\n")), []byte("\r\n\r\n"))
	head = regexp.MustCompile(`Content-Length: \d+`).ReplaceAll(bytes.TrimSuffix(head, []byte("\r\n")), fmt.Appendf(nil, "Content-Length: %d", len(body)))
	return append(append(head, "\r\n\r\n"...), body...)
}
