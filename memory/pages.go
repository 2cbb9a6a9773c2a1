package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotline/attachments"
	"hotline/audit"
	"hotline/drafts"
	"hotline/presence"
	"hotline/storage"
	"hotline/tickets"
)

// pageTables are what the staff's pages keep of their own.
type pageTables struct {
	attached []attachment // in the order kept
	drafts   map[draftKey]drafts.Draft
	tabs     map[tabKey]presence.Tab
}

type attachment struct {
	attachments.Attachment
	content []byte
}

type draftKey struct {
	user   string
	ticket tickets.Number
}

type tabKey struct {
	draftKey
	tab string
}

func newPageTables() pageTables {
	return pageTables{drafts: map[draftKey]drafts.Draft{}, tabs: map[tabKey]presence.Tab{}}
}

// PutAttachment keeps a file of a ticket.
func (s *Store) PutAttachment(_ context.Context, a attachments.Attachment, content []byte) (attachments.Attachment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count, size := 0, a.Size
	for _, k := range s.attached {
		if k.Ticket == a.Ticket && k.SHA256 == a.SHA256 && k.Name == a.Name {
			return k.Attachment, nil
		}
		if k.ID == a.ID {
			return a, fmt.Errorf("attachment %s: %w", a.ID, storage.ErrExists)
		}
		if k.Ticket == a.Ticket {
			count++
			size += k.Size
		}
	}
	if count >= attachments.TicketMost || size > attachments.TicketOctets {
		return a, attachments.ErrFull
	}
	s.attached = append(s.attached, attachment{a, slices.Clone(content)})
	return a, nil
}

// Attachments lists the files of a ticket.
func (s *Store) Attachments(_ context.Context, n tickets.Number) (list []attachments.Attachment, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.attached {
		if k.Ticket == n {
			list = append(list, k.Attachment)
		}
	}
	return list, nil
}

// Attachment reads one file.
func (s *Store) Attachment(_ context.Context, id string) (attachments.Attachment, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.attached {
		if k.ID == id {
			return k.Attachment, slices.Clone(k.content), nil
		}
	}
	return attachments.Attachment{}, nil, fmt.Errorf("attachment %s: %w", id, storage.ErrNotFound)
}

// DeleteAttachment removes one file.
func (s *Store) DeleteAttachment(ctx context.Context, id string) (attachments.Attachment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.attached, func(k attachment) bool { return k.ID == id })
	if i < 0 {
		return attachments.Attachment{}, fmt.Errorf("attachment %s: %w", id, storage.ErrNotFound)
	}
	a := s.attached[i].Attachment
	s.attached = slices.Delete(s.attached, i, i+1)
	s.note(ctx, audit.OfDocument(attachments.Document, id, 1, 0, nil))
	return a, nil
}

// PutDraft writes what somebody is writing.
func (s *Store) PutDraft(_ context.Context, d drafts.Draft) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := draftKey{d.User, d.Ticket}
	stands := s.drafts[key].Version
	switch {
	case d.Text == "" && d.Version == 0:
		return 0, nil
	case d.Version != stands:
		return 0, fmt.Errorf("the draft of %s for ticket %d: %w", d.User, d.Ticket, storage.ErrConflict)
	case d.Text == "":
		delete(s.drafts, key)
		return 0, nil
	}
	d.Version++
	s.drafts[key] = d
	maps.DeleteFunc(s.drafts, func(_ draftKey, o drafts.Draft) bool { return o.At.Before(d.At.Add(-drafts.Keep)) })
	var own []drafts.Draft
	for _, o := range s.drafts {
		if o.User == d.User {
			own = append(own, o)
		}
	}
	slices.SortFunc(own, func(a, b drafts.Draft) int {
		if c := b.At.Compare(a.At); c != 0 {
			return c
		}
		return int(a.Ticket - b.Ticket)
	})
	for _, o := range own[min(len(own), drafts.UserMost):] {
		delete(s.drafts, draftKey{o.User, o.Ticket})
	}
	return d.Version, nil
}

// Draft reads what somebody is writing.
func (s *Store) Draft(_ context.Context, user string, n tickets.Number) (drafts.Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d, ok := s.drafts[draftKey{user, n}]; ok {
		return d, nil
	}
	return drafts.Draft{User: user, Ticket: n}, nil
}

// DropDraft removes what somebody has sent.
func (s *Store) DropDraft(_ context.Context, user string, n tickets.Number) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.drafts, draftKey{user, n})
	return nil
}

// PutTab notes that somebody has a ticket open.
func (s *Store) PutTab(_ context.Context, t presence.Tab) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tabs[tabKey{draftKey{t.User, t.Ticket}, t.Tab}] = t
	maps.DeleteFunc(s.tabs, func(_ tabKey, o presence.Tab) bool { return o.Seen.Before(t.Seen.Add(-presence.Forget)) })
	return nil
}

// EndTab notes that somebody has closed a ticket.
func (s *Store) EndTab(_ context.Context, user string, n tickets.Number, tab string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tabs, tabKey{draftKey{user, n}, tab})
	return nil
}

// Tabs lists who has a ticket open.
func (s *Store) Tabs(_ context.Context, n tickets.Number, since time.Time) (list []presence.Tab, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, t := range s.tabs {
		if key.ticket == n && !t.Seen.Before(since) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b presence.Tab) int {
		if c := strings.Compare(a.User, b.User); c != 0 {
			return c
		}
		return strings.Compare(a.Tab, b.Tab)
	})
	return list, nil
}
