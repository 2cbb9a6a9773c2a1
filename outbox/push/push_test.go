package push_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/outbox"
	"hotline/outbox/push"
	"hotline/outbox/push/pushtest"
	"hotline/outbox/send"
	"hotline/tickets"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a sender of pushes, and a push service that answers with a status.
type house struct {
	t       *testing.T
	key     push.Key
	service *httptest.Server
	sender  *push.Sender
	status  int
	taken   []*http.Request
	bodies  [][]byte
	unused  bool // the owner does not use the pages any more
}

func open(t *testing.T, names bool) *house {
	t.Helper()
	h := &house{t: t, status: http.StatusCreated}
	h.service = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		h.taken, h.bodies = append(h.taken, r), append(h.bodies, body)
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.service.Close)
	var err error
	h.key, err = push.ReadKey(filepath.Join(t.TempDir(), "push.key"))
	must(t, err)
	over := send.New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	t.Cleanup(over.Close)
	h.sender = push.New(push.Config{
		Key: h.key, Contact: "mailto:support@example.org", Names: names, Do: over.Do, Other: over,
		Uses: func(context.Context, string) (bool, error) { return !h.unused, nil },
	})
	return h
}

func (h *house) subscribed(b *pushtest.Browser) outbox.Endpoint {
	h.t.Helper()
	e, err := push.Subscription{Address: h.service.URL + "/s3cr3t", P256dh: b.P256dh(), Auth: b.Auth(), Key: h.key.Public()}.Endpoint("carla", true)
	must(h.t, err)
	return e
}

// message is one of a blocking ticket of Rossi.
func message(t *testing.T, k outbox.Kind) outbox.Message {
	t.Helper()
	p := outbox.PayloadOf(tickets.Ticket{
		Number: 417, Reporter: tickets.Reporter{Name: "Rossi S.p.A.", Caller: "+39061234"}, Classification: tickets.Classification{Claim: "blocking"},
		Commitment: tickets.Commitment{Level: "extended"},
	}, tickets.Event{ID: "e1", At: time.Unix(1e9, 0), Text: "the press stands still"}, "s", "t")
	p.Type = k
	body, err := json.Marshal(p)
	must(t, err)
	return outbox.Message{Endpoint: "x", ID: "msg_e1", Ticket: 417, Kind: k, Body: string(body)}
}

func TestABrowserReadsWhatItIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		names bool
		kind  outbox.Kind
		want  string
		topic string
		when  string
	}{
		"a breach":               {false, outbox.Breach, `{"title":"Ticket 417: blocking anomaly","body":"a deadline was missed · extended","tag":"ticket-417","url":"/tickets/417","at":1000000000000}`, "t417-breach", "high"},
		"a note":                 {false, outbox.Commented, `{"title":"Ticket 417: blocking anomaly","body":"new note · extended","tag":"ticket-417","url":"/tickets/417","at":1000000000000}`, "t417", "normal"},
		"names may be shown":     {true, outbox.Opened, `{"title":"Ticket 417: blocking anomaly","body":"new request · extended · Rossi S.p.A.","tag":"ticket-417","url":"/tickets/417","at":1000000000000}`, "t417-opened", "high"},
		"a test is of no ticket": {true, outbox.Test, `{"title":"hotline","body":"Test message","tag":"hotline","url":"/browsers","at":1000000000000}`, "t417-test", "high"},
	} {
		t.Run(name, func(t *testing.T) {
			h, b := open(t, c.names), pushtest.NewBrowser()
			e := h.subscribed(b)
			e.Values[push.Lang] = "en"
			must(t, h.sender.Send(t.Context(), e, message(t, c.kind)))
			text, err := b.Read(h.bodies[0])
			must(t, err)
			if string(text) != c.want {
				t.Errorf("the browser shows %s, want %s", text, c.want)
			}
			r := h.taken[0]
			if r.Header.Get("Topic") != c.topic || r.Header.Get("Urgency") != c.when || r.Header.Get("TTL") != "43200" || r.Header.Get("Content-Encoding") != "aes128gcm" {
				t.Errorf("headers: %v", r.Header)
			}
			if _, err := pushtest.NewBrowser().Read(h.bodies[0]); err == nil {
				t.Error("another browser reads it")
			}
		})
	}
}

