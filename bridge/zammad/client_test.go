package zammad_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotline/bridge/zammad"
)

func TestAddressesAreThoseOfTheHouseOrEncrypted(t *testing.T) {
	for address, good := range map[string]bool{
		"https://zammad.example": true, "https://zammad.example/": true, "https://10.0.0.5:8443": true, "http://127.0.0.1:3000": true, "http://localhost:3000": true, "http://10.1.2.3": true, "http://[::1]:3000": true,
		"http://zammad.example": false, "http://203.0.113.5": false, "ftp://zammad.example": false, "https://user:secret@zammad.example": false, "https://zammad.example/api": false,
		"https://zammad.example?a=b": false, "zammad.example": false, "": false, "https://": false, "https://zammad.example#x": false,
	} {
		if err := zammad.CheckAddress(address); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
		if _, err := zammad.New(zammad.Config{URL: address, Token: "t"}); (err == nil) != good {
			t.Errorf("a client of %q: %v", address, err)
		}
	}
	for _, token := range []string{"", "two words", "a\nb", "ü"} {
		if _, err := zammad.New(zammad.Config{URL: "https://zammad.example", Token: token}); err == nil || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

// served is a client of a server that answers as the test wants it.
func served(t *testing.T, answer http.HandlerFunc) *zammad.Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := zammad.New(zammad.Config{URL: s.URL, Token: "t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestAnswersThatAreNoneOfSuccess(t *testing.T) {
	for name, c := range map[string]struct {
		status           int
		header, body     string
		text             string
		refused, unknown bool
		after            time.Duration
	}{
		"a token that ended":                 {status: 401, body: `{"error":"Invalid BasicAuth credentials"}`, text: "Zammad answers 401 Unauthorized: Invalid BasicAuth credentials"},
		"no permission":                      {status: 403, body: `{"error":"Not authorized","error_human":"Not authorized: no ticket.agent"}`, text: "Zammad answers 403 Forbidden: Not authorized: no ticket.agent"},
		"what is not there":                  {status: 404, body: `{"error":"Couldn't find Ticket with 'id'=7"}`, text: "Zammad answers 404 Not Found: Couldn't find Ticket with 'id'=7", refused: true},
		"what cannot be":                     {status: 422, body: `{"error":"No lookup value found for 'group'"}`, text: "Zammad answers 422 Unprocessable Entity: No lookup value found for 'group'", refused: true},
		"too many":                           {status: 429, header: "7", body: "", text: "Zammad answers 429 Too Many Requests", after: 7 * time.Second},
		"too many, in nonsense":              {status: 429, header: "-7", body: "slow\ndown", text: "Zammad answers 429 Too Many Requests: slow down"},
		"a proxy":                            {status: 502, body: "<html><body>Bad Gateway</body></html>", text: "Zammad answers 502 Bad Gateway: <html><body>Bad Gateway</body></html>", unknown: true},
		"elsewhere":                          {status: 302, body: "", text: "Zammad answers 302 Found: redirects are not followed; write the address to which it leads"},
		"one that repeats what it was asked": {status: 400, body: `bad header "Token token=t0ken"`, text: `Zammad answers 400 Bad Request: bad header "Token token=***"`, refused: true},
		"no JSON":                            {status: 200, body: "<html>", text: "what Zammad answers cannot be read: invalid character '<' looking for beginning of value", unknown: true},
		"endless":                            {status: 200, body: strings.Repeat("[", 9<<20), text: "what Zammad answers is larger than 8 MiB", unknown: true},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			client := served(t, func(w http.ResponseWriter, r *http.Request) {
				asked++
				if c.header != "" {
					w.Header().Set("Retry-After", c.header)
				}
				if c.status == 302 {
					w.Header().Set("Location", "/elsewhere")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			_, err := client.Ticket(t.Context(), 7)
			if err == nil || err.Error() != c.text {
				t.Fatalf("%v, want %s", err, c.text)
			}
			var answer *zammad.Error
			refused, after := false, time.Duration(0)
			if errors.As(err, &answer) {
				refused, after = answer.Refused(), answer.After
			}
			if refused != c.refused || after != c.after || zammad.Unknown(err) != c.unknown || zammad.Gone(err) != (c.status == 404) || asked != 1 {
				t.Errorf("refused %v, after %s, unknown %v, asked %d times", refused, after, zammad.Unknown(err), asked)
			}
		})
	}
}

func TestRequestsAreThoseOfTheDocumentation(t *testing.T) {
	var seen []string
	client := served(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		query, _ := url.QueryUnescape(r.URL.RawQuery)
		seen = append(seen, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+query+" "+string(body)))
		if r.Header.Get("Authorization") != "Token token=t0ken" || r.Method != http.MethodGet && r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", r.Header)
		}
		answer := `{"id":81,"number":"10081","state":"open","owner":"-","updated_at":"2020-11-13T14:34:35.333Z","preferences":{},"groups":["Users"]}`
		if strings.Contains(r.URL.Path, "search") || strings.Contains(r.URL.Path, "by_ticket") || strings.Contains(r.URL.Path, "ticket_") {
			answer = `[]`
		}
		_, _ = io.WriteString(w, answer)
	})
	ctx := context.Background()
	got, err := client.Create(ctx, zammad.Change{Title: "t", Group: "Users", Customer: "guess:a@b.example", Tags: "hotline-main-417", Article: zammad.Note("s", "b", zammad.File{Filename: "f", Data: []byte("x"), MIMEType: "text/plain"})})
	if err != nil || got.ID != 81 || got.Number != "10081" || got.UpdatedAt != time.Date(2020, 11, 13, 14, 34, 35, 333e6, time.UTC) {
		t.Errorf("%+v %v", got, err)
	}
	_, _ = client.Update(ctx, 81, zammad.Change{State: "closed"})
	_, _ = client.Articles(ctx, 81)
	_, _ = client.Tagged(ctx, "hotline-main-417")
	_, _ = client.Changed(ctx, 2)
	if me, err := client.Me(ctx); err != nil || me.Groups != nil {
		t.Errorf("whoever is in no group: %+v %v", me, err)
	}
	_, _ = client.States(ctx)
	_, _ = client.Priorities(ctx)
	_, _ = client.User(ctx, 8)
	want := []string{
		`POST /api/v1/tickets expand=true {"title":"t","group":"Users","customer_id":"guess:a@b.example","tags":"hotline-main-417","article":{"subject":"s","body":"b","content_type":"text/plain","type":"note","internal":true,"attachments":[{"filename":"f","data":"eA==","mime-type":"text/plain"}]}}`,
		`PUT /api/v1/tickets/81 expand=true {"state":"closed"}`,
		`GET /api/v1/ticket_articles/by_ticket/81 expand=true`,
		`GET /api/v1/tickets/search condition[ticket.tags][operator]=contains all&condition[ticket.tags][value]=hotline-main-417&expand=true&limit=50&page=1&per_page=50`,
		`GET /api/v1/tickets/search expand=true&limit=50&page=1&per_page=50&query=tags:"hotline-main-417"`,
		`GET /api/v1/tickets/search expand=true&limit=50&page=1&per_page=50&query=hotline-main-417`,
		`GET /api/v1/tickets/search expand=true&limit=50&order_by=desc&page=2&per_page=50&query=*&sort_by=updated_at`,
		`GET /api/v1/users/me expand=true`, `GET /api/v1/ticket_states`, `GET /api/v1/ticket_priorities`, `GET /api/v1/users/8`,
	}
	for i := range max(len(want), len(seen)) {
		if i >= len(want) || i >= len(seen) || seen[i] != want[i] {
			t.Fatalf("request %d:\n%q\nwant\n%q", i, seen, want)
		}
	}
}

// A vector that openssl made: printf '{"ticket":{"id":81}}' | openssl dgst -sha1 -hmac s3cret.
func TestWebhooksAreSigned(t *testing.T) {
	body, secret := []byte(`{"ticket":{"id":81}}`), []byte("s3cret")
	const good = "sha1=c19b18fc8c1fbdfa69e179063c2051d67ea07e69"
	if is := zammad.Sign(secret, body); is != good {
		t.Errorf("signed %s", is)
	}
	for signature, want := range map[string]bool{good: true, " " + strings.ToUpper(good) + " ": true, good[5:]: false, "": false, "sha1=": false, good[:44] + "0": false} {
		if zammad.Signed(secret, body, signature) != want {
			t.Errorf("%q", signature)
		}
	}
	if zammad.Signed(nil, body, zammad.Sign(nil, body)) {
		t.Error("a webhook is taken without a secret")
	}
	for text, want := range map[string]int64{`{"ticket":{"id":81},"article":{"id":9}}`: 81, `{"ticket":{"id":-1}}`: 0, `{"ticket":"x"}`: 0, `{}`: 0, ``: 0, `[]`: 0, `{"ticket":{"id":1e99}}`: 0} {
		if id, err := zammad.Webhook([]byte(text)); id != want || (err == nil) != (want > 0) {
			t.Errorf("%s: %d %v", text, id, err)
		}
	}
}
