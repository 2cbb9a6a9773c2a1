package config

import (
	"strings"
	"testing"
)

func TestComplaintsOfAMailbox(t *testing.T) {
	for settings, want := range map[string]string{
		"address: support@example.org":                                                                                             "mail.inbox.listen: there is an address and nothing is listened on",
		"address: support@example.org, imap: {server: imap, user: x, password: y}":                                                 "mail.inbox.imap.server: \"imap\" is no server",
		"address: support@example.org, imap: {server: 'imap.example.org:143', user: x, password: y, security: none}":               "mail.inbox.imap.security: the password would be sent in clear",
		"address: support@example.org, imap: {server: 'imap.example.org:993', user: x, password: y, security: ssl}":                "mail.inbox.imap.security: \"ssl\" is unknown",
		"address: support@example.org, imap: {server: 'imap.example.org:993', user: x}":                                            "mail.inbox.imap.user: a mailbox is read by its user and a password",
		"address: support@example.org, imap: {server: 'imap.example.org:993', user: x, password: y, done: INBOX}":                  "mail.inbox.imap.done: mails that were taken would be taken again",
		"address: support@example.org, imap: {server: 'imap.example.org:993', user: x, password: y, password_file: /etc/hostname}": "mail.inbox.imap.password_file: both password and password_file are given",
		"imap: {done: x}": "mail.inbox.imap.server: there is a mailbox and no server",
		"imap: {server: 'imap.example.org:993', user: x, password: y}": "mail.inbox.address: \"\" is no mail address for customers",
	} {
		_, err := Parse("hotline.yaml", []byte("mail: {inbox: {"+settings+"}}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got  %v\nwant %s", settings, err, want)
		}
	}
	for _, security := range []string{"tls", "starttls", "none"} {
		settings := "address: support@example.org, imap: {server: '127.0.0.1:143', user: x, password: y, security: " + security + ", done: x}"
		if c, err := Parse("hotline.yaml", []byte("mail: {inbox: {"+settings+"}}\n")); err != nil || !c.Mail.Inbox.Takes() || c.Mail.Inbox.IMAP.Folder != "INBOX" {
			t.Errorf("%s: %v, %+v", settings, err, c.Mail.Inbox)
		}
	}
}
