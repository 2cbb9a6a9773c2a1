package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"hotline/limits"
	"hotline/mail/smtpd"
)

// look takes what lies in the folder; more tells that not all of it was looked at.
func (b *box) look(ctx context.Context) (more bool, err error) {
	b.bound()
	criteria := &imap.SearchCriteria{NotFlag: []imap.Flag{imap.FlagDeleted}}
	if b.keywords {
		criteria.NotFlag = append(criteria.NotFlag, Taken)
	}
	found, err := b.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return false, fmt.Errorf("looking for mails: %w", err)
	}
	set, _ := found.All.(imap.UIDSet)
	maps.DeleteFunc(b.passed, func(uid imap.UID, _ bool) bool { return !set.Contains(uid) })
	n := 0
	for uid := range each(set) {
		if b.passed[uid] {
			continue
		}
		if n++; n > batch {
			return true, nil
		}
		b.passed[uid] = true
		var answer *imap.Error
		err := b.take(ctx, uid)
		switch {
		case errors.As(err, &answer): // one that is not read or moved keeps no other one waiting
			b.refused = err
		case err != nil:
			return false, err
		}
	}
	return false, b.refused
}

// each gives the members of a set one by one: a server may say that there are four thousand million.
func each(set imap.UIDSet) iter.Seq[imap.UID] {
	return func(yield func(imap.UID) bool) {
		for _, r := range set {
			for uid := uint64(r.Start); uid <= uint64(r.Stop); uid++ {
				if uid > 0 && !yield(imap.UID(uid)) {
					return
				}
			}
		}
	}
}

// take keeps one mail, and marks it then.
func (b *box) take(ctx context.Context, uid imap.UID) error {
	b.bound()
	set := imap.UIDSetNum(uid)
	sizes, err := b.client.Fetch(set, &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return fmt.Errorf("asking how large a mail is: %w", err)
	}
	if len(sizes) == 0 {
		return nil // somebody has moved it
	}
	size := sizes[0].RFC822Size
	if size > b.cfg.MaxBytes {
		return b.tooLarge(set, size)
	}
	raw, err := b.fetch(set)
	if err != nil || raw == nil {
		return err
	}
	if size = int64(len(raw)); size > b.cfg.MaxBytes { // some servers guess sizes
		return b.tooLarge(set, size)
	}
	e := b.envelope(raw)
	if err := b.cfg.Keep(ctx, e, raw); err != nil {
		b.cfg.Count("later")
		return fmt.Errorf("keeping a mail: %w", err)
	}
	b.cfg.Count("taken")
	return b.mark(set)
}

// tooLarge passes over a mail.
func (b *box) tooLarge(set imap.UIDSet, octets int64) error {
	b.cfg.Count("size")
	b.cfg.Log.Error("a mail in the mailbox is too large and is not taken", "uid", set.String(), "octets", octets, "most", b.cfg.MaxBytes)
	return b.mark(set)
}

// fetch reads a mail without marking it as seen, at most one octet more than is taken; nil: it is gone.
func (b *box) fetch(set imap.UIDSet) ([]byte, error) {
	b.conn.allow(stepTime+time.Duration(b.cfg.MaxBytes/slowest)*time.Second, b.cfg.MaxBytes+besides)
	section := &imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Size: b.cfg.MaxBytes + 1}}
	list, err := b.client.Fetch(set, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}).Collect()
	if err != nil {
		return nil, fmt.Errorf("reading a mail: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0].FindBodySection(section), nil
}

// mark puts a mail where those lie that were taken, or marks it so.
func (b *box) mark(set imap.UIDSet) error {
	b.bound()
	caps := b.client.Caps()
	if b.cfg.Done != "" && (caps.Has(imap.CapMove) || caps.Has(imap.CapUIDPlus)) { // else a move would remove what others have marked as deleted
		if _, err := b.client.Move(set, b.cfg.Done).Wait(); err != nil {
			return fmt.Errorf("moving a mail to %s: %w", b.cfg.Done, err)
		}
		return nil
	}
	flags := []imap.Flag{imap.FlagSeen}
	if b.keywords {
		flags = append(flags, Taken)
	}
	if b.cfg.Done != "" {
		if _, err := b.client.Copy(set, b.cfg.Done).Wait(); err != nil {
			return fmt.Errorf("copying a mail to %s: %w", b.cfg.Done, err)
		}
		flags = append(flags, imap.FlagDeleted)
	}
	if err := b.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}, nil).Close(); err != nil {
		return fmt.Errorf("marking a mail: %w", err)
	}
	return nil
}

// headerMost is how far into a mail its header is looked for.
const headerMost = 256 << 10

// envelope is what the server that delivered the mail wrote into its header. Where it did not, the sender is the author, and the
// recipient the house's address. Which machine sent it is not known, so that SPF tells nothing.
func (b *box) envelope(raw []byte) smtpd.Envelope {
	e := smtpd.Envelope{At: b.cfg.Now(), Recipients: []string{b.cfg.Main}}
	m, err := netmail.ReadMessage(io.LimitReader(bytes.NewReader(raw), headerMost))
	if err != nil {
		return e
	}
	if path, written := m.Header["Return-Path"]; written {
		e.From = limits.OneLine(strings.Trim(strings.TrimSpace(path[0]), "<>"), limits.Line)
	} else if a, err := netmail.ParseAddress(m.Header.Get("From")); err == nil {
		e.From = limits.OneLine(a.Address, limits.Line)
	}
	var known []string
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"} {
		for _, v := range m.Header[name] {
			list, err := netmail.ParseAddressList(v)
			if err != nil {
				continue
			}
			for _, a := range list {
				if b.cfg.Known(a.Address) && len(known) < recipientsMost {
					known = append(known, a.Address)
				}
			}
		}
	}
	if len(known) > 0 {
		e.Recipients = known
	}
	return e
}

const recipientsMost = 20
