package delivery

import (
	"context"
	"slices"

	"hotline/notify"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/tickets"
)

// Tell tells the customer of a line of the history, where the letter was asked for.
func (l *Letters) Tell(ctx context.Context, w tickets.Work) error {
	t, err := l.cfg.Desk.Ticket(ctx, w.Ticket)
	if err != nil || !l.cfg.Readers.Mail || t.State == tickets.NotRequest {
		return err
	}
	lines, err := l.cfg.Desk.History(ctx, w.Ticket)
	if err != nil {
		return err
	}
	line, err := lineOf(w, lines)
	if err != nil {
		return err
	}
	reader := l.cfg.Desk.Reader(t, lines)
	letter, ok := notify.Told(t, line, l.answerable(), written.In(prompts.Language(t.Language)))
	if !ok || reader == "" {
		return nil
	}
	if line.Progress() == tickets.ProgressAnswered { // the other letters are of requests by mail, whose receipt has it
		if letter, err = l.linked(ctx, t, letter, written.In(prompts.Language(t.Language))); err != nil {
			return err
		}
	}
	return l.deliver(ctx, w, l.threaded(letter, t, lines, reader), w.Facts[tickets.FactTold], []string{reader})
}

// answerable tells whether answers to letters get to their ticket.
func (l *Letters) answerable() bool { return l.cfg.Threads != nil }

// threaded puts a letter to a customer into its thread: answers to it find the ticket, and it answers the last letter of its reader.
func (l *Letters) threaded(m notify.Message, t tickets.Ticket, lines []tickets.Event, reader string) notify.Message {
	m.HTML = true
	if l.cfg.Threads == nil {
		return m
	}
	m.Reply = l.cfg.Threads.Ticket(t.Number)
	m.ID, m.Thread = l.cfg.Threads.MessageID(m.ID, t.Number), l.cfg.Threads.MessageID(m.Thread, t.Number)
	for _, e := range slices.Backward(lines) {
		if e.Facts[tickets.FactMailFrom] == reader && e.Facts[tickets.FactMessageID] != "" {
			m.Answers = e.Facts[tickets.FactMessageID]
			break
		}
	}
	return m
}
