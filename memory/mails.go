package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/mail"
	"hotline/memory/bridged"
	"hotline/storage"
	"hotline/tickets"
)

// letterTables are what goes out to other systems, what is joined with them, and what came in by mail.
type letterTables struct {
	outboxTables
	mailTables
	bridged.Tables
}

// mailTables are letters that came in, and addresses.
type mailTables struct {
	mails     map[string]mail.Record
	addresses map[string]mailAddress
}

// mailAddress is what is known of one address.
type mailAddress struct {
	ticket tickets.Number
	told   time.Time
	bad    mail.BadAddress
}

func newMails() mailTables {
	return mailTables{mails: map[string]mail.Record{}, addresses: map[string]mailAddress{}}
}

// KeepMail writes what becomes of a letter, once.
func (s *Store) KeepMail(_ context.Context, r mail.Record) (mail.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.mails[r.ID]; !there {
		s.mails[r.ID] = r
	}
	return s.mails[r.ID], nil
}

// MailDone notes that a letter stands in its ticket.
func (s *Store) MailDone(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, there := s.mails[id]; there {
		r.Done = true
		s.mails[id] = r
	}
	return nil
}

// Mail finds a letter.
func (s *Store) Mail(_ context.Context, id string) (mail.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, there := s.mails[id]
	if !there {
		return mail.Record{}, fmt.Errorf("mail %s: %w", id, storage.ErrNotFound)
	}
	return r, nil
}

// some are the letters that fit, the newest first.
func (s *Store) some(limit int, fits func(mail.Record) bool) []mail.Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.DeleteFunc(sorted(s.mails, func(a, b mail.Record) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID)) }), func(r mail.Record) bool { return !fits(r) })
	return list[:min(len(list), limit)]
}

// MailsWith finds letters by their Message-IDs.
func (s *Store) MailsWith(_ context.Context, messageIDs []string) ([]mail.Record, error) {
	return s.some(50, func(r mail.Record) bool { return r.MessageID != "" && slices.Contains(messageIDs, r.MessageID) }), nil
}

// MailsFrom are the letters of an address.
func (s *Store) MailsFrom(_ context.Context, address string, since time.Time, limit int) ([]mail.Record, error) {
	return s.some(limit, func(r mail.Record) bool { return r.From == address && !r.At.Before(since) }), nil
}

// Mails are the last letters.
func (s *Store) Mails(_ context.Context, limit int) ([]mail.Record, error) {
	return s.some(limit, func(mail.Record) bool { return true }), nil
}

// FiledMails are the letters that staff may say something of.
func (s *Store) FiledMails(_ context.Context, limit int) ([]mail.Record, error) {
	return s.some(limit, mail.Record.Open), nil
}

// SettleMail writes what staff say of a filed letter.
func (s *Store) SettleMail(ctx context.Context, r mail.Record, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	stands, there := s.mails[r.ID]
	switch {
	case !there:
		return fmt.Errorf("mail %s: %w", r.ID, storage.ErrNotFound)
	case !stands.Open():
		return fmt.Errorf("mail %s: %w", r.ID, mail.ErrSettled)
	}
	stands.Outcome, stands.Ticket, stands.By, stands.Done = r.Outcome, r.Ticket, r.By, r.Done
	s.mails[r.ID] = stands
	s.note(ctx, stands.Audited(at))
	return nil
}

// ClaimReceipt tells whether an address may get a receipt.
func (s *Store) ClaimReceipt(_ context.Context, address string, n tickets.Number, since, now time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.addresses[address]
	if !a.told.IsZero() && !a.told.Before(since) && a.ticket != n {
		return false, nil
	}
	a.ticket, a.told = n, now
	s.addresses[address] = a
	return true, nil
}

// MarkAddress notes whether letters to an address come back.
func (s *Store) MarkAddress(_ context.Context, address, why string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.addresses[address]
	a.bad = mail.BadAddress{}
	if why != "" {
		a.bad = mail.BadAddress{Address: address, Why: why, At: at}
	}
	s.addresses[address] = a
	return nil
}

// BadAddresses are those of which letters come back.
func (s *Store) BadAddresses(context.Context) (list []mail.BadAddress, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.addresses {
		if a.bad.Why != "" {
			list = append(list, a.bad)
		}
	}
	slices.SortFunc(list, func(a, b mail.BadAddress) int { return cmp.Compare(a.Address, b.Address) })
	return list, nil
}

var _ mail.Store = (*Store)(nil)
