package webpush

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"hotline/outbox"
	"hotline/outbox/push"
	"hotline/storage"
	"hotline/web/ui"
)

// movedMost is how many messages that wait go along with a browser.
const movedMost = 500

// moved follows a browser whose push service has given it another address (pushsubscriptionchange of the Push API): its service worker
// says the former address and the new one. The browser is told the same as before, what waits is sent to the new address, and the former
// one is no more. Only an own browser can be followed; said twice it is the same.
func (h Handlers) moved(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	former, err := h.Store.Endpoint(r.Context(), push.ID(r.FormValue("former")))
	if err == nil && (former.Template != outbox.Push || former.Owner != r.User.Name) {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("reading a browser that has moved: %w", err)
	}
	next, err := push.Subscription{Address: r.FormValue("address"), P256dh: r.FormValue("p256dh"), Auth: r.FormValue("auth"), Key: push.KeyOf(former)}.Endpoint(r.User.Name, h.Clear)
	if errors.Is(err, push.ErrAddress) || errors.Is(err, push.ErrKeys) {
		return h.show(r, page{Status: http.StatusUnprocessableEntity, Problem: r.T("browsers-unfit")})
	}
	if err != nil {
		return nil, err
	}
	return h.follow(w, r, former, next)
}

// follow puts a browser in the place of what it was before. The new one comes first, so that no message falls in between.
func (h Handlers) follow(w http.ResponseWriter, r *ui.Request, former, next outbox.Endpoint) (*ui.Page, error) {
	ctx := context.WithoutCancel(r.Context())
	values := next.Values
	for _, name := range []string{push.Name, push.Lang} {
		values[name] = former.Values[name]
	}
	id, secrets := next.ID, next.Secrets
	next = former
	if next.ID, next.Values, next.Secrets = id, values, secrets; id != former.ID {
		next.Version = 0
	}
	if _, err := h.Store.PutEndpoint(ctx, next); err != nil && !errors.Is(err, storage.ErrExists) {
		return nil, fmt.Errorf("writing a browser that has moved: %w", err)
	}
	if id != former.ID {
		waiting, err := h.Store.Messages(ctx, outbox.Filter{Endpoint: former.ID, State: outbox.Waiting, Limit: movedMost})
		for i := range waiting {
			waiting[i].Endpoint = id
		}
		slices.Reverse(waiting) // the oldest first
		if err == nil && len(waiting) > 0 {
			err = h.Store.AddMessages(ctx, waiting)
		}
		if err != nil {
			return nil, fmt.Errorf("taking along what waits for a browser that has moved: %w", err)
		}
		if err := h.Store.DeleteEndpoint(ctx, former.ID, former.Version); err != nil && !errors.Is(err, storage.ErrNotFound) && !errors.Is(err, storage.ErrConflict) {
			return nil, fmt.Errorf("removing the former address of a browser: %w", err)
		}
	}
	return h.done(w, r, id, "moved")
}
