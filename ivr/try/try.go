// Package try is the conversation on a keyboard: keys are typed, prompts are read, and nothing is kept.
package try

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"hotline/directory"
	"hotline/ivr"
	"hotline/memory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// Contract is one that the conversation knows.
type Contract struct {
	Customer directory.Customer
	Contract directory.Contract
	PIN      string
}

// Config is one conversation.
type Config struct {
	In        io.Reader
	Out       io.Writer
	Flow      *ivr.Flow
	From      string // number of the caller
	Contracts []Contract
	Language  prompts.Language
}

const key = "the conversation on the keyboard keeps nothing"

// Run has the conversation and prints what would have been kept.
func Run(ctx context.Context, c Config) error {
	fmt.Fprintln(c.Out, "This is a rehearsal: everything happens in memory and NOTHING IS KEPT.")
	fmt.Fprintln(c.Out, "Type keys (0-9 * #) and Enter; Enter alone is silence; \"bye\" hangs up. PINs:")
	for _, k := range c.Contracts {
		fmt.Fprintf(c.Out, "  %s  %s, %s\n", k.PIN, k.Customer.Name, k.Contract.Level)
	}
	store, err := talk(ctx, c, writer(c.Out))
	if err != nil {
		return err
	}
	fmt.Fprintln(c.Out, "-- the call is over")
	return report(context.WithoutCancel(ctx), store, c.Out)
}

// Talk has the conversation, tells each line of it, and gives the tickets that would have been kept. c.Out is not used.
func Talk(ctx context.Context, c Config, tell func(Line)) ([]tickets.Ticket, error) {
	store, err := talk(ctx, c, tell)
	if err != nil {
		return nil, err
	}
	page, err := store.List(context.WithoutCancel(ctx), tickets.Filter{Sort: "number"})
	return page.Items, err
}

// talk has the conversation over a store of its own.
func talk(ctx context.Context, c Config, tell func(Line)) (*memory.Store, error) {
	store := memory.New(417)
	desk, err := open(ctx, store, c.Contracts)
	if err != nil {
		return nil, err
	}
	books := map[prompts.Language]*prompts.Book{}
	for _, lang := range prompts.Languages() {
		if books[lang], err = prompts.Open(lang); err != nil {
			return nil, err
		}
	}
	ctx, hangUp := context.WithCancelCause(ctx)
	defer hangUp(nil)
	k := &keyboard{tell: tell, in: bufio.NewScanner(c.In), books: books, hangUp: hangUp, caller: ivr.Caller{ID: "rehearsal", Number: c.From, At: time.Now()}}
	ids := 0
	newID := func() string { ids++; return fmt.Sprintf("rehearsal-%d", ids) }
	ivr.Converse(ctx, ivr.Config{Desk: desk, Human: k, NewID: newID, Language: func(string) prompts.Language { return c.Language }}, c.Flow, k)
	return store, nil
}

// open is a desk over the memory store, with the contracts given.
func open(ctx context.Context, store *memory.Store, contracts []Contract) (*tickets.Desk, error) {
	for _, c := range sla.DefaultCalendars() {
		if _, err := store.PutCalendar(ctx, c); err != nil {
			return nil, err
		}
	}
	for _, l := range sla.DefaultLevels() {
		if _, err := store.PutLevel(ctx, l); err != nil {
			return nil, err
		}
	}
	for _, c := range contracts {
		if _, err := store.PutCustomer(ctx, c.Customer); err != nil {
			return nil, err
		}
		if _, err := store.PutContract(ctx, c.Contract); err != nil {
			return nil, err
		}
		if err := store.SetPIN(ctx, c.Contract.ID, directory.HashPIN([]byte(key), c.PIN)); err != nil {
			return nil, err
		}
	}
	book, err := directory.ReadBook(ctx, store, time.Now())
	if err != nil {
		return nil, err
	}
	events := 0
	return tickets.NewDesk(tickets.DeskConfig{
		Store: store, Book: book, Numbers: store, PINKey: []byte(key), Own: sla.OfficeHours,
		NewID: func() string { events++; return fmt.Sprint("event-", events) },
	}), nil
}

func priority(p sla.Priority) string {
	if p == 0 {
		return "no priority yet"
	}
	return fmt.Sprintf("P%d", p)
}

// report prints the tickets and their histories.
func report(ctx context.Context, store *memory.Store, out io.Writer) error {
	page, err := store.List(ctx, tickets.Filter{Sort: "number"})
	if err != nil {
		return err
	}
	list := page.Items
	if len(list) == 0 {
		fmt.Fprintln(out, "No ticket would have been opened.")
	}
	for _, t := range list {
		fmt.Fprintf(out, "Ticket %d would have been kept: %s, %s, %s, %s\n", t.Number, cmp.Or(t.Name, "of no contract"), t.Level,
			cmp.Or(string(t.Category()), "without category"), priority(t.Priority))
		if t.Caller != "" {
			fmt.Fprintf(out, "  to be called back on %s\n", t.Caller)
		}
		for _, c := range t.Clocks {
			fmt.Fprintf(out, "  %-13s due %s\n", c.Kind, c.Due.Local().Format("Mon 2 Jan 15:04"))
		}
		lines, err := store.History(ctx, t.Number)
		if err != nil {
			return err
		}
		for _, e := range lines {
			fmt.Fprintf(out, "  %s  %s\n", e.Kind, strings.TrimSpace(e.Text))
		}
	}
	return nil
}
