package config

import (
	"fmt"
	netmail "net/mail"
	"net/url"
	"strings"
)

// Subject is the contact as push services read it (RFC 8292 section 2.1): mailto: or https:. Empty: there is none, or it is none of both.
func (p Push) Subject() string {
	contact := strings.TrimPrefix(p.Contact, "mailto:")
	if a, err := netmail.ParseAddress(contact); err == nil && a.Address == contact {
		return "mailto:" + contact
	}
	if u, err := url.Parse(p.Contact); err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil {
		return p.Contact
	}
	return ""
}

// push finds what is wrong with push messages to browsers.
func (k *checker) push(p Push) {
	switch {
	case p.Contact == "" && (p.KeyFile != "" || p.Names):
		k.complain("outbox.push.contact", "push services want to know whom to ask", "write an address of e-mail, such as support@example.org, or leave outbox.push out")
	case p.Contact != "" && p.Subject() == "":
		k.complain("outbox.push.contact", fmt.Sprintf("%q is no address", short(p.Contact)), "write an address of e-mail, such as support@example.org, or a page that begins with https://")
	}
}
