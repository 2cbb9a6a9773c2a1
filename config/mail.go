package config

import (
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"time"

	"hotline/tickets"
)

// mail finds what is wrong with the mail server and its readers.
func (k *checker) mail(m Mail) {
	if !oneOf(string(m.Security), string(SecurityStartTLS), string(SecurityTLS), string(SecurityNone)) {
		k.say("mail.security", fmt.Sprintf("%q is unknown", short(string(m.Security))), "use starttls, tls or none")
	}
	k.account("mail", m.Account)
	if m.User != "" && m.Security == SecurityNone {
		k.say("mail.security", "the password would be sent in clear", "use starttls or tls")
	}
	for _, list := range []struct {
		field   string
		readers []string
	}{{"mail.staff", m.Staff}, {"mail.manager", m.Manager}} {
		for i, address := range list.readers {
			if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
				k.say(fmt.Sprintf("%s[%d]", list.field, i), fmt.Sprintf("%q is no mail address", short(address)), "write name@example.org")
			}
		}
	}
	for i, u := range m.Notify {
		if !slices.Contains(tickets.Updates(), u) {
			k.say(fmt.Sprintf("mail.notify[%d]", i), fmt.Sprintf("%q is nothing that is told", short(string(u))), "use new, assigned, restored, closed or unreached")
		}
	}
	if m.Server == "" {
		if m.From != "" || m.User != "" || len(m.Staff)+len(m.Manager) > 0 {
			k.say("mail.server", "there are addresses and no server, so that no mail is sent", "name the server, such as mail.example.org:587")
		}
		return
	}
	host, port, err := net.SplitHostPort(m.Server)
	if n, convert := strconv.Atoi(port); err != nil || host == "" || convert != nil || n < 1 || n > 65535 {
		k.say("mail.server", fmt.Sprintf("%q is no server", short(m.Server)), "write host:port, such as mail.example.org:587")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		k.say("mail.from", fmt.Sprintf("%q is no sender", short(m.From)), "write name@example.org")
	}
}

// speech finds what is wrong with the voice for free text.
func (k *checker) speech(s Speech) {
	if s.Timeout < time.Second || s.Timeout > time.Minute {
		k.say("speech.timeout", s.Timeout.String()+" is out of bounds", "use 1s to 1m")
	}
	switch s.Driver {
	case SpeechNone:
	case SpeechCommand:
		if len(s.Command) == 0 || s.Command[0] == "" {
			k.say("speech.command", "no program is named", `write the program and its arguments, such as [pico2wave, "--lang={voice}", "--wave={file}", "{text}"]`)
		}
	case SpeechHTTP:
		if u, err := url.Parse(s.URL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			k.say("speech.url", fmt.Sprintf("%q is no address of a server", short(s.URL)), "write the whole address, such as http://127.0.0.1:8000/v1/audio/speech")
		}
	default:
		k.say("speech.driver", fmt.Sprintf("%q is unknown", short(string(s.Driver))), "use none, command or http")
	}
	for lang := range s.Voices {
		if !spoken(lang) {
			k.say("speech.voices", fmt.Sprintf("the line does not speak %q", short(string(lang))), "name a voice for "+spokenLanguages(" and for "))
		}
	}
}
