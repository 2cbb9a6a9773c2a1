package app

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"hotline/config"
	"hotline/directory"
	"hotline/intake"
	"hotline/intake/receiver"
	"hotline/intake/snmp"
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
	return nil
}

// counts are those of a listener, in the metrics from its start.
func (a *App) counts(listener string) *receiver.Counts {
	for _, r := range receiver.Results() {
		a.metrics.Heard(listener, string(r), 0)
	}
	c := receiver.NewCounts(listener, func(r receiver.Result, n int) { a.metrics.Heard(listener, string(r), n) }, time.Now, a.log)
	a.machines.heard = append(a.machines.heard, c)
	return c
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
	if listener != snmp.SourceName {
		return intake.Batch{}, fmt.Errorf("a configuration says how %s is read, and not %q", snmp.SourceName, listener)
	}
	r, err := snmpReader(c.SNMP)
	if err != nil {
		return intake.Batch{}, err
	}
	return r.Read(message)
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
		text, err := os.ReadFile(secret.file)
		if err != nil {
			return from, fmt.Errorf("reading a secret of contract %s: %w", s.Contract, err)
		}
		if *secret.into = strings.TrimRight(string(text), "\r\n"); *secret.into == "" {
			return from, fmt.Errorf("%s is empty; write the secret into it, alone", secret.file)
		}
	}
	return from, nil
}

func origin(s config.AlertSource) intake.Origin {
	return intake.Origin{Contract: directory.ContractID(s.Contract), Installation: s.Installation}
}
