package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// client is where a command finds the running program.
type client struct {
	API   string `help:"Where the program's API is." default:"http://127.0.0.1:8080"`
	Token string `help:"Token of the API; see hotline token add." required:""`
}

// apiTime bounds one question.
const apiTime = 30 * time.Second

// get asks the API and gives the answer's body.
func (c client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return c.ask(ctx, question{method: http.MethodGet, path: path, query: query})
}

// getAnyway is get where an answer of another status says something too.
func (c client) getAnyway(ctx context.Context, path string, status int) ([]byte, error) {
	return c.ask(ctx, question{method: http.MethodGet, path: path, also: status})
}

// post hands something to the API and gives the answer's body.
func (c client) post(ctx context.Context, path string, query url.Values, kind string, body []byte) ([]byte, error) {
	return c.ask(ctx, question{method: http.MethodPost, path: path, query: query, kind: kind, body: body})
}

// question is what the API is asked.
type question struct {
	method, path string
	query        url.Values
	kind         string // of the body: a media type; empty: none
	body         []byte
	also         int // status of an answer that is taken beside 200
}

func (c client) ask(ctx context.Context, q question) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	where := strings.TrimSuffix(c.API, "/") + "/api/v1" + q.path
	if len(q.query) > 0 {
		where += "?" + q.query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, q.method, where, bytes.NewReader(q.body))
	if err != nil {
		return nil, fmt.Errorf("--api %q is no address; write it as http://127.0.0.1:8080", c.API)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w; is the program running, and is --api its address?", c.API, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", c.API, err)
	}
	if answer.StatusCode == http.StatusOK || answer.StatusCode == q.also {
		return body, nil
	}
	return nil, refusal(answer.Status, body)
}

// refusal is what an answer that is none says: the problem in words, with the fields that are wrong (RFC 9457).
func refusal(status string, body []byte) error {
	var problem struct {
		Detail string
		Errors []struct{ Location, Message string }
	}
	if json.Unmarshal(body, &problem) != nil || problem.Detail == "" {
		return errors.New(status)
	}
	text := problem.Detail
	for _, e := range problem.Errors {
		text += "; " + e.Location + ": " + e.Message
	}
	return errors.New(text)
}
