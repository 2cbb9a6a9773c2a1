package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"hotline/admin/metrics"
	"hotline/config"
	"hotline/evosupport/news"
	"hotline/maintenance"
	"hotline/notify"
	"hotline/notify/delivery"
	"hotline/notify/statement"
)

// mailer sends letters; nil without a mail server.
func (a *App) mailer() (delivery.Mailer, error) {
	if a.cfg.Virtual != nil {
		if a.cfg.Virtual.Mailer == nil {
			return nil, nil
		}
		return signed{a.cfg.Virtual.Mailer, a.companyName}, nil
	}
	m, err := newMailer(a.cfg.Config.Mail)
	if err != nil || m == nil { // a nil mailer must not become an interface that is not nil
		return nil, err
	}
	return signed{m, a.companyName}, nil
}

// signed sends letters with the company's name below them, where it has one.
type signed struct {
	delivery.Mailer
	company func() string
}

// signature stands before the name, so that programs of mail know it for one (RFC 3676 section 4.3).
const signature = "-- \n"

// Send sends one letter.
func (s signed) Send(ctx context.Context, m notify.Message) error {
	if name := s.company(); name != "" {
		m.Text = strings.TrimRight(m.Text, "\n") + "\n\n" + signature + name + "\n"
	}
	return s.Mailer.Send(ctx, m)
}

// countMail counts a try to send a letter.
func (a *App) countMail(o delivery.Outcome) {
	a.metrics.Mailed(map[delivery.Outcome]metrics.Delivery{delivery.Sent: metrics.Sent, delivery.Deferred: metrics.Deferred, delivery.GivenUp: metrics.Undelivered}[o])
}

func newMailer(c config.Mail) (*notify.Mailer, error) {
	if c.Server == "" {
		return nil, nil
	}
	account, err := secret(c.Account)
	if err != nil {
		return nil, fmt.Errorf("mail: %w", err)
	}
	return notify.New(notify.Config{
		Server: c.Server, Security: notify.SMTPEncryption(c.Security), Roots: c.Roots, User: account.User, Password: account.Password, From: c.From,
		DKIM: notify.DKIM(c.DKIM),
	})
}

// TryMail sends a letter of no consequence, to show whether the configuration's mail server takes it.
func TryMail(ctx context.Context, c config.Mail, to string) error {
	m, err := newMailer(c)
	if err != nil {
		return err
	}
	if m == nil {
		return errors.New("there is no mail.server in the configuration")
	}
	now := time.Now().UTC()
	return m.Send(ctx, notify.Message{
		ID: "try-" + newID(), Thread: "try", To: to, Subject: "hotline", Text: "hotline " + now.Format(time.RFC3339) + "\n",
	})
}

// announce tells customers of published versions.
func (a *App) announce() maintenance.Job {
	c := news.Config{Store: a.db.Store, Desk: a.desk, Own: a.cfg.Config.Calendar, Alarm: a.alarm, Log: a.log}
	if a.letters.Mails() {
		c.Send = a.letters.ToCustomer
	}
	if t := a.threads(); t != nil {
		c.Reply = t.Contract
	}
	announcer := news.New(c)
	return func(ctx context.Context) {
		if !a.offline.Waits() {
			announcer.Round(ctx, time.Now())
		}
	}
}

// statements sends customers the statement of the month that ended; nothing without a mail server.
func (a *App) statements() maintenance.Job {
	if !a.letters.Mails() {
		return func(context.Context) {}
	}
	c := statement.Config{
		Store: a.db.Store, Figures: a.db.Store, Desk: a.desk, Own: a.cfg.Config.Calendar, Send: a.letters.ToCustomer, Alarm: a.alarm, Log: a.log,
	}
	if t := a.threads(); t != nil {
		c.Reply = t.Contract
	}
	announcer := statement.New(c)
	return func(ctx context.Context) {
		if !a.offline.Waits() {
			announcer.Round(ctx, time.Now())
		}
	}
}
