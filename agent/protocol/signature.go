// Package protocol is what an agent at an installation and hotline say to each other: the configuration with its checks, the messages
// with what was found, and how both are signed.
//
// Every question and every answer is signed with HMAC-SHA256 (RFC 2104) by a secret that both know, and which is never sent. The
// signature covers the time, so that an old one is refused, and a message has a sequence that the server keeps, so that none is
// taken twice. An answer is signed together with the signature of its question: it answers nothing else.
//
// Package agent speaks it at the installation, agent/receiver at the server. It starts no goroutine and asks no time.
package protocol

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Skew is how far the time of a signature may be from the server's.
const Skew = 5 * time.Minute

// The headers of signed questions and answers.
const (
	AgentHeader     = "Hotline-Agent"     // the agent and the generation of its token: rossi-plant.1
	TimeHeader      = "Hotline-Time"      // seconds since 1970, UTC
	SignatureHeader = "Hotline-Signature" // v1= and 64 hexadecimal digits
)

// Token is what an agent needs to speak for an installation.
type Token struct {
	Agent      string
	Generation int // how many tokens it was given; the former ones are unknown
	Secret     []byte
}

// secretSize is how many octets a secret has.
const secretSize = sha256.Size

// NewToken makes the token of an agent of a secret of the house. A copy of the database alone makes none.
func NewToken(house []byte, agent string, generation int) Token {
	mac := hmac.New(sha256.New, house)
	fmt.Fprintf(mac, "hotline agent\n%s\n%d", agent, generation)
	return Token{agent, generation, mac.Sum(nil)}
}

// errToken is a text that is no token.
var errToken = errors.New("this is no token of an agent; POST /api/v1/agents/ID/token gives one, such as rossi-plant.1.3q2-7w")

// ParseToken reads a token.
func ParseToken(s string) (t Token, err error) {
	rest, secret, _ := cutLast(strings.TrimSpace(s))
	agent, generation, _ := cutLast(rest)
	t.Agent = agent
	t.Generation, err = strconv.Atoi(generation)
	if err != nil || t.Generation < 1 || !name.MatchString(agent) {
		return Token{}, errToken
	}
	if t.Secret, err = base64.RawURLEncoding.DecodeString(secret); err != nil || len(t.Secret) != secretSize {
		return Token{}, errToken
	}
	return t, nil
}

// cutLast cuts a text at its last full stop: names of agents may have some.
func cutLast(s string) (before, after string, found bool) {
	at := strings.LastIndexByte(s, '.')
	if at < 0 {
		return s, "", false
	}
	return s[:at], s[at+1:], true
}

// String is the token as it is written into a file. It is a secret.
func (t Token) String() string {
	return t.name() + "." + base64.RawURLEncoding.EncodeToString(t.Secret)
}

// name is the token without its secret.
func (t Token) name() string { return t.Agent + "." + strconv.Itoa(t.Generation) }

// Named reads whom a question says it is from; false: it does not say it.
func Named(h http.Header) (agent string, generation int, ok bool) {
	agent, number, _ := cutLast(h.Get(AgentHeader))
	generation, err := strconv.Atoi(number)
	return agent, generation, err == nil && generation > 0 && name.MatchString(agent)
}

// SignRequest signs a question that is asked at an instant.
func (t Token) SignRequest(r *http.Request, body []byte, at time.Time) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set(AgentHeader, t.name())
	r.Header.Set(TimeHeader, seconds)
	r.Header.Set(SignatureHeader, t.request(r.Method, below(r.URL.Path), seconds, body))
}

func (t Token) request(method, path, seconds string, body []byte) string {
	return t.sign("question", method, path, t.name(), seconds, digest(body))
}

// Verified tells whether a question is signed by this token, and when it says it was.
func (t Token) Verified(r *http.Request, body []byte) (at time.Time, ok bool) {
	seconds := r.Header.Get(TimeHeader)
	n, err := strconv.ParseInt(seconds, 10, 64)
	want := t.request(r.Method, below(r.URL.Path), seconds, body)
	return time.Unix(n, 0).UTC(), err == nil && hmac.Equal([]byte(want), []byte(r.Header.Get(SignatureHeader)))
}

// SignAnswer signs the answer to a question of this signature. tag is its ETag.
func (t Token) SignAnswer(h http.Header, question string, status int, tag string, body []byte, at time.Time) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	h.Set(TimeHeader, seconds)
	h.Set(SignatureHeader, t.sign("answer", question, strconv.Itoa(status), strong(tag), seconds, digest(body)))
}

// Answered tells whether an answer belongs to a question of this signature, and when the server gave it by its own clock.
func (t Token) Answered(r *http.Response, question string, body []byte) (at time.Time, ok bool) {
	seconds := r.Header.Get(TimeHeader)
	n, err := strconv.ParseInt(seconds, 10, 64)
	want := t.sign("answer", question, strconv.Itoa(r.StatusCode), strong(r.Header.Get("ETag")), seconds, digest(body))
	return time.Unix(n, 0).UTC(), err == nil && hmac.Equal([]byte(want), []byte(r.Header.Get(SignatureHeader)))
}

// sign signs parts, none of which holds a line feed: HTTP allows none in a method, a path or a header.
func (t Token) sign(parts ...string) string {
	mac := hmac.New(sha256.New, t.Secret)
	mac.Write([]byte("hotline agent 1\n" + strings.Join(parts, "\n")))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// below is a path without what a proxy in front of the server takes away.
func below(path string) string {
	return path[max(0, strings.LastIndex(path, Prefix)):]
}

// strong is an ETag as the server gave it: a proxy that compresses an answer makes it a weak one (RFC 9110, section 8.8.3).
func strong(tag string) string { return strings.TrimPrefix(tag, "W/") }

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// Prefix is where agents' paths begin at the server.
const Prefix = "/agent/"

// MessagesPath is where an agent's messages go, ConfigurationPath where its configuration is.
func MessagesPath(agent string) string { return Prefix + agent + "/messages" }

// ConfigurationPath is where an agent's configuration is.
func ConfigurationPath(agent string) string { return Prefix + agent + "/configuration" }
