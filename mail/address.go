package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"

	"hotline/directory"
	"hotline/tickets"
)

// Addresses are those of this house, and the tokens in them: support+417.k3v9qx2m@example.org is about ticket 417, and
// support+rossi-24.m2x8b7dd@example.org is of contract rossi-24. Nobody without the key can make one. Safe for concurrent use.
type Addresses struct {
	Main string // support@example.org, in lower case
	Key  []byte // secret
}

// KeyOf derives the key of tokens from a secret of the house.
func KeyOf(secret []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte("hotline mail addresses 1"))
	return m.Sum(nil)
}

const tokenLength = 8 // of base32: 40 bits, and each guess is one mail

func (a Addresses) token(kind, what string) string {
	m := hmac.New(sha256.New, a.Key)
	m.Write([]byte(kind + " " + what))
	return strings.ToLower(base32.StdEncoding.EncodeToString(m.Sum(nil)))[:tokenLength]
}

// Ticket is the address of one ticket.
func (a Addresses) Ticket(n tickets.Number) string {
	name := strconv.FormatInt(int64(n), 10)
	return a.with(name, a.token("ticket", name))
}

// Contract is the address of one contract; it can be printed for the customer.
func (a Addresses) Contract(c directory.ContractID) string {
	name := strings.ToLower(string(c))
	return a.with(name, a.token("contract", name))
}

func (a Addresses) with(name, token string) string {
	local, domain, _ := strings.Cut(a.Main, "@")
	return fmt.Sprintf("%s+%s.%s@%s", local, name, token, domain)
}

// Meant is what an address of this house means.
type Meant struct {
	Ticket   tickets.Number
	Contract string // in lower case
	Beat     string // key of a heartbeat; whether there is one the address does not say
}

// beat is the name in the address of a heartbeat: support+ping.KEY@example.org.
const beat = "ping"

// keyMost is how many characters the key of a heartbeat may have, and keyLeast how many it has at least.
const keyLeast, keyMost = 16, 64

// Of reads an address; ok tells whether letters to it are taken. A token that is not right makes it another one's: unknown.
func (a Addresses) Of(address string) (m Meant, ok bool) {
	address = strings.ToLower(address)
	if address == a.Main {
		return Meant{}, true
	}
	local, domain, _ := strings.Cut(a.Main, "@")
	tag, ours := strings.CutPrefix(address, local+"+")
	tag, here := strings.CutSuffix(tag, "@"+domain)
	if !ours || !here || len(tag) > 100 {
		return Meant{}, false
	}
	at := strings.LastIndexByte(tag, '.')
	if at < 0 {
		return Meant{}, false
	}
	name, token := tag[:at], tag[at+1:]
	if name == beat && len(token) >= keyLeast && len(token) <= keyMost {
		return Meant{Beat: token}, true
	}
	n, err := strconv.ParseInt(name, 10, 64)
	if err == nil && n > 0 && hmac.Equal([]byte(token), []byte(a.token("ticket", name))) {
		return Meant{Ticket: tickets.Number(n)}, true
	}
	if hmac.Equal([]byte(token), []byte(a.token("contract", name))) {
		return Meant{Contract: name}, true
	}
	return Meant{}, false
}

// MessageID makes the Message-ID of a letter about a ticket; name tells letters about one ticket apart. Only who got the letter can
// know it.
func (a Addresses) MessageID(name string, n tickets.Number) string {
	number := strconv.FormatInt(int64(n), 10)
	return fmt.Sprintf("%s.%s.%s", name, number, a.token("message", number))
}

// OfMessage reads a Message-ID of ours.
func (a Addresses) OfMessage(id string) (tickets.Number, bool) {
	local, _, _ := strings.Cut(id, "@")
	parts := strings.Split(local, ".")
	if len(parts) < 3 {
		return 0, false
	}
	number, token := parts[len(parts)-2], parts[len(parts)-1]
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || !hmac.Equal([]byte(strings.ToLower(token)), []byte(a.token("message", number))) {
		return 0, false
	}
	return tickets.Number(n), true
}
