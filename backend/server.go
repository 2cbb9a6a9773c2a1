package backend

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"hotline/secretfile"
)

// Server is a server that is asked over HTTP.
type Server struct {
	URL     string // whole, with its path
	KeyFile string // holds the bearer token alone; empty: none is sent
	Timeout time.Duration
	Client  *http.Client // nil: the default one
}

// Question is what a server is asked.
type Question struct {
	Type   string // media type of Body
	Accept string // media type of the answer; empty: any
	Body   io.Reader
	Most   int // octets that the answer may have
}

// shown is how many octets of an answer stand in an error.
const shown = 200

// Post asks, and gives the answer. The errors are ErrAnswer, and those of the way there.
func (s Server) Post(ctx context.Context, q Question) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, q.Body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", q.Type)
	if q.Accept != "" {
		request.Header.Set("Accept", q.Accept)
	}
	if s.KeyFile != "" {
		token, err := secretfile.Word(s.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("reading the server's key: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := s.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, int64(q.Most)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the answer: %w", err)
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w: it answered %s: %q", ErrAnswer, response.Status, answer[:min(len(answer), shown)])
	case len(answer) > q.Most:
		return nil, fmt.Errorf("%w: it answered more than %d octets", ErrAnswer, q.Most)
	}
	return answer, nil
}
