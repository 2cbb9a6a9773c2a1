package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// AttemptTime is how long a login may take, from the leap to the provider until the browser comes back.
const AttemptTime = 10 * time.Minute

// Attempt is one login under way. The browser alone has its secret: state, nonce and the verifier of PKCE are hashes of it, and it holds
// when the login was begun. So nothing is written down before somebody has logged in, and any node can finish what another one began.
type Attempt struct {
	secret string // "UNIXTIME.RANDOM"
	begun  time.Time
}

// Begin makes an attempt.
func Begin(now time.Time) Attempt {
	now = now.Truncate(time.Second)
	return Attempt{fmt.Sprintf("%d.%s", now.Unix(), rand.Text()), now}
}

// Resume reads what a browser has kept of an attempt. False: it is none, or its time is over.
func Resume(secret string, now time.Time) (Attempt, bool) {
	text, random, found := strings.Cut(secret, ".")
	seconds, err := strconv.ParseInt(text, 10, 64)
	a := Attempt{secret, time.Unix(seconds, 0)}
	return a, found && err == nil && len(random) >= 26 && len(secret) <= 60 && !a.begun.After(now) && now.Before(a.Until())
}

// Secret is what the browser keeps.
func (a Attempt) Secret() string { return a.secret }

// State comes back with the browser, and shows that this browser has begun the login.
func (a Attempt) State() string { return a.derived("state") }

// Spent is by what the store knows that the login was used.
func (a Attempt) Spent() [32]byte { return sha256.Sum256([]byte("spent." + a.secret)) }

// Until is when the attempt is over.
func (a Attempt) Until() time.Time { return a.begun.Add(AttemptTime) }

// IsFor tells whether a state is this attempt's.
func (a Attempt) IsFor(state string) bool {
	return subtle.ConstantTimeCompare([]byte(a.State()), []byte(state)) == 1
}

func (a Attempt) derived(what string) string {
	sum := sha256.Sum256([]byte(what + "." + a.secret))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Address is where the browser is sent to log in; redirect is where it comes back. The error is ErrDown.
func (p *Provider) Address(ctx context.Context, a Attempt, redirect string) (string, error) {
	m, err := p.metadata(ctx)
	if err != nil {
		return "", err
	}
	return p.oauth(m, redirect).AuthCodeURL(a.State(), goidc.Nonce(a.derived("nonce")), oauth2.S256ChallengeOption(a.derived("verifier"))), nil
}
