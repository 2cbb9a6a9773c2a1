package inbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"hotline/mail"
	"hotline/storage"
)

// beat takes a letter to the address of a heartbeat: it is what a job says, and becomes no ticket by itself, whoever sent it. false: the letter
// is none, or its key is not known any more.
func (k *Inbox) beat(ctx context.Context, id string, in *incoming) (bool, error) {
	if k.cfg.Beat == nil {
		return false, nil
	}
	for _, m := range in.identity.meant {
		if m.Beat == "" {
			continue
		}
		at := in.envelope.At.UTC()
		switch err := k.cfg.Beat(ctx, m.Beat, word(in.letter.Subject), in.letter.Text, at); {
		case errors.Is(err, storage.ErrNotFound):
			continue
		case err != nil:
			return false, err
		}
		var err error
		in.record, err = k.cfg.Store.KeepMail(ctx, mail.Record{
			ID: id, MessageID: in.letter.MessageID, From: in.letter.From, Subject: in.letter.Subject, At: at.Truncate(time.Microsecond), Outcome: mail.Beat,
			Rule: "what a job says to its heartbeat is told there", File: at.Format("2006-01") + "/" + id + suffix,
		})
		return true, err
	}
	return false, nil
}

// word is the first word of a subject, in lower case.
func word(subject string) string {
	for w := range strings.FieldsSeq(strings.ToLower(subject)) {
		return strings.Trim(w, ":,.;")
	}
	return ""
}
