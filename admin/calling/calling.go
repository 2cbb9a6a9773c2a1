// Package calling is the API of telephones that the line rings: chains as they are called, live, and test calls. What staff ask
// to be rung for a ticket stands with the other writes of tickets, in package admin, which mounts this room.
package calling

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/dispatch/chains"
	"hotline/oncall"
)

// Tests rings telephones to try them. dispatch.Dispatcher implements it.
type Tests interface {
	// TestCall rings one telephone of an engineer's, asks for the key, and gives the result in words.
	TestCall(ctx context.Context, a oncall.Attempt) (result string)
	// TestTrunk does that by one trunk, and shows it a customer's number, where one is given. reached tells that the trunk put the call
	// through; problem is why no call could be made.
	TestTrunk(ctx context.Context, trunk, customer string, a oncall.Attempt) (result string, reached bool, problem error)
}

// Config is what the API needs. Everything is required, but for Tests and Chains.
type Config struct {
	Engineer func(ctx context.Context, id oncall.EngineerID) (oncall.Engineer, error)
	Proofs   func(ctx context.Context, id oncall.EngineerID) ([]oncall.Proof, error)
	Tests    Tests                                            // nil: no telephone can be rung
	Trunk    func(name string) (Trunk, bool)                  // as it fares now
	Spelt    func(telephone string) (spelt string, err error) // a telephone as the house spells it
	Language func() string                                    // of the house; empty: Italian
	Chains   *chains.Feed                                     // nil: nothing is told
	Node     string                                           // the name of this process among those on one database
	Now      func() time.Time
	Route    func(method, path, id, summary string) huma.Operation
	Explain  func(ctx context.Context, err error) error // makes a problem of an error
}

// Mount adds the routes.
func Mount(api huma.API, c Config) {
	c.chainsRoute(api)
	c.trunkRoute(api)
	huma.Register(api, c.Route(http.MethodPost, "/engineers/{id}/test-call", "test-call-engineer",
		"Ring a telephone of an engineer, which proves it where key 1 is pressed; answers when the call is over, within a minute"), c.testCall)
}

type testCallInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	ID             string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
	Body           *testCallBody
}

type testCallBody struct {
	Phone string `json:"phone,omitempty" maxLength:"200" doc:"One of the engineer's telephones, as the engineer's document spells it; left out: the first one"`
}

type testCallAnswer struct {
	Body testCallView
}

type testCallView struct {
	Engineer    string     `json:"engineer"`
	Phone       string     `json:"phone"`
	Result      string     `json:"result" doc:"proven by a test call; else why not: no answer, no key, no key: a mailbox, hung up, line lost, busy, dead, impossible, engaged with another caller of ours"`
	Proven      bool       `json:"proven" doc:"Key and sound came: the proof stands"`
	ProvenUntil *time.Time `json:"proven_until" doc:"null: the telephone is not proven"`
}

// testCall rings one telephone.
func (c Config) testCall(ctx context.Context, in *testCallInput) (*testCallAnswer, error) {
	id := oncall.EngineerID(in.ID)
	e, err := c.Engineer(ctx, id)
	if err != nil {
		return nil, c.Explain(ctx, fmt.Errorf("engineer %s: %w", id, err))
	}
	phone := ""
	switch {
	case in.Body != nil && in.Body.Phone != "":
		phone = in.Body.Phone
	case len(e.Phones) > 0:
		phone = e.Phones[0]
	}
	if !slices.Contains(e.Phones, phone) {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body.phone", Message: "this is no telephone of the engineer's; GET /engineers/" + in.ID + " lists them"})
	}
	if c.Tests == nil {
		return nil, huma.Error503ServiceUnavailable("this process rings no telephones")
	}
	began := c.Now()
	v := testCallView{Engineer: in.ID, Phone: phone}
	v.Result = c.Tests.TestCall(ctx, oncall.Attempt{Engineer: id, Name: e.Name, Phone: phone, Language: e.Language})
	proofs, err := c.Proofs(ctx, id)
	if err != nil {
		return nil, c.Explain(ctx, fmt.Errorf("reading what engineer %s has proven: %w", id, err))
	}
	for _, p := range proofs {
		v.Proven = v.Proven || p.Phone == phone && p.Key && p.Sound && !p.At.Before(began.Truncate(time.Second))
	}
	if until := oncall.Proven(proofs, id, phone, c.Now()); !until.IsZero() {
		v.ProvenUntil = &until
	}
	return &testCallAnswer{v}, nil
}