// TestAPushServiceKnowsWhoSends: the token is checked as RFC 8292 section 4 has it.
func TestAPushServiceKnowsWhoSends(t *testing.T) {
	h := open(t, false)
	must(t, h.sender.Send(t.Context(), h.subscribed(pushtest.NewBrowser()), message(t, outbox.Opened)))
	token, key, ok := strings.Cut(strings.TrimPrefix(h.taken[0].Header.Get("Authorization"), "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !ok || key != h.key.Public() || len(parts) != 3 {
		t.Fatalf("Authorization: %s", h.taken[0].Header.Get("Authorization"))
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	must(t, err)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	must(t, err)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	must(t, err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is not good")
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	must(t, err)
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	must(t, json.Unmarshal(text, &claims))
	if left := time.Until(time.Unix(claims.Exp, 0)); claims.Aud != h.service.URL || claims.Sub != "mailto:support@example.org" || left <= 0 || left > 24*time.Hour {
		t.Errorf("claims: %+v, good for %v", claims, left)
	}
}

func TestWhatBecomesOfATry(t *testing.T) {
	for name, c := range map[string]struct {
		status      int
		gone, final bool
	}{
		"not known any more": {404, true, true}, "gone": {410, true, true}, "too many": {429, false, false}, "not allowed": {403, false, false},
		"broken": {500, false, false}, "elsewhere": {307, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, false)
			h.status = c.status
			var why *outbox.Failure
			if err := h.sender.Send(t.Context(), h.subscribed(pushtest.NewBrowser()), message(t, outbox.Opened)); !errors.As(err, &why) || why.Gone != c.gone || why.Final != c.final || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("%+v", err)
			}
		})
	}
	h, b := open(t, false), pushtest.NewBrowser()
	e := h.subscribed(b)
	e.Values["key"] = "another one"
	var why *outbox.Failure
	if err := h.sender.Send(t.Context(), e, message(t, outbox.Opened)); !errors.As(err, &why) || why.Gone || why.Final {
		t.Errorf("a browser of another key: %+v", err)
	}
	h.unused = true
	if err := h.sender.Send(t.Context(), h.subscribed(b), message(t, outbox.Opened)); !errors.As(err, &why) || !why.Gone {
		t.Errorf("a browser of nobody: %+v", err)
	}
	if len(h.taken) != 0 {
		t.Error("it was sent")
	}
}

func TestOnlyABrowserIsASubscription(t *testing.T) {
	b := pushtest.NewBrowser()
	good := push.Subscription{Address: "https://push.example/x", P256dh: b.P256dh(), Auth: b.Auth()}
	off := make([]byte, 65)
	off[0] = 4
	for name, c := range map[string]struct {
		change func(s *push.Subscription)
		want   error
	}{
		"a good one":             {func(*push.Subscription) {}, nil},
		"padded as others do":    {func(s *push.Subscription) { s.Auth += "==" }, nil},
		"in clear":               {func(s *push.Subscription) { s.Address = "http://push.example/x" }, push.ErrAddress},
		"a file":                 {func(s *push.Subscription) { s.Address = "file:///etc/passwd" }, push.ErrAddress},
		"with a password":        {func(s *push.Subscription) { s.Address = "https://a:b@push.example/x" }, push.ErrAddress},
		"endless":                {func(s *push.Subscription) { s.Address += strings.Repeat("x", 1000) }, push.ErrAddress},
		"nothing":                {func(s *push.Subscription) { *s = push.Subscription{} }, push.ErrAddress},
		"no point of the curve":  {func(s *push.Subscription) { s.P256dh = base64.RawURLEncoding.EncodeToString(off) }, push.ErrKeys},
		"a short secret":         {func(s *push.Subscription) { s.Auth = s.Auth[:10] }, push.ErrKeys},
		"a secret that is no64!": {func(s *push.Subscription) { s.Auth = "!!!" }, push.ErrKeys},
	} {
		s := good
		c.change(&s)
		if _, err := s.Endpoint("carla", false); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := (push.Subscription{Address: "http://127.0.0.1/x", P256dh: b.P256dh(), Auth: b.Auth()}).Endpoint("carla", true); err != nil {
		t.Errorf("in a network of the house: %v", err)
	}
}

// TestNoOtherNetworkIsReached: an address that a browser gives leads to no private network, whatever it is called.
func TestNoOtherNetworkIsReached(t *testing.T) {
	reached := false
	service := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	t.Cleanup(service.Close)
	key, err := push.ReadKey(filepath.Join(t.TempDir(), "push.key"))
	must(t, err)
	over := send.New(nil)
	t.Cleanup(over.Close)
	s := push.New(push.Config{Key: key, Contact: "mailto:a@b.example", Do: over.Do, Other: over, Uses: func(context.Context, string) (bool, error) { return true, nil }})
	b := pushtest.NewBrowser()
	at, err := url.Parse(service.URL)
	must(t, err)
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		e, err := push.Subscription{Address: "https://" + host + ":" + at.Port() + "/x", P256dh: b.P256dh(), Auth: b.Auth(), Key: key.Public()}.Endpoint("carla", false)
		must(t, err)
		if err := s.Send(t.Context(), e, message(t, outbox.Opened)); err == nil || !strings.Contains(err.Error(), "not public") {
			t.Errorf("%s: %v", host, err)
		}
	}
	if reached {
		t.Error("it was reached")
	}
}

func TestTheKeyIsMadeOnceAndNeverReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "push.key")
	first, err := push.ReadKey(file)
	must(t, err)
	again, err := push.ReadKey(file)
	if err != nil || again.Public() != first.Public() {
		t.Errorf("%v, %v", again, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	for _, text := range []string{"", "nonsense!", "AAAA"} {
		must(t, os.WriteFile(file, []byte(text), 0o600))
		if _, err := push.ReadKey(file); err == nil || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := push.ReadKey(t.TempDir()); err == nil {
		t.Error("a folder is a key")
	}
}
