package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/agent/protocol"
)

// server is the way to hotline. Safe for concurrent use.
type server struct {
	base  *url.URL
	token protocol.Token
	http  *http.Client
	now   func() time.Time // by the machine's clock

	mu  sync.Mutex
	off time.Duration // the machine's clock is so far ahead of the server's, as the last answer had it
}

// askTime is how long one question may take.
const askTime = 30 * time.Second

// errNotOurs is an answer that hotline has not signed.
var errNotOurs = errors.New("the answer is not signed by hotline: is the server's address right, and is the token from there?")

// clockOff is how far the machine's clock is ahead of the server's.
func (s *server) clockOff() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.off
}

// reply is a signed answer.
type reply struct {
	status int
	tag    string
	body   []byte
}

// ask asks a signed question, and takes only a signed answer. By each answer it learns how far the machine's clock is off, and a question that
// was refused for its time is asked again.
func (s *server) ask(ctx context.Context, method, path, tag string, body func() ([]byte, error)) (r reply, err error) {
	for range 2 {
		if r, err = s.askOnce(ctx, method, path, tag, body); err != nil || r.status != http.StatusConflict {
			return r, err
		}
		if a, err := r.answer(); err != nil || a.Reason != protocol.WrongClock {
			return r, err
		}
	}
	return r, errors.New("the server refuses the time of our messages, although it is its own")
}

func (s *server) askOnce(ctx context.Context, method, path, tag string, body func() ([]byte, error)) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var send []byte
	if body != nil {
		var err error
		if send, err = body(); err != nil {
			return reply{}, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, s.base.JoinPath(path).String(), bytes.NewReader(send))
	if err != nil {
		return reply{}, err
	}
	if tag != "" {
		r.Header.Set("If-None-Match", tag)
	}
	r.Header.Set("Content-Type", "application/json")
	s.token.SignRequest(r, send, s.now().Add(-s.clockOff()))
	answer, err := s.http.Do(r)
	if err != nil {
		return reply{}, fmt.Errorf("asking hotline at %s: %w", s.base, without(err))
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(io.LimitReader(answer.Body, protocol.ConfigurationMost+protocol.AnswerMost))
	if err != nil {
		return reply{}, fmt.Errorf("asking hotline at %s: %w", s.base, err)
	}
	at, ours := s.token.Answered(answer, r.Header.Get(protocol.SignatureHeader), got)
	switch {
	case !ours && answer.StatusCode == http.StatusUnauthorized:
		return reply{}, fmt.Errorf("hotline at %s does not know this token: %s", s.base, strings.TrimSpace(string(got[:min(len(got), 300)])))
	case !ours && answer.StatusCode >= 500, !ours && answer.StatusCode == http.StatusTooManyRequests:
		return reply{}, fmt.Errorf("hotline at %s answers %s", s.base, answer.Status)
	case !ours:
		return reply{}, fmt.Errorf("asking %s, which answers %s: %w", s.base, answer.Status, errNotOurs)
	}
	s.mu.Lock()
	s.off = s.now().Sub(at).Round(time.Second)
	s.mu.Unlock()
	return reply{answer.StatusCode, answer.Header.Get("ETag"), got}, nil
}

// without is an error of the HTTP client without the address, which is told anyway.
func without(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func (r reply) answer() (a protocol.Answer, err error) {
	err = json.Unmarshal(r.body, &a)
	return a, err
}

// configuration fetches what is to be done, where it is another one than the version that is known.
func (s *server) configuration(ctx context.Context, known int) (c protocol.Configuration, version int, complaints []string, err error) {
	tag := ""
	if known > 0 {
		tag = strconv.Quote(strconv.Itoa(known))
	}
	r, err := s.ask(ctx, http.MethodGet, protocol.ConfigurationPath(s.token.Agent), tag, nil)
	if err != nil || r.status == http.StatusNotModified {
		return c, known, nil, err
	}
	if r.status != http.StatusOK {
		return c, known, nil, fmt.Errorf("asking for the configuration: status %d", r.status)
	}
	if version, err = strconv.Atoi(strings.Trim(strings.TrimPrefix(r.tag, "W/"), `"`)); err != nil {
		return c, known, nil, fmt.Errorf("asking for the configuration: its version %q is no number", r.tag)
	}
	c, complaints, err = protocol.ParseConfiguration(r.body)
	return c, version, complaints, err
}

// ping beats.
func (s *server) ping(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base.JoinPath("/ping/", key).String(), nil)
	if err != nil {
		return err
	}
	answer, err := s.http.Do(r)
	if err != nil {
		return without(err)
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, protocol.AnswerMost))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("it answers %s", answer.Status)
	}
	return err
}
