package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"hotline/browser"
	"hotline/config"
	"hotline/directory"
	"hotline/intake"
	"hotline/intake/listener"
	"hotline/intake/snmp"
	"hotline/intake/syslog"
	"hotline/secretfile"
)

// openListeners opens what takes the machines' own messages. Tests in virtual time have none.
func (a *App) openListeners(ctx context.Context) error {
	if a.cfg.Virtual != nil {
		return nil
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.undo.add("the listeners of alerts", func(context.Context) error { cancel(); return nil }) // what runs is waited for before the database closes
	if c := a.cfg.Config.Alerts.SNMP; len(c.Listen) > 0 {
		l, err := a.openSNMP(ctx, c)
		if err != nil {
			return err
		}
		a.log.Info("takes SNMP traps and informs", "at", addresses(l.Addresses()), "sources", len(c.Sources))
		a.running.Go(func() { l.Run(running) })
	}
	if c := a.cfg.Config.Alerts.Syslog; len(c.UDP)+len(c.TCP)+len(c.Secure) > 0 {
		l, err := a.openSyslog(ctx, c)
		if err != nil {
			return err
		}
		a.log.Info("takes syslog", "at", addresses(l.Addresses()), "sources", len(c.Sources))
		a.running.Go(func() { l.Run(running) })
	}
	return nil
}

// openBrowsers opens the ports of calls from browsers, where the configuration has some. Tests in virtual time have none.
func (a *App) openBrowsers(ctx context.Context) (err error) {
	c := a.cfg.Config.Browser
	if !c.Open() || a.cfg.Virtual != nil {
		return nil
	}
	a.browsers, err = browser.Open(ctx, browser.Config{
		UDP: c.UDP, TCP: c.TCP, Public: c.Addresses, Calls: c.Calls, Each: c.PerContract, Line: a.switchboard, Log: a.log,
	})
	if err != nil {
		return fmt.Errorf("%w; free the ports of browser.udp and browser.tcp, or write others", err)
	}
	udp, tcp := a.browsers.Addresses()
	a.log.Info("takes calls from browsers", "udp", addresses(udp), "tcp", addresses(tcp), "calls", c.Calls)
	a.undo.add("calls from browsers", a.browsers.Stop)
	return nil
}

// drainBrowsers lets the calls from browsers end, and takes no more.
func (a *App) drainBrowsers(ctx context.Context) error {
	if a.browsers == nil {
		return nil
	}
	return a.browsers.Drain(ctx)
}

// counts are those of a listener, in the metrics from its start.
func (a *App) counts(name string) *listener.Counts {
	for _, r := range listener.Results() {
		a.metrics.Heard(name, string(r), 0)
	}
	c := listener.NewCounts(name, func(r listener.Result, n int) { a.metrics.Heard(name, string(r), n) }, time.Now, a.log)
	a.machines.heard = append(a.machines.heard, c)
	return c
}

// lostAlerts tells when a message was lost last; nil where nothing is listened to.
func (a *App) lostAlerts() func() time.Time {
	if c := a.cfg.Config.Alerts; len(c.SNMP.Listen)+len(c.Syslog.UDP)+len(c.Syslog.TCP)+len(c.Syslog.Secure) == 0 {
		return nil
	}
	return func() (last time.Time) {
		for _, c := range a.machines.heard {
			if _, at := c.Lost(); at.After(last) {
				last = at
			}
		}
		return last
	}
}

func (a *App) openSNMP(ctx context.Context, c config.SNMP) (*snmp.Listener, error) {
	reader, err := snmpReader(c)
	if err != nil {
		return nil, err
	}
	var sources []snmp.Source
	for i, s := range c.Sources {
		from, err := snmpSource(s)
		if err != nil {
			return nil, fmt.Errorf("alerts.snmp.sources[%d]: %w", i, err)
		}
		sources = append(sources, from)
	}
	for _, s := range reader.Synonyms() {
		a.log.InfoContext(ctx, "alerts.snmp.events: one variable has several names; the first one is shown, events may use any of them", "oid", s.OID, "names", s.Names)
	}
	return snmp.Open(ctx, snmp.Config{
		Listen: c.Listen, Sources: sources, Reader: reader, Taker: a.machines.intake, Counts: a.counts(snmp.SourceName), Name: engineName(string(a.disk.dir)), Now: time.Now, Log: a.log,
	})
}

// engineName names this installation of the program among all others, for SNMPv3.
func engineName(data string) string {
	host, _ := os.Hostname() // a machine without a name has its folder
	return host + " " + data
}

// snmpReader reads notifications by the owner's table, and by the one that ships.
func snmpReader(c config.SNMP) (*snmp.Reader, error) {
	var own []snmp.Table
	if c.Events != "" {
		text, err := os.ReadFile(c.Events)
		if err != nil {
			return nil, fmt.Errorf("reading alerts.snmp.events: %w", err)
		}
		t, err := snmp.ReadTable(text)
		if err != nil {
			return nil, fmt.Errorf("reading alerts.snmp.events (%s): %w", c.Events, err)
		}
		own = append(own, t)
	}
	reader, err := snmp.NewReader(own...)
	if err != nil {
		return nil, fmt.Errorf("alerts.snmp.events (%s): %w", c.Events, err)
	}
	return reader, nil
}

// ReadAlerts reads a message as the listener of that name would by a configuration, without asking who sent it.
func ReadAlerts(c config.Alerts, listener string, message []byte) (intake.Batch, error) {
	switch listener {
	case snmp.SourceName:
		r, err := snmpReader(c.SNMP)
		if err != nil {
			return intake.Batch{}, err
		}
		return r.Read(message)
	case syslog.SourceName:
		r, err := syslogRules(c.Syslog)
		if err != nil {
			return intake.Batch{}, err
		}
		return r.Read(message)
	}
	return intake.Batch{}, fmt.Errorf("a configuration says how snmp and syslog are read, and not %q", listener)
}

func (a *App) openSyslog(ctx context.Context, c config.Syslog) (*syslog.Listener, error) {
	rules, err := syslogRules(c)
	if err != nil {
		return nil, err
	}
	var sources []syslog.Source
	for _, s := range c.Sources {
		sources = append(sources, syslog.Source{Origin: origin(s.AlertSource), Networks: prefixes(s.Addresses), Certificates: slices.Clone(s.Certificates)})
	}
	return syslog.Open(ctx, syslog.Config{
		UDP: c.UDP, TCP: c.TCP, Secure: c.Secure, TLS: syslog.TLS(c.TLS), Sources: sources, Rules: rules, Taker: a.machines.intake, Counts: a.counts(syslog.SourceName), Now: time.Now, Log: a.log,
	})
}

func syslogRules(c config.Syslog) (*syslog.Rules, error) {
	var list []syslog.Rule
	for _, r := range c.Rules {
		list = append(list, syslog.Rule(r))
	}
	rules, err := syslog.NewRules(list)
	if err != nil {
		return nil, fmt.Errorf("alerts.syslog.%w", err)
	}
	return rules, nil
}

func snmpSource(s config.SNMPSource) (snmp.Source, error) {
	from := snmp.Source{Origin: origin(s.AlertSource), Networks: prefixes(s.Addresses), User: snmp.User{Name: s.User, Authentication: s.Authentication, Encryption: s.Encryption}}
	for _, secret := range []struct {
		into       *string
		word, file string
	}{{&from.Community, s.Community, s.CommunityFile}, {&from.User.Password, s.Password, s.PasswordFile}, {&from.User.Secret, s.Secret, s.SecretFile}} {
		*secret.into = secret.word
		if secret.file == "" {
			continue
		}
		var err error
		if *secret.into, err = secretfile.Read(secret.file); err != nil {
			return from, fmt.Errorf("reading a secret of contract %s: %w", s.Contract, err)
		}
	}
	return from, nil
}

func origin(s config.AlertSource) intake.Origin {
	return intake.Origin{Contract: directory.ContractID(s.Contract), Installation: s.Installation}
}
