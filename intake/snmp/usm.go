package snmp

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/gosnmp/gosnmp"
)

// User is who speaks SNMPv3 (RFC 3414). Without authentication everybody may speak in the name.
type User struct {
	Name           string
	Authentication string // md5, sha, sha224, sha256, sha384 or sha512; empty: none
	Password       string // of the authentication
	Encryption     string // des, aes, aes192 or aes256; empty: none
	Secret         string // the password of the encryption
}

// Authentications and Encryptions are the protocols that a user may have.
func Authentications() []string {
	return []string{"md5", "sha", "sha224", "sha256", "sha384", "sha512"}
}

// Encryptions are those of a user; aes192 and aes256 as Cisco and most others extend their keys.
func Encryptions() []string { return []string{"des", "aes", "aes192", "aes256"} }

// passwordLeast is the length below which RFC 3414 section 11.2 forbids a password.
const passwordLeast = 8

// reader makes what reads the user's messages.
func (u User) reader() (*gosnmp.GoSNMP, gosnmp.SnmpV3MsgFlags, error) {
	usm := &gosnmp.UsmSecurityParameters{
		UserName: u.Name, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv, AuthenticationPassphrase: u.Password, PrivacyPassphrase: u.Secret,
	}
	flags := gosnmp.NoAuthNoPriv
	if u.Authentication != "" {
		p, known := map[string]gosnmp.SnmpV3AuthProtocol{
			"md5": gosnmp.MD5, "sha": gosnmp.SHA, "sha224": gosnmp.SHA224, "sha256": gosnmp.SHA256, "sha384": gosnmp.SHA384, "sha512": gosnmp.SHA512,
		}[u.Authentication]
		if !known || len(u.Password) < passwordLeast {
			return nil, 0, fmt.Errorf("user %s: the authentication must be one of %s, with a password of %d characters at least", u.Name, strings.Join(Authentications(), ", "), passwordLeast)
		}
		usm.AuthenticationProtocol, flags = p, gosnmp.AuthNoPriv
	}
	if u.Encryption != "" {
		p, known := map[string]gosnmp.SnmpV3PrivProtocol{"des": gosnmp.DES, "aes": gosnmp.AES, "aes192": gosnmp.AES192C, "aes256": gosnmp.AES256C}[u.Encryption]
		if !known || len(u.Secret) < passwordLeast || u.Authentication == "" {
			return nil, 0, fmt.Errorf("user %s: the encryption must be one of %s, with an authentication and a password of %d characters at least", u.Name, strings.Join(Encryptions(), ", "), passwordLeast)
		}
		usm.PrivacyProtocol, flags = p, gosnmp.AuthPriv
	}
	return &gosnmp.GoSNMP{Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, MsgFlags: flags, SecurityParameters: usm}, flags, nil
}

// window is how far a message's time may be from what is known of its engine (RFC 3414 section 2.2.3).
const window = 150 * time.Second

// bootsMost is the count that says that an engine can be trusted no more (RFC 3414 section 2.2.1).
const bootsMost = 1<<31 - 1

// engine is this program as the authority for informs (RFC 3414 section 2.2.1). Its count of boots is the time of its start, in
// seconds, so that it grows with each start and nothing has to be kept.
type engine struct {
	id    string
	since time.Time
}

// epoch is from when boots count; there is room for 68 years.
const epoch = 1_700_000_000

// enterprise is the number that RFC 5612 keeps for those who have none.
const enterprise = 32473

// newEngine makes an engine that is called the same at each start of one installation of this program.
func newEngine(name string, since time.Time) engine {
	sum := sha256.Sum256([]byte(name))
	id := []byte{0x80 | enterprise>>24, enterprise >> 16 & 0xff, enterprise >> 8 & 0xff, enterprise & 0xff, 5} // RFC 3411 section 5: octets of one's own follow
	return engine{string(append(id, sum[:12]...)), since}
}

func (e engine) boots() uint32 { return uint32(min(max(e.since.Unix()-epoch, 1), bootsMost-1)) }
func (e engine) time(now time.Time) uint32 {
	return uint32(min(max(now.Sub(e.since)/time.Second, 0), bootsMost))
}
func (e engine) timely(u *gosnmp.UsmSecurityParameters, now time.Time) bool {
	off := time.Duration(int64(u.AuthoritativeEngineTime)-int64(e.time(now))) * time.Second
	return u.AuthoritativeEngineBoots == e.boots() && off.Abs() <= window
}

// copiesMost is how many messages are remembered, so that a copy of one is known.
const copiesMost = 1 << 15

// copies knows messages that were proven, by what proved them. RFC 3414 section 3.2 (step 7b) has a receiver compare the clocks
// of engines instead. But some engines begin their clock anew at each start, such as the command snmptrap; they would not be
// heard for a long time after a restart. So we refuse a message because it is a copy, not because of its time. One goroutine uses
// it.
type copies struct {
	known map[string]bool
	ring  []string
	next  int
}

// first tells whether a message is no copy of one that came before, and remembers it.
func (c *copies) first(proof string) bool {
	if c.known[proof] {
		return false
	}
	if c.known == nil {
		c.known = map[string]bool{}
	}
	if len(c.ring) < copiesMost {
		c.ring = append(c.ring, proof)
	} else {
		delete(c.known, c.ring[c.next])
		c.ring[c.next] = proof
		c.next = (c.next + 1) % copiesMost
	}
	c.known[proof] = true
	return true
}
