package pronunciation

import (
	"cmp"
	"context"
	"fmt"
	"html/template"

	"hotline/directory"
	"hotline/limits"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/web/form"
	"hotline/web/ui"
)

// name is how somebody's name is written for the voice: a part of another document, whose version it has.
type name struct {
	Spoken string // empty: as the name is written

	plain    string               // the name
	customer directory.CustomerID // empty: an engineer
	at       form.Place
	version  int
	put      func(ctx context.Context, spoken string) error
}

func (h Handlers) customer(ctx context.Context, id string) (name, error) {
	c, err := h.Store.Customer(ctx, directory.CustomerID(id))
	at := form.Place{To: "/customers/" + id + "/spoken", Back: "/customers/" + id, BackName: c.Name}
	return name{c.Spoken, c.Name, c.ID, at, c.Version, func(ctx context.Context, spoken string) error {
		c.Spoken = spoken
		_, err := h.Store.PutCustomer(ctx, c)
		return err
	}}, err
}

func (h Handlers) engineer(ctx context.Context, id string) (name, error) {
	e, err := h.Store.Engineer(ctx, oncall.EngineerID(id))
	at := form.Place{To: "/engineers/" + id + "/spoken", Back: "/spoken"}
	return name{e.Spoken, e.Name, "", at, e.Version, func(ctx context.Context, spoken string) error {
		e.Spoken = spoken
		_, err := h.Store.PutEngineer(ctx, e)
		return err
	}}, err
}

// document is how the names of customers, or of engineers, are written.
func (h Handlers) document(read func(ctx context.Context, id string) (name, error)) form.Document[name] {
	d := form.Document[name]{
		Kind: "spoken name", ListTitle: "spoken", Read: read, Log: h.Log,
		Version: func(n name) int { return n.version },
		Put:     func(ctx context.Context, n name) (name, error) { return n, n.put(ctx, n.Spoken) },
		Fields: func(r *ui.Request, n name) (form.Fields, error) {
			return form.Fields{{Name: "spoken", Label: r.T("spoken-field"), Value: n.Spoken, Kind: form.Text, Most: limits.Line, Help: r.T("spoken-text")}}, nil
		},
		Said: func(_ *ui.Request, _ string, f form.Fields, stands name) (name, error) {
			stands.Spoken = f.Value("spoken")
			return stands, nil
		},
		Wrote: func(r *ui.Request, _, made name) (string, *ui.Page, error) {
			return made.at.To + "?done=", nil, h.Tell(r.Context())
		},
		Shows: form.Shows[name]{
			Writes: "POST /customers/{id}/spoken",
			Place: func(r *ui.Request, n name) form.Place {
				n.at.Title = r.T("spoken-of", n.plain)
				return n.at
			},
			Above: func(r *ui.Request, n name) (template.HTML, error) { return h.around(r, "now", n) },
		},
	}
	if h.Voice != nil {
		d.Looks = form.Looks[name]{Try: "spoken-hear", Preview: func(r *ui.Request, n name, _ form.Fields) (template.HTML, error) { return h.around(r, "heard", n) }}
	}
	return d
}

// aroundPage is what stands around the form of a name.
type aroundPage struct {
	ui.View
	Languages    []prompts.Language
	Customer     directory.CustomerID
	Spoken       string
	Words        string // that are heard
	Done         bool   // it was saved just now
	Voice, Heard bool
}

func (h Handlers) around(r *ui.Request, page string, n name) (template.HTML, error) {
	shown, err := pages().Page(page, "", aroundPage{
		View: r.View, Languages: prompts.Languages(), Customer: n.customer, Spoken: n.Spoken, Words: cmp.Or(n.Spoken, n.plain),
		Done: r.URL.Query().Has("done"), Voice: h.Voice != nil, Heard: h.Voice != nil && r.May("GET /spoken/sound"),
	})
	if err != nil {
		return "", fmt.Errorf("showing how a name is said: %w", err)
	}
	return shown.Content, nil
}
