package config

import (
	"fmt"
	"net"
	"net/mail"
	"slices"
	"strconv"

	"hotline/tickets"
)

// mail finds what is wrong with the mail server and its readers.
func (k *checker) mail(m Mail) {
	if !oneOf(string(m.Security), string(SecurityStartTLS), string(SecurityTLS), string(SecurityNone)) {
		k.complain("mail.security", fmt.Sprintf("%q is unknown", short(string(m.Security))), "use starttls, tls or none")
	}
	k.account("mail", m.Account)
	if m.User != "" && m.Security == SecurityNone {
		k.complain("mail.security", "the password would be sent in clear", "use starttls or tls")
	}
	for _, list := range []struct {
		field   string
		readers []string
	}{{"mail.staff", m.Staff}, {"mail.manager", m.Manager}} {
		for i, address := range list.readers {
			if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
				k.complain(fmt.Sprintf("%s[%d]", list.field, i), fmt.Sprintf("%q is no mail address", short(address)), "write name@example.org")
			}
		}
	}
	for i, u := range m.Notify {
		if !slices.Contains(tickets.Updates(), u) {
			k.complain(fmt.Sprintf("mail.notify[%d]", i), fmt.Sprintf("%q is nothing that is told", short(string(u))), "use new, assigned, restored, closed or unreached")
		}
	}
	if m.Server == "" {
		if m.From != "" || m.User != "" || len(m.Staff)+len(m.Manager) > 0 {
			k.complain("mail.server", "there are addresses and no server, so that no mail is sent", "name the server, such as mail.example.org:587")
		}
		return
	}
	host, port, err := net.SplitHostPort(m.Server)
	if n, convert := strconv.Atoi(port); err != nil || host == "" || convert != nil || n < 1 || n > 65535 {
		k.complain("mail.server", fmt.Sprintf("%q is no server", short(m.Server)), "write host:port, such as mail.example.org:587")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		k.complain("mail.from", fmt.Sprintf("%q is no sender", short(m.From)), "write name@example.org")
	}
}
