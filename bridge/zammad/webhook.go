package zammad

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
)

// SignatureHeader is where a webhook carries the signature of its body.
const SignatureHeader = "X-Hub-Signature"

// Sign is the signature of a body: "sha1=" and HMAC-SHA-1 in hexadecimal, as WebSub section 8 has it. SHA-1 is Zammad's choice; HMAC does not
// rest on what SHA-1 has lost.
func Sign(secret, body []byte) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(body)
	return "sha1=" + hex.EncodeToString(mac.Sum(nil))
}

// Signed tells, in a time that does not depend on the signature, whether it is that of a body.
func Signed(secret, body []byte, signature string) bool {
	return len(secret) > 0 && hmac.Equal([]byte(Sign(secret, body)), []byte(strings.ToLower(strings.TrimSpace(signature))))
}

// errWebhook is a body that tells of no ticket.
var errWebhook = errors.New("the webhook names no ticket: send Zammad's own payload, no custom one")

// Webhook is the id of the ticket that a webhook tells of. Nothing else of it is believed: webhooks come late, twice and in any order, so
// that who is told reads how the ticket stands.
func Webhook(body []byte) (int64, error) {
	var told struct {
		Ticket struct {
			ID int64 `json:"id"`
		} `json:"ticket"`
	}
	if err := json.Unmarshal(body, &told); err != nil || told.Ticket.ID <= 0 {
		return 0, errWebhook
	}
	return told.Ticket.ID, nil
}
