package storagetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/attachments"
	"hotline/drafts"
	"hotline/presence"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// Attachments runs the suite of attachments.Store; open gives a new and empty store each time.
func Attachments(t *testing.T, open func(t *testing.T) attachments.Store) {
	run(t, open, map[string]func(*testing.T, attachments.Store){
		"an attachment comes back as it was":           attachmentReturns,
		"the same file under the same name stays once": attachmentOnce,
		"a ticket has fifty files and 100 MiB at most": attachmentsBounded,
	})
}

func attached(n int) attachments.Attachment {
	return attachments.Attachment{ID: fmt.Sprint("a", n), Ticket: 417, Name: "panel.jpg", Type: "image/jpeg", Size: 3, SHA256: fmt.Sprint("sum", n), Actor: "staff:anna", At: monday}
}

func attachmentReturns(t *testing.T, s attachments.Store) {
	ctx := t.Context()
	_, _, err := s.Attachment(ctx, "a1")
	check.Error(t, "one that is not there", err, storage.ErrNotFound)
	for _, n := range []int{2, 1} {
		stands, err := s.PutAttachment(ctx, attached(n), []byte{0, 1, 0xff})
		check.Must(t, err)
		check.Equal(t, "what was kept", stands, attached(n))
	}
	other := attached(3)
	other.Ticket = 418
	_, err = s.PutAttachment(ctx, other, []byte{1})
	check.Must(t, err)
	list, err := s.Attachments(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "those of the ticket, in the order kept", list, []attachments.Attachment{attached(2), attached(1)})
	got, content, err := s.Attachment(ctx, "a1")
	check.Must(t, err)
	check.Equal(t, "one", got, attached(1))
	check.Equal(t, "its content", content, []byte{0, 1, 0xff})
	gone, err := s.DeleteAttachment(ctx, "a1")
	check.Must(t, err)
	check.Equal(t, "what was removed", gone, attached(1))
	_, _, err = s.Attachment(ctx, "a1")
	check.Error(t, "one that was removed", err, storage.ErrNotFound)
	_, err = s.DeleteAttachment(ctx, "a1")
	check.Error(t, "removing it again", err, storage.ErrNotFound)
	list, err = s.Attachments(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "those that are left", list, []attachments.Attachment{attached(2)})
}

func attachmentOnce(t *testing.T, s attachments.Store) {
	ctx := t.Context()
	var group sync.WaitGroup
	var made atomic.Int64
	for n := range 4 {
		group.Go(func() {
			a := attached(n)
			a.SHA256 = "same"
			stands, err := s.PutAttachment(ctx, a, []byte("abc"))
			check.Must(t, err)
			if stands.ID == a.ID {
				made.Add(1)
			}
		})
	}
	group.Wait()
	check.Equal(t, "times that it was kept", made.Load(), int64(1))
	a := attached(9)
	a.SHA256, a.Name = "same", "other.jpg"
	_, err := s.PutAttachment(ctx, a, []byte("abc"))
	check.Must(t, err)
	list, err := s.Attachments(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "files, one of them under another name", len(list), 2)
}

func attachmentsBounded(t *testing.T, s attachments.Store) {
	ctx := t.Context()
	large := attached(100)
	large.Size, large.Ticket = attachments.TicketOctets-2, 418
	_, err := s.PutAttachment(ctx, large, []byte("abc"))
	check.Must(t, err)
	more := attached(101)
	more.Ticket = 418
	_, err = s.PutAttachment(ctx, more, []byte("abc"))
	check.Error(t, "more octets than fit", err, attachments.ErrFull)
	var group sync.WaitGroup
	var full atomic.Int64
	for n := range attachments.TicketMost + 5 {
		group.Go(func() {
			if _, err := s.PutAttachment(ctx, attached(n), []byte("abc")); err != nil {
				check.Error(t, "one too many", err, attachments.ErrFull)
				full.Add(1)
			}
		})
	}
	group.Wait()
	check.Equal(t, "refused", full.Load(), int64(5))
	again, err := s.Attachments(ctx, 417)
	check.Must(t, err)
	check.Equal(t, "kept", len(again), attachments.TicketMost)
	_, err = s.PutAttachment(ctx, again[0], []byte("abc"))
	check.Must(t, err) // it is there already
}

// Drafts runs the suite of drafts.Store; open gives a new and empty store each time.
func Drafts(t *testing.T, open func(t *testing.T) drafts.Store) {
	run(t, open, map[string]func(*testing.T, drafts.Store){
		"a draft has versions, and goes when it is sent": draftByVersion,
		"drafts that are old or too many go":             draftsBounded,
	})
}

