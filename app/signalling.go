package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"hotline/alarm"
	"hotline/config"
	"hotline/media"
	"hotline/media/sdp"
	"hotline/numbers"
	"hotline/secretfile"
	"hotline/sip"
	"hotline/sip/capture"
	"hotline/sip/hep"
	"hotline/sip/ladder"
)

// signalling makes the line's settings of the configuration; files of passwords are read here.
func (a *App) signalling(wire sip.Wire) (sip.Config, error) {
	c := a.cfg.Config.SIP
	s := sip.Config{
		Listen: c.Listen, Secure: c.Secure, Public: c.PublicIP, Phones: prefixes(c.Phones), AcceptAnyone: c.Accept == config.AcceptAnyone,
		DistrustLoopback: !c.TrustLoopback, MaxCalls: c.MaxCalls, Overflow: c.Overflow, SessionExpires: c.SessionTimer,
		Timers: sip.Timers{Dead: a.cfg.Config.Escalation.Dead}, Wire: wire, Log: a.log,
	}
	s.TLS = &sip.TLS{} // a trunk may ask for it at any time
	if c.TLS != (config.TLS{}) {
		s.TLS = &sip.TLS{Certificate: c.TLS.Certificate, Key: c.TLS.Key, Roots: c.TLS.Roots, Insecure: c.TLS.Insecure}
	}
	if c.DNS.IsValid() {
		s.DNS = nameServer(c.DNS)
	}
	s.Captures = capture.List{a.ladder.Capture}
	if c.HEP.IsValid() {
		h, err := hep.New(c.HEP.String(), uint32(os.Getpid()))
		if err != nil {
			return s, err
		}
		s.Captures = append(s.Captures, h.Capture)
		a.undo.add("the copies for the tracing tool", func(context.Context) error { return h.Close() })
	}
	for _, k := range c.Accounts {
		account, err := secret(k)
		if err != nil {
			return s, err
		}
		s.Accounts.List = append(s.Accounts.List, account)
	}
	s.Accounts.Guessed = func(user string) {
		a.alarm(alarm.Guessed, "many wrong passwords within an hour for the account "+user+" of our own telephones (sip.accounts): somebody guesses, or a telephone has an old password; look where the calls come from, and give the account another password if it is no telephone of ours")
	}
	var err error
	s.Trunks, err = trunks(a.disk.settings.Trunks())
	return s, err
}

// trunks makes trunks of their settings; files of passwords are read here.
func trunks(list []config.Trunk) (all []sip.Trunk, err error) {
	for _, t := range list {
		account, err := secret(t.Account)
		if err != nil {
			return nil, fmt.Errorf("trunk %s: %w", t.Name, err)
		}
		account.Realm = t.Realm
		all = append(all, sip.Trunk{
			Name: t.Name, Addresses: prefixes(t.Addresses), Proxy: t.Proxy, Account: account, Register: t.Register, Registrar: t.Registrar,
			Domain: t.Domain, Expires: t.Expires, KeepAlive: t.KeepAlive, CallerID: t.CallerNumber, ShowCaller: t.ShowCaller,
			From: sip.FromUser(t.From), Dialled: sip.Dialled(t.Dialled),
		})
	}
	return all, nil
}

// useTrunks puts the trunks that are set now in the place of those at work, and has numbers dialled by them.
func (a *App) useTrunks() {
	set := a.disk.settings.Trunks()
	a.dialler.Use(set, a.disk.settings.Prefixes())
	list, err := trunks(set)
	if err == nil {
		err = a.switchboard.Agent().UseTrunks(list)
	}
	if err != nil {
		a.log.Error("the trunks stay as they were", "error", err)
	}
}

// reported puts a report of RTCP between the messages of its call.
func (a *App) reported(sipID string, r media.Report) {
	a.ladder.Report(sipID, ladder.Report{
		At: r.At, Sent: r.Sent, Sender: r.Sender, Measured: r.Measured, Lost: r.Lost, Jitter: r.Jitter, RoundTrip: r.RoundTrip,
	})
}

// numberingPlan is how telephone numbers are meant and spelt where the line stands.
func numberingPlan(country string, log *slog.Logger) numbers.Plan {
	p, err := numbers.For(country)
	if err != nil { // a configuration that was made without its defaults
		log.Debug("telephone numbers stay as they come", "error", err)
	}
	return p
}

// encryption is how each trunk's sound is encrypted.
func encryption(list []config.Trunk) func(trunk string) sdp.Encryption {
	of := map[string]sdp.Encryption{}
	for _, t := range list {
		switch t.SRTP {
		case config.SRTPOptional:
			of[t.Name] = sdp.Preferred
		case config.SRTPRequired:
			of[t.Name] = sdp.Required
		}
	}
	return func(trunk string) sdp.Encryption { return of[trunk] }
}

// mediaNetworks are where each trunk's sound may come from beside what its descriptions say.
func mediaNetworks(list []config.Trunk) func(trunk string) []netip.Prefix {
	of := map[string][]netip.Prefix{}
	for _, t := range list {
		of[t.Name] = prefixes(t.Media)
	}
	return func(trunk string) []netip.Prefix { return of[trunk] }
}

// secret reads an account's password from its file.
func secret(a config.Account) (sip.Account, error) {
	password := a.Password
	if a.PasswordFile != "" {
		var err error
		if password, err = secretfile.Read(a.PasswordFile); err != nil {
			return sip.Account{}, fmt.Errorf("reading the password of %s: %w", a.User, err)
		}
	}
	return sip.Account{User: a.User, Password: password}, nil
}

// nameServer asks one server, whatever the system is set to.
func nameServer(at netip.AddrPort) *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: time.Second}).DialContext(ctx, network, at.String())
	}}
}

func prefixes(list []config.Network) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range list {
		out = append(out, n.Prefix)
	}
	return out
}

func hosts(list []netip.AddrPort) []netip.Addr {
	var out []netip.Addr
	for _, at := range list {
		out = append(out, at.Addr())
	}
	return out
}
