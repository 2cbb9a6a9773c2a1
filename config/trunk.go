package config

import (
	"fmt"
	"time"

	"hotline/numbers"
)

// trunk finds what is wrong with one trunk; names holds those before it.
func (k *checker) trunk(at string, t Trunk, names map[string]bool) {
	switch {
	case t.Name == "":
		k.complain(at+".name", "the trunk has no name", "give it one; tickets and logs call it so")
	case names[t.Name]:
		k.complain(at+".name", fmt.Sprintf("there are two trunks named %q", short(t.Name)), "rename one")
	}
	names[t.Name] = true
	if len(t.Addresses) == 0 && t.Proxy == "" && t.Registrar == "" {
		k.complain(at+".addresses", "the trunk has no address, so its calls would be refused", "list the addresses from which the carrier calls, or its proxy")
	}
	for i, n := range t.Addresses {
		if n.IsValid() && n.Bits() == 0 {
			k.complain(fmt.Sprintf("%s.addresses[%d]", at, i), n.String()+" is the whole internet", "list the carrier's networks, or say `accept: anyone` if you mean it")
		}
	}
	for _, a := range []struct{ field, address string }{{".proxy", t.Proxy}, {".registrar", t.Registrar}} {
		if a.address != "" && !sipAddress(a.address) {
			k.complain(at+a.field, fmt.Sprintf("%q is no SIP address", short(a.address)), "write sip:host:port, if need be with ;transport=tcp or ;transport=tls")
		}
	}
	k.registration(at, t)
	if t.CallerNumber != "" && !number.MatchString(t.CallerNumber) {
		k.complain(at+".caller_number", fmt.Sprintf("%q is no telephone number", short(t.CallerNumber)), "use digits, with a leading + for the international form")
	}
	switch {
	case !oneOf(t.From, "", "user", "number"):
		k.complain(at+".from", fmt.Sprintf("%q is unknown", short(t.From)), "use user (the account's) or number (caller_number)")
	case t.From == "user" && t.User == "":
		k.complain(at+".from", "our From is to name the user of an account that the trunk does not have", "write user, or say `from: number`")
	}
	switch t.Dial {
	case "", numbers.AsE164, numbers.AsPlusLess, numbers.AsNational, numbers.As00:
	default:
		k.complain(at+".dial", fmt.Sprintf("%q is unknown", short(string(t.Dial))), `use e164 (+39065551239), plus-less (39065551239), national (065551239) or "00" (0039065551239)`)
	}
	if !oneOf(t.Dialled, "", "auto", "request_uri", "to", "p_called_party_id") {
		k.complain(at+".dialled", fmt.Sprintf("%q is unknown", short(t.Dialled)), "use auto, request_uri, to or p_called_party_id")
	}
	switch t.SRTP {
	case "", SRTPOff, SRTPOptional, SRTPRequired:
	default:
		k.complain(at+".srtp", fmt.Sprintf("%q is unknown", short(string(t.SRTP))), "use off, optional or required")
	}
}

func (k *checker) registration(at string, t Trunk) {
	if t.Register && t.Registrar == "" && t.Proxy == "" {
		k.complain(at+".registrar", "the trunk registers nowhere", "name its registrar or its proxy, such as sip:carrier.example")
	}
	if t.Register && t.User == "" {
		k.complain(at+".user", "the trunk registers as nobody", "write the user of the account")
	}
	k.account(at, t.Account)
	if t.Expires != 0 && (t.Expires < time.Minute || t.Expires > 24*time.Hour) {
		k.complain(at+".expires", t.Expires.String()+" is out of bounds", "use 1m to 24h")
	}
	if t.KeepAlive != 0 && (t.KeepAlive < 5*time.Second || t.KeepAlive > time.Hour) {
		k.complain(at+".keep_alive", t.KeepAlive.String()+" is out of bounds", "use 5s to 1h")
	}
}

func (k *checker) account(at string, a Account) {
	if a.Password != "" && a.PasswordFile != "" {
		k.complain(at+".password_file", "both password and password_file are given", "keep one of the two")
	}
	if a.User == "" && (a.Password != "" || a.PasswordFile != "") {
		k.complain(at+".user", "there is a password and no user", "write the user of the account")
	}
}

// secure finds what is wrong with TLS.
func (k *checker) secure(s SIP) {
	t := s.TLS
	if (t.Certificate == "") != (t.Key == "") {
		k.complain("sip.tls.key", "a certificate and its key belong together", "name both files")
	}
	if len(s.Secure) > 0 && t.Certificate == "" {
		k.complain("sip.tls.certificate", "TLS is to be served without a certificate", "name the PEM files of the certificate and its key, or leave sip.secure out")
	}
	for i, a := range s.Secure {
		beside := false
		for _, l := range s.Listen {
			beside = beside || l.Addr() == a.Addr()
		}
		if !beside {
			k.complain(fmt.Sprintf("sip.secure[%d]", i), fmt.Sprintf("%s is no host of sip.listen", a.Addr()), "listen on the same host without TLS too")
		}
	}
}