func draftByVersion(t *testing.T, s drafts.Store) {
	ctx := t.Context()
	d, err := s.Draft(ctx, "anna", 417)
	check.Must(t, err)
	check.Equal(t, "no draft", d, drafts.Draft{User: "anna", Ticket: 417})
	put := func(text string, version, want int) {
		t.Helper()
		got, err := s.PutDraft(ctx, drafts.Draft{User: "anna", Ticket: 417, Text: text, Version: version, At: monday})
		check.Must(t, err)
		check.Equal(t, "the version of "+text, got, want)
	}
	put("", 0, 0)
	put("I have", 0, 1)
	put("I have seen", 1, 2)
	for _, version := range []int{0, 1, 3} {
		_, err = s.PutDraft(ctx, drafts.Draft{User: "anna", Ticket: 417, Text: "another tab", Version: version, At: monday})
		check.Error(t, "a version that does not stand", err, storage.ErrConflict)
	}
	_, err = s.PutDraft(ctx, drafts.Draft{User: "anna", Ticket: 417, Version: 1, At: monday})
	check.Error(t, "emptying a version that does not stand", err, storage.ErrConflict)
	d, err = s.Draft(ctx, "anna", 417)
	check.Must(t, err)
	check.Equal(t, "what stands", d, drafts.Draft{User: "anna", Ticket: 417, Text: "I have seen", Version: 2, At: monday})
	other, err := s.Draft(ctx, "bruno", 417)
	check.Must(t, err)
	check.Equal(t, "a colleague's", other.Text, "")
	put("", 2, 0)
	put("anew", 0, 1)
	check.Must(t, s.DropDraft(ctx, "anna", 417))
	check.Must(t, s.DropDraft(ctx, "anna", 417))
	d, err = s.Draft(ctx, "anna", 417)
	check.Must(t, err)
	check.Equal(t, "after it was sent", d.Text, "")
	_, err = s.PutDraft(ctx, drafts.Draft{User: "anna", Ticket: 417, Text: "too late", Version: 1, At: monday})
	check.Error(t, "one that was sent does not come back", err, storage.ErrConflict)
}

func draftsBounded(t *testing.T, s drafts.Store) {
	ctx := t.Context()
	put := func(user string, n int, at time.Time) {
		_, err := s.PutDraft(ctx, drafts.Draft{User: user, Ticket: tickets.Number(n), Text: "words", At: at})
		check.Must(t, err)
	}
	put("bruno", 1, monday)
	for n := range drafts.UserMost + 2 {
		put("anna", n+1, monday.Add(time.Duration(n)*time.Second))
	}
	there := func(user string, n int) bool {
		d, err := s.Draft(ctx, user, tickets.Number(n))
		check.Must(t, err)
		return d.Version > 0
	}
	check.Equal(t, "the oldest two, and the third", []bool{there("anna", 1), there("anna", 2), there("anna", 3)}, []bool{false, false, true})
	check.Equal(t, "a colleague's", there("bruno", 1), true)
	put("carla", 1, monday.Add(drafts.Keep+time.Second))
	check.Equal(t, "one that nobody touched", there("bruno", 1), false)
}

// Presence runs the suite of presence.Store; open gives a new and empty store each time.
func Presence(t *testing.T, open func(t *testing.T) presence.Store) {
	run(t, open, map[string]func(*testing.T, presence.Store){"who is there is seen until they go": presenceSeen})
}

func presenceSeen(t *testing.T, s presence.Store) {
	ctx := t.Context()
	tab := func(user, tab string, writing bool, at time.Time) presence.Tab {
		return presence.Tab{User: user, Ticket: 417, Tab: tab, Writing: writing, Seen: at}
	}
	later := monday.Add(presence.Holds)
	for _, p := range []presence.Tab{tab("bruno", "x", false, monday), tab("anna", "b", false, later), tab("anna", "a", false, monday), tab("anna", "a", true, later)} {
		check.Must(t, s.PutTab(ctx, p))
	}
	list := func(n tickets.Number, since time.Time) []presence.Tab {
		found, err := s.Tabs(ctx, n, since)
		check.Must(t, err)
		return found
	}
	check.Equal(t, "all", list(417, monday), []presence.Tab{tab("anna", "a", true, later), tab("anna", "b", false, later), tab("bruno", "x", false, monday)})
	check.Equal(t, "those seen lately", list(417, monday.Add(time.Second)), []presence.Tab{tab("anna", "a", true, later), tab("anna", "b", false, later)})
	check.Equal(t, "of another ticket", len(list(418, monday)), 0)
	check.Must(t, s.EndTab(ctx, "anna", 417, "a"))
	check.Must(t, s.EndTab(ctx, "anna", 417, "a"))
	check.Must(t, s.PutTab(ctx, tab("carla", "c", false, monday.Add(presence.Forget+time.Second))))
	check.Equal(t, "after one was closed and one forgotten", list(417, monday), []presence.Tab{tab("anna", "b", false, later), tab("carla", "c", false, monday.Add(presence.Forget+time.Second))})
}
