package storagetest

import (
	"testing"
	"time"

	"hotline/mail"
	"hotline/storage"
	"hotline/storage/storagetest/check"
	"hotline/tickets"
)

// Mails runs the suite of mail.Store; open gives a new and empty store each time.
func Mails(t *testing.T, open func(t *testing.T) mail.Store) {
	run(t, open, map[string]func(*testing.T, mail.Store){
		"a letter is kept once, as it was decided at first": mailOnce,
		"of many who keep one letter all are told the same": mailOneWins,
		"letters are found by Message-ID and by sender":     mailsFound,
		"an address gets one receipt in a span":             receiptClaimed,
		"addresses of which letters come back are known":    addressMarked,
		"staff say once what becomes of a filed letter":     filedSettled,
	})
}

func letterOf(id string, minute int) mail.Record {
	return mail.Record{
		ID: id, MessageID: id + "@rossi.example", From: "guasti@rossi.example", Subject: "fermo", At: monday.Add(time.Duration(minute) * time.Minute), Outcome: mail.Opened,
		Ticket: 417, Machine: "List-Id", Rule: "a new matter", File: "2026-11/" + id + ".eml", Auth: "dkim=pass",
	}
}

func mailOnce(t *testing.T, s mail.Store) {
	ctx := t.Context()
	_, err := s.Mail(ctx, "a")
	check.Error(t, "one that never came", err, storage.ErrNotFound)
	r := letterOf("a", 0)
	got, err := s.KeepMail(ctx, r)
	check.Must(t, err)
	check.Equal(t, "the record", got, r)
	again := letterOf("a", 5)
	again.Ticket = 418
	got, err = s.KeepMail(ctx, again)
	check.Must(t, err)
	check.Equal(t, "the same letter again", got, r)
	check.Must(t, s.MailDone(ctx, "a"))
	check.Must(t, s.MailDone(ctx, "nobody's"))
	r.Done = true
	got, err = s.Mail(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "when it is done", got, r)
}

func mailOneWins(t *testing.T, s mail.Store) {
	told := make(chan mail.Record, writers)
	_, failed := atOnce(writers, func(n int) error {
		r := letterOf("a", n)
		got, err := s.KeepMail(t.Context(), r)
		told <- got
		return err
	})
	if len(failed) > 0 {
		t.Fatal(failed)
	}
	first := <-told
	for range writers - 1 {
		check.Equal(t, "what another one is told", <-told, first)
	}
}

func mailsFound(t *testing.T, s mail.Store) {
	ctx := t.Context()
	for i, id := range []string{"a", "b", "c"} {
		_, err := s.KeepMail(ctx, letterOf(id, i))
		check.Must(t, err)
	}
	nameless := letterOf("d", 9)
	nameless.MessageID, nameless.From = "", "other@verdi.example"
	_, err := s.KeepMail(ctx, nameless)
	check.Must(t, err)
	ids := func(list []mail.Record, err error) string {
		t.Helper()
		check.Must(t, err)
		whole := ""
		for _, r := range list {
			whole += r.ID
		}
		return whole
	}
	for _, c := range []struct{ what, got, want string }{
		{"by Message-ID", ids(s.MailsWith(ctx, []string{"a@rossi.example", "c@rossi.example", "x"})), "ca"},
		{"without one", ids(s.MailsWith(ctx, []string{""})), ""},
		{"by nothing", ids(s.MailsWith(ctx, nil)), ""},
		{"by sender", ids(s.MailsFrom(ctx, "guasti@rossi.example", monday.Add(time.Minute), 9)), "cb"},
		{"by sender, few", ids(s.MailsFrom(ctx, "guasti@rossi.example", monday, 2)), "cb"},
		{"the last", ids(s.Mails(ctx, 3)), "dcb"},
	} {
		check.Equal(t, c.what, c.got, c.want)
	}
}

func receiptClaimed(t *testing.T, s mail.Store) {
	ctx := t.Context()
	for _, c := range []struct {
		address string
		ticket  tickets.Number
		minute  int
		want    bool
	}{{"a", 1, 0, true}, {"a", 1, 1, true}, {"a", 2, 2, false}, {"b", 2, 2, true}, {"a", 2, 62, true}, {"a", 3, 63, false}, {"a", 2, 63, true}} {
		now := monday.Add(time.Duration(c.minute) * time.Minute)
		got, err := s.ClaimReceipt(ctx, c.address, c.ticket, now.Add(-time.Hour), now)
		check.Must(t, err)
		check.Equal(t, c.address+" at minute", got, c.want)
	}
}

func addressMarked(t *testing.T, s mail.Store) {
	ctx := t.Context()
	_, err := s.ClaimReceipt(ctx, "b", 1, monday, monday)
	check.Must(t, err)
	for _, a := range []string{"b", "a"} {
		check.Must(t, s.MarkAddress(ctx, a, "5.1.1", monday))
	}
	check.Must(t, s.MarkAddress(ctx, "c", "", monday)) // never was
	list, err := s.BadAddresses(ctx)
	check.Must(t, err)
	check.Equal(t, "those that are bad", list, []mail.BadAddress{{Address: "a", Why: "5.1.1", At: monday}, {Address: "b", Why: "5.1.1", At: monday}})
	check.Must(t, s.MarkAddress(ctx, "a", "", monday))
	list, err = s.BadAddresses(ctx)
	check.Must(t, err)
	check.Equal(t, "after one was heard from", list, []mail.BadAddress{{Address: "b", Why: "5.1.1", At: monday}})
	may, err := s.ClaimReceipt(ctx, "b", 2, monday.Add(-time.Hour), monday.Add(time.Minute))
	check.Must(t, err)
	check.Equal(t, "whether one that was marked forgets its receipt", may, false)
}

func filedSettled(t *testing.T, s mail.Store) {
	ctx := t.Context()
	for i, outcome := range []mail.Outcome{mail.Filed, mail.Opened, mail.Filed, mail.Commented} {
		r := letterOf(string(rune('a'+i)), i)
		if r.Outcome = outcome; outcome == mail.Filed {
			r.Ticket, r.Done = 0, true
		}
		_, err := s.KeepMail(ctx, r)
		check.Must(t, err)
	}
	filed := func() (ids string) {
		t.Helper()
		list, err := s.FiledMails(ctx, 9)
		check.Must(t, err)
		for _, r := range list {
			ids += r.ID
		}
		return ids
	}
	check.Equal(t, "those that are filed", filed(), "ca")
	_, failed := atOnce(writers, func(n int) error {
		return s.SettleMail(ctx, mail.Record{ID: "a", Outcome: mail.Opened, Ticket: tickets.Number(500 + n), By: "staff:carla"}, monday)
	})
	check.Equal(t, "how many are refused", len(failed), writers-1)
	for _, err := range failed {
		check.Error(t, "who is later", err, mail.ErrSettled)
	}
	got, err := s.Mail(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "the outcome", []any{got.Outcome, got.By, got.Done, got.Ticket >= 500}, []any{mail.Opened, "staff:carla", false, true})
	check.Error(t, "one that the table has decided", s.SettleMail(ctx, mail.Record{ID: "b", Outcome: mail.Discarded, By: "staff:carla"}, monday), mail.ErrSettled)
	check.Error(t, "one that never came", s.SettleMail(ctx, mail.Record{ID: "z", Outcome: mail.Discarded, By: "staff:carla"}, monday), storage.ErrNotFound)
	check.Must(t, s.SettleMail(ctx, mail.Record{ID: "c", Outcome: mail.Discarded, By: "staff:carla"}, monday))
	check.Equal(t, "those that are left", filed(), "")
}
