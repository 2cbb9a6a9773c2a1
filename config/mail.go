package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hotline/tickets"
)

// mail finds what is wrong with the mail server and its readers.
func (k *checker) mail(m Mail) {
	if !oneOf(string(m.Security), string(MailStartTLS), string(MailTLS), string(MailPlain)) {
		k.complain("mail.security", fmt.Sprintf("%q is unknown", short(string(m.Security))), "use starttls, tls or none")
	}
	k.account("mail", m.Account)
	if m.User != "" && m.Security == MailPlain {
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
	k.told(m)
	k.inbox(m)
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

// told finds what is wrong with what customers are told of, and how letters are signed.
func (k *checker) told(m Mail) {
	for i, t := range m.Customers {
		if !slices.Contains(tickets.Progresses(), t) {
			k.complain(fmt.Sprintf("mail.customers[%d]", i), fmt.Sprintf("%q is nothing that customers are told of", short(string(t))), "use taken, intervention, asked, restored, closed or breach")
		}
	}
	if (m.DKIM.KeyFile == "") != (m.DKIM.Selector == "") {
		k.complain("mail.dkim", "a signature needs a selector and a key", "give both selector and key_file, or neither")
	}
}

// inbox finds what is wrong with how mail is taken in.
func (k *checker) inbox(m Mail) {
	in := m.Inbox
	k.imap(in.IMAP)
	if !in.Takes() {
		if in.Address != "" {
			k.complain("mail.inbox.listen", "there is an address and nothing is listened on, so that no mail is taken in", "write an address and a port, such as 0.0.0.0:25, or name a mailbox at mail.inbox.imap")
		}
		return
	}
	a, err := mail.ParseAddress(in.Address)
	if local, _, _ := strings.Cut(in.Address, "@"); err != nil || a.Address != in.Address || strings.Contains(local, "+") {
		k.complain("mail.inbox.address", fmt.Sprintf("%q is no mail address for customers", short(in.Address)), "write support@example.org, without a +")
	}
	for _, list := range []struct {
		field   string
		readers []string
	}{{"mail.staff", m.Staff}, {"mail.manager", m.Manager}} {
		for i, reader := range list.readers {
			if strings.EqualFold(reader, in.Address) {
				k.complain(fmt.Sprintf("%s[%d]", list.field, i), "what staff are told would come back as a customer's mail", "name a mailbox that people read")
			}
		}
	}
	if in.Megabytes < 1 || in.Megabytes > 100 {
		k.complain("mail.inbox.megabytes", fmt.Sprintf("%d megabytes cannot be right", in.Megabytes), "use 1 to 100")
	}
	for i, d := range in.Domains {
		if !hostName.MatchString(d) {
			k.complain(fmt.Sprintf("mail.inbox.domains[%d]", i), fmt.Sprintf("%q is no domain", short(d)), "write example.org")
		}
	}
	if in.Name != "" && !hostName.MatchString(in.Name) {
		k.complain("mail.inbox.name", fmt.Sprintf("%q is no name of a machine", short(in.Name)), "write mx.example.org")
	}
}

// imap finds what is wrong with a mailbox that is read.
func (k *checker) imap(i IMAP) {
	const at = "mail.inbox.imap"
	k.account(at, i.Account)
	if i.Server == "" {
		if i.User != "" || i.Done != "" {
			k.complain(at+".server", "there is a mailbox and no server", "name the server, such as imap.example.org:993")
		}
		return
	}
	host, port, err := net.SplitHostPort(i.Server)
	if n, convert := strconv.Atoi(port); err != nil || host == "" || convert != nil || n < 1 || n > 65535 {
		k.complain(at+".server", fmt.Sprintf("%q is no server", short(i.Server)), "write host:port, such as imap.example.org:993")
	}
	if !oneOf(string(i.Security), string(MailStartTLS), string(MailTLS), string(MailPlain)) {
		k.complain(at+".security", fmt.Sprintf("%q is unknown", short(string(i.Security))), "use tls, starttls or none")
	}
	if ip, err := netip.ParseAddr(host); i.Security == MailPlain && host != "localhost" && (err != nil || !ip.IsLoopback()) {
		k.complain(at+".security", "the password would be sent in clear", "use tls or starttls")
	}
	if i.User == "" || i.Password == "" && i.PasswordFile == "" {
		k.complain(at+".user", "a mailbox is read by its user and a password", "write user and password_file")
	}
	if i.Folder == "" || i.Folder == i.Done {
		k.complain(at+".done", "mails that were taken would be taken again", "name another folder than that of the mailbox, or leave it out")
	}
}
