package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"hotline/attachments"
	"hotline/audit"
	"hotline/drafts"
	"hotline/presence"
	"hotline/storage"
	"hotline/tickets"
)

const (
	attachmentColumns = `id, ticket, name, type, size, sha256, actor, at`
	lockAttachments   = `select pg_advisory_xact_lock(hashtextextended('attachments', $1::bigint))`
	knownAttachment   = `select ` + attachmentColumns + ` from attachments where ticket = $1 and sha256 = $2 and name = $3`
	weighAttachments  = `select count(*), coalesce(sum(size), 0)::bigint from attachments where ticket = $1`
	insertAttachment  = `insert into attachments (` + attachmentColumns + `, content) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	selectAttachments = `select ` + attachmentColumns + ` from attachments where ticket = $1 order by place`
	selectAttachment  = `select ` + attachmentColumns + `, content from attachments where id = $1`

	deleteAttachment = `delete from attachments where id = $1 returning ` + attachmentColumns

	insertDraft  = `insert into drafts (author, ticket, text, version, at) values ($1, $2, $3, 1, $4) on conflict (author, ticket) do nothing`
	updateDraft  = `update drafts set text = $3, at = $4, version = version + 1 where author = $1 and ticket = $2 and version = $5`
	removeDraft  = `delete from drafts where author = $1 and ticket = $2 and version = $3`
	dropDraft    = `delete from drafts where author = $1 and ticket = $2`
	selectDraft  = `select author, ticket, text, version, at from drafts where author = $1 and ticket = $2`
	forgetDrafts = `delete from drafts where at < $1 or (author = $2 and ticket in (select ticket from drafts where author = $2 order by at desc, ticket offset $3))`

	putTab     = `insert into presence (author, ticket, tab, writing, seen) values ($1, $2, $3, $4, $5) on conflict (ticket, author, tab) do update set writing = $4, seen = $5`
	forgetTabs = `delete from presence where seen < $1`
	endTab     = `delete from presence where author = $1 and ticket = $2 and tab = $3`
	selectTabs = `select author, ticket, tab, writing, seen from presence where ticket = $1 and seen >= $2 order by author collate "C", tab collate "C"`
)

func scanAttachment(r pgx.CollectableRow) (a attachments.Attachment, err error) {
	err = r.Scan(&a.ID, &a.Ticket, &a.Name, &a.Type, &a.Size, &a.SHA256, &a.Actor, &a.At)
	a.At = a.At.UTC()
	return a, err
}

// PutAttachment keeps a file of a ticket. Of one ticket they come one after the other, so that the bounds hold.
func (s *Store) PutAttachment(ctx context.Context, a attachments.Attachment, content []byte) (attachments.Attachment, error) {
	stands := a
	err := s.within(ctx, "keeping an attachment", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockAttachments, a.Ticket); err != nil {
			return err
		}
		found, err := tx.Query(ctx, knownAttachment, a.Ticket, a.SHA256, a.Name)
		if err != nil {
			return err
		}
		known, err := pgx.CollectRows(found, scanAttachment)
		if err != nil {
			return err
		}
		if len(known) > 0 {
			stands = known[0]
			return nil
		}
		var count, size int64
		if err := tx.QueryRow(ctx, weighAttachments, a.Ticket).Scan(&count, &size); err != nil {
			return err
		}
		if count >= attachments.TicketMost || size+a.Size > attachments.TicketOctets {
			return attachments.ErrFull
		}
		_, err = tx.Exec(ctx, insertAttachment, a.ID, a.Ticket, a.Name, a.Type, a.Size, a.SHA256, a.Actor, a.At, content)
		return err
	})
	return stands, err
}

// Attachments lists the files of a ticket.
func (s *Store) Attachments(ctx context.Context, n tickets.Number) ([]attachments.Attachment, error) {
	return rows(ctx, s, "reading attachments", scanAttachment, selectAttachments, n)
}

// Attachment reads one file.
func (s *Store) Attachment(ctx context.Context, id string) (attachments.Attachment, []byte, error) {
	var content []byte
	a, err := row(ctx, s, "reading an attachment", func(r pgx.CollectableRow) (a attachments.Attachment, err error) {
		err = r.Scan(&a.ID, &a.Ticket, &a.Name, &a.Type, &a.Size, &a.SHA256, &a.Actor, &a.At, &content)
		a.At = a.At.UTC()
		return a, err
	}, selectAttachment, id)
	return a, content, err
}

// PutDraft writes what somebody is writing.
func (s *Store) PutDraft(ctx context.Context, d drafts.Draft) (version int, err error) {
	err = s.within(ctx, "keeping a draft", func(tx pgx.Tx) error {
		sql, args := insertDraft, []any{d.User, d.Ticket, d.Text, d.At}
		version = d.Version + 1
		switch {
		case d.Text == "" && d.Version == 0:
			version = 0
			return nil
		case d.Text == "":
			sql, args, version = removeDraft, []any{d.User, d.Ticket, d.Version}, 0
		case d.Version > 0:
			sql, args = updateDraft, append(args, d.Version)
		}
		done, err := tx.Exec(ctx, sql, args...)
		if err == nil && done.RowsAffected() == 0 {
			err = storage.ErrConflict
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, forgetDrafts, d.At.Add(-drafts.Keep), d.User, drafts.UserMost)
		return err
	})
	return version, err
}

// Draft reads what somebody is writing.
func (s *Store) Draft(ctx context.Context, user string, n tickets.Number) (drafts.Draft, error) {
	list, err := rows(ctx, s, "reading a draft", func(r pgx.CollectableRow) (d drafts.Draft, err error) {
		err = r.Scan(&d.User, &d.Ticket, &d.Text, &d.Version, &d.At)
		d.At = d.At.UTC()
		return d, err
	}, selectDraft, user, n)
	if err != nil || len(list) == 0 {
		return drafts.Draft{User: user, Ticket: n}, err
	}
	return list[0], nil
}

// DropDraft removes what somebody has sent.
func (s *Store) DropDraft(ctx context.Context, user string, n tickets.Number) error {
	return s.exec(ctx, "dropping a draft", dropDraft, user, n)
}

// DeleteAttachment removes one file.
func (s *Store) DeleteAttachment(ctx context.Context, id string) (a attachments.Attachment, err error) {
	err = s.within(ctx, "removing an attachment", func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, deleteAttachment, id)
		if err != nil {
			return err
		}
		if a, err = pgx.CollectExactlyOneRow(found, scanAttachment); err != nil {
			return err
		}
		return note(ctx, tx, audit.OfDocument(attachments.Document, id, 1, 0, nil))
	})
	return a, err
}

// PutTab notes that somebody has a ticket open.
func (s *Store) PutTab(ctx context.Context, t presence.Tab) error {
	return s.with(ctx, "noting who has a ticket open", func(ctx context.Context, c *pgxpool.Conn) error {
		batch := &pgx.Batch{}
		batch.Queue(putTab, t.User, t.Ticket, t.Tab, t.Writing, t.Seen)
		batch.Queue(forgetTabs, t.Seen.Add(-presence.Forget))
		return c.SendBatch(ctx, batch).Close()
	})
}

// EndTab notes that somebody has closed a ticket.
func (s *Store) EndTab(ctx context.Context, user string, n tickets.Number, tab string) error {
	return s.exec(ctx, "noting who has closed a ticket", endTab, user, n, tab)
}

// Tabs lists who has a ticket open.
func (s *Store) Tabs(ctx context.Context, n tickets.Number, since time.Time) ([]presence.Tab, error) {
	return rows(ctx, s, "reading who has a ticket open", func(r pgx.CollectableRow) (t presence.Tab, err error) {
		err = r.Scan(&t.User, &t.Ticket, &t.Tab, &t.Writing, &t.Seen)
		t.Seen = t.Seen.UTC()
		return t, err
	}, selectTabs, n, since)
}
