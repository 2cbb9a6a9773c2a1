package digest

import (
	"errors"
	"fmt"
	"strings"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"hotline/sip/header"
)

// ErrCredentials is the error of a challenge that was not answered, or whose answer was not taken.
var ErrCredentials = errors.New("the credentials were not taken")

// challenge is one 401 or 407 and the header that answers it.
type challenge struct {
	header string // "Authorization" or "Proxy-Authorization"
	stale  bool
	asked  *digest.Challenge
}

// Challenged tells whether a final answer asks for credentials.
func Challenged(status int) bool { return status == 401 || status == 407 }

// challenges reads what a refusal asks for, and takes the strongest algorithm (RFC 8760 section 2.4).
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
		return nil, fmt.Errorf("realm %q asks for credentials and none are configured: %w", header.Printable(c.asked.Realm), ErrCredentials)
	}
	if c.asked.Realm != a.Realm {
		return nil, fmt.Errorf("credentials are asked for realm %q, the configured one is %q: %w", header.Printable(c.asked.Realm), a.Realm, ErrCredentials)
	}
	made, err := digest.Digest(c.asked, digest.Options{
		Method: req.Method.String(), URI: req.Recipient.String(), Username: a.User, Password: a.Password, Count: count,
	})
	if err != nil {
		return nil, fmt.Errorf("making credentials: %w: %w", ErrCredentials, err)
	}
	return header.New(c.header, made.String()), nil
}

// Client answers the challenges to one request and says when to give up. The request is sent again with credentials once, and
// once more when only the nonce was stale (RFC 3261 section 22.2). Used by one goroutine at a time.
type Client struct {
	account Account
	tries   int
	last    *challenge
	count   int
}

// NewClient makes a client that has met no challenge yet.
func NewClient(a Account) *Client { return &Client{account: a} }

// User is the user whose credentials it shows.
func (c *Client) User() string { return c.account.User }

// Tried tells whether it has answered a challenge.
func (c *Client) Tried() bool { return c.tries > 0 }

// Answer takes a 401 or 407 and gives the header to send the request again with. Its errors are [ErrCredentials].
func (c *Client) Answer(res *gosip.Response, req *gosip.Request) (gosip.Header, error) {
	asked, err := challenges(res)
	if err != nil {
		return nil, err
	}
	if c.tries >= 2 || c.tries == 1 && !asked.stale {
		return nil, fmt.Errorf("the other side refused the credentials of %q for realm %q: %w", c.account.User, header.Printable(asked.asked.Realm), ErrCredentials)
	}
	c.tries++
	if c.last == nil || c.last.asked.Nonce != asked.asked.Nonce {
		c.count = 0
	}
	c.count++
	c.last = asked
	return c.account.credentials(asked, req, c.count)
}

// Again gives the credentials for one more request under the challenge that was answered last, which saves meeting another
// one (RFC 3261 section 22.2).
func (c *Client) Again(req *gosip.Request) (gosip.Header, error) {
	if c.last == nil {
		return nil, ErrCredentials
	}
	c.count++
	return c.account.credentials(c.last, req, c.count)
}
