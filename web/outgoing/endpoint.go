package outgoing

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"

	"hotline/outbox"
	"hotline/outbox/send"
	"hotline/storage"
	"hotline/web/form"
	"hotline/web/ui"
)

// document is how endpoints are written. Browsers of the staff are written by their owners, and that of the bridge in the configuration.
func (h Handlers) document() form.Document[outbox.Endpoint] {
	d := form.Document[outbox.Endpoint]{
		Kind: "endpoint", Path: "/outgoing", List: "/outgoing", ListTitle: "page-outgoing", New: "outgoing-new",
		Version: func(e outbox.Endpoint) int { return e.Version }, Fields: fields, Said: h.said, Log: h.Log,
		From: func(r *ui.Request) (outbox.Endpoint, error) {
			return outbox.Endpoint{Template: r.FormValue("template")}, nil
		},
		Shows: form.Shows[outbox.Endpoint]{Beside: h.beside},
		Wrote: func(r *ui.Request, _, made outbox.Endpoint) (string, *ui.Page, error) {
			h.edited(r.Context())
			return "/outgoing/" + made.ID, nil, nil
		},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.endpoint, h.Store.PutEndpoint
		d.Delete = func(r *ui.Request, id string, version int) error {
			defer h.edited(r.Context())
			return h.Store.DeleteEndpoint(r.Context(), id, version)
		}
	}
	return d
}

// edited tells the outbox of this node.
func (h Handlers) edited(ctx context.Context) {
	if h.Outbox != nil {
		h.Outbox.Edited(ctx)
	}
}

// endpoint reads one that is written here.
func (h Handlers) endpoint(ctx context.Context, id string) (outbox.Endpoint, error) {
	e, err := h.Store.Endpoint(ctx, id)
	switch {
	case err != nil:
		return e, err
	case e.Template == outbox.Push:
		return e, fmt.Errorf("endpoint %s is a browser of the staff: %w", id, storage.ErrNotFound)
	case e.Template == outbox.Bridged:
		return e, &ui.Refusal{Status: http.StatusConflict, ID: "outgoing-bridged"}
	}
	return e, nil
}

// newPage chooses the form of requests.
type newPage struct {
	ui.View
	Templates []send.Template
	Own       string // the name of the template of one's own
}

// add shows the form of a new endpoint, once it is said in which form its requests are.
func (h Handlers) add(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	if name := r.FormValue("template"); name == outbox.Own || shipped(name) != nil {
		return h.document().Form(w, r)
	}
	return pages().Page("new", r.T("outgoing-new"), newPage{r.View, send.Templates(), outbox.Own})
}

// shipped is a template that ships; nil: there is none of the name.
func shipped(name string) *send.Template {
	all := send.Templates()
	at := slices.IndexFunc(all, func(t send.Template) bool { return t.Name == name })
	if at < 0 {
		return nil
	}
	return &all[at]
}

// besidePage is what stands below the form of an endpoint.
type besidePage struct {
	ui.View
	ID            string
	Signs, Signed bool
	Since         string
	Waiting, Dead int
}

func (h Handlers) beside(r *ui.Request, e outbox.Endpoint) (template.HTML, error) {
	counts, err := h.Store.CountMessages(r.Context())
	if err != nil {
		return "", fmt.Errorf("counting messages to other systems: %w", err)
	}
	of := counts[e.ID]
	p := besidePage{r.View, e.ID, e.Template == outbox.Webhook, e.Secrets[send.SigningSecret] != "", "", of[outbox.Waiting], of[outbox.Dead]}
	if !e.Since.IsZero() {
		p.Since = r.Clock(e.Since)
	}
	page, err := pages().Page("beside", "", p)
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// secretPage shows a signing secret, once.
type secretPage struct {
	ui.View
	ID, Secret string
}

// renewals is how often a secret is written anew because somebody else was faster.
const renewals = 10

// renew gives a webhook a new signing secret.
func (h Handlers) renew(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	id, secret := r.PathValue("id"), send.NewSecret()
	for range renewals {
		stands, err := h.endpoint(r.Context(), id)
		if err != nil {
			return nil, fmt.Errorf("reading endpoint %s: %w", id, err)
		}
		if stands.Template != outbox.Webhook {
			return nil, &ui.Refusal{Status: http.StatusConflict, ID: "outgoing-signs-not"}
		}
		next := stands.Clone()
		if next.Secrets == nil {
			next.Secrets = map[string]string{}
		}
		next.Secrets[send.SigningSecret] = secret
		_, err = h.Store.PutEndpoint(r.Context(), next)
		if errors.Is(err, storage.ErrConflict) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("giving endpoint %s a secret: %w", id, err)
		}
		h.edited(r.Context())
		h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "endpoint", id, "what", "secret")
		return pages().Page("secret", r.T("outgoing-secret-of", id), secretPage{r.View, id, secret})
	}
	return nil, storage.ErrConflict
}
