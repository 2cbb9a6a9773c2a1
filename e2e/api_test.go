package e2e_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw sends octets to the API as they are and gives the status that comes back; 0 for a connection that is closed without.
func (h *house) raw(t *testing.T, send io.Reader, within time.Duration) int {
	t.Helper()
	c, err := net.Dial("tcp", h.http)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(c, send) // cut off in the middle is an answer too
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		if over, ok := err.(net.Error); ok && over.Timeout() {
			t.Errorf("the connection is still open after %v", within)
		}
		return 0
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	if strings.Contains(string(text), "goroutine ") || strings.Contains(string(text), ".go:") {
		t.Errorf("the answer shows the program's inside: %s", text)
	}
	return answer.StatusCode
}

// TestTheAPIBearsClientsThatMeanNoGood sends what no client library sends.
func TestTheAPIBearsClientsThatMeanNoGood(t *testing.T) {
	t.Parallel()
	h := open(t)
	head := "POST /api/v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer demo\r\nContent-Type: application/json\r\n"
	chunk := "10000\r\n" + strings.Repeat("x", 0x10000) + "\r\n"
	for what, c := range map[string]struct {
		send io.Reader
		want []int
	}{
		"a body of 4 MiB without a length":     {strings.NewReader(head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat(chunk, 64) + "0\r\n\r\n"), []int{413, 0}},
		"a length of a terabyte":               {strings.NewReader(head + "Content-Length: 1099511627776\r\n\r\n" + strings.Repeat("x", 2<<20)), []int{413, 0}},
		"two lengths":                          {strings.NewReader(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), []int{400}},
		"headers of 200 KB":                    {strings.NewReader(head + "X: " + strings.Repeat("y", 200_000) + "\r\n\r\n"), []int{431, 0}},
		"no HTTP at all":                       {strings.NewReader("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"), []int{400, 0}},
		"a request that never comes to an end": {io.MultiReader(strings.NewReader(head), strings.NewReader("X-Slow: ")), []int{0, 408}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			got := h.raw(t, c.send, 20*time.Second)
			for _, want := range c.want {
				if got == want {
					return
				}
			}
			t.Errorf("answered with %d, want one of %v", got, c.want)
		})
	}
	t.Run("callers are served meanwhile", func(t *testing.T) {
		for i := range 50 {
			if _, err := h.call(http.MethodGet, fmt.Sprintf("/api/v1/tickets?limit=%d", i+1), nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	})
}
