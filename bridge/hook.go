package bridge

import (
	"io"
	"net/http"
	"time"

	"hotline/bridge/zammad"
)

// Path is where Zammad's webhooks come in.
const Path = "/bridge/zammad"

// hookMost is how many octets a webhook may have: Zammad lets an article have 1.5 million characters.
const hookMost = 8 << 20

// HooksAtOnce is how many webhooks are read at once: the body of a stranger's must be read, too, before it is refused.
const HooksAtOnce = 8

// Hook takes webhooks that are signed with a secret. It answers 200 only once it is kept that the ticket has to be read.
func (b *Bridge) Hook(secret []byte, now func() time.Time) http.Handler {
	places := make(chan struct{}, HooksAtOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "webhooks are sent by POST", http.StatusMethodNotAllowed)
			return
		}
		signature := r.Header.Get(zammad.SignatureHeader)
		if signature == "" {
			http.Error(w, "the webhook is not signed", http.StatusUnauthorized)
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			http.Error(w, "too many webhooks come at once; Zammad sends it again, or the poll finds what it told", http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, hookMost))
		if err != nil {
			http.Error(w, "the body is too large, or broke off", http.StatusRequestEntityTooLarge)
			return
		}
		if !zammad.Signed(secret, body, signature) {
			http.Error(w, "the signature is not that of the secret", http.StatusUnauthorized)
			return
		}
		id, err := zammad.Webhook(body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := b.Store.AddPoke(r.Context(), id, now()); err != nil {
			b.Log.Warn("a webhook of Zammad cannot be kept; it comes again, or the poll finds what it told", "id", id, "error", err)
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		b.wake()
	})
}

// wake has Run look at once.
func (b *Bridge) wake() {
	select {
	case b.told <- struct{}{}:
	default:
	}
}
