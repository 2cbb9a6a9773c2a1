package delivery

import (
	"context"
	"errors"

	"hotline/alarm"
	"hotline/notify"
)

// ToStaff sends staff a letter that is about no ticket; id is the same for the same letter. Without readers it is an alarm in the log.
// What the server refuses for ever is not tried again.
func (l *Letters) ToStaff(ctx context.Context, id, subject, text string) error {
	if !l.cfg.Readers.Mail || len(l.cfg.Readers.Staff) == 0 {
		l.cfg.Alarm(alarm.Notify, subject+": "+text)
		return nil
	}
	var failed []error
	for _, to := range l.cfg.Readers.Staff {
		if err := l.cfg.Mailer.Send(ctx, notify.Message{ID: id, Thread: id, To: to, Subject: subject, Text: text}); err != nil && !errors.Is(err, notify.ErrRefused) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Mails tells whether there is a mail server.
func (l *Letters) Mails() bool { return l.cfg.Readers.Mail }

// ToCustomer sends a customer a letter that is about no ticket. An error that wraps notify.ErrRefused is for ever.
func (l *Letters) ToCustomer(ctx context.Context, m notify.Message) error {
	err := l.cfg.Mailer.Send(ctx, m)
	switch {
	case err == nil:
		l.cfg.Count(Sent)
	case errors.Is(err, notify.ErrRefused):
		l.cfg.Count(GivenUp)
	default:
		l.cfg.Count(Deferred)
	}
	return err
}
