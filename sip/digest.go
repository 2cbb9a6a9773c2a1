package sip

import (
	"errors"
	"fmt"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// Account is what one side proves itself with (RFC 3261 section 22, RFC 8760).
type Account struct {
	User     string
	Password string
	// Realm is the only realm whose challenges are answered; a stranger who asks for credentials harvests nothing.
	Realm string
}

// ErrCredentials is the error of a challenge that was not answered, or whose answer was not taken.
var ErrCredentials = errors.New("the credentials were not taken")

// challenge is one 401 or 407 and the header that answers it.
type challenge struct {
	header string // "Authorization" or "Proxy-Authorization"
	stale  bool
	asked  *digest.Challenge
}

// challenges reads what a refusal asks for, the strongest algorithm first (RFC 8760 section 2.4).
func challenges(res *gosip.Response) (best *challenge, err error) {
	ask, answer := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		ask, answer = "Proxy-Authenticate", "Proxy-Authorization"
	}
	for _, h := range res.GetHeaders(ask) {
		c, err := digest.ParseChallenge(h.Value())
		if err != nil || !digest.CanDigest(c) {
			continue
		}
		if best == nil || strength(c.Algorithm) > strength(best.asked.Algorithm) {
			best = &challenge{header: answer, stale: c.Stale, asked: c}
		}
	}
	if best == nil {
		return nil, fmt.Errorf("a challenge that cannot be read, or of an unknown algorithm: %w", ErrCredentials)
	}
	return best, nil
}

func strength(algorithm string) int {
	switch strings.ToUpper(strings.TrimSuffix(strings.ToLower(algorithm), "-sess")) {
	case "SHA-512-256", "SHA-512":
		return 3
	case "SHA-256":
		return 2
	}
	return 1
}

// credentials answers a challenge for one request. count is how often the challenge's nonce was used, this time included.
func (a Account) credentials(c *challenge, req *gosip.Request, count int) (gosip.Header, error) {
	if a.User == "" {
		return nil, fmt.Errorf("realm %q asks for credentials and none are configured: %w", printable(c.asked.Realm), ErrCredentials)
	}
	if c.asked.Realm != a.Realm {
		return nil, fmt.Errorf("credentials are asked for realm %q, the configured one is %q: %w", printable(c.asked.Realm), a.Realm, ErrCredentials)
	}
	made, err := digest.Digest(c.asked, digest.Options{
		Method: req.Method.String(), URI: req.Recipient.String(), Username: a.User, Password: a.Password, Count: count,
	})
	if err != nil {
		return nil, fmt.Errorf("making credentials: %w: %w", ErrCredentials, err)
	}
	return header(c.header, made.String()), nil
}

// proof answers the challenges met by one dialog or registration and says when to give up: the same request is sent
// again with credentials once, and once more when only the nonce was stale (RFC 3261 section 22.2).
type proof struct {
	account Account
	tries   int
	last    *challenge
	count   int
}

// answer takes a 401 or 407 and gives the header to send the request again with.
func (p *proof) answer(res *gosip.Response, req *gosip.Request) (gosip.Header, error) {
	c, err := challenges(res)
	if err != nil {
		return nil, err
	}
	if p.tries >= 2 || p.tries == 1 && !c.stale {
		return nil, fmt.Errorf("the other side refused the credentials of %q for realm %q: %w", p.account.User, printable(c.asked.Realm), ErrCredentials)
	}
	p.tries++
	if p.last == nil || p.last.asked.Nonce != c.asked.Nonce {
		p.count = 0
	}
	p.count++
	p.last = c
	return p.account.credentials(c, req, p.count)
}

// challenged tells whether a final answer asks for credentials.
func challenged(res *gosip.Response) bool { return res.StatusCode == 401 || res.StatusCode == 407 }
