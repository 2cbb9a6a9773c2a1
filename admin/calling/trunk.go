package calling

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/cdr"
	"hotline/oncall"
)

// Trunk is what the test of a trunk needs to know of it.
type Trunk struct {
	Number      string // the line's own
	ShowsCaller bool   // it is set to show a customer's number
	Refused     int    // the final answer by which it refuses a customer's number; 0: it does not, or was not asked
	Until       time.Time
}

// shows is the number that a call for a customer shows now.
func (t Trunk) shows(customer string) string {
	if customer == "" || !t.ShowsCaller || t.Refused != 0 {
		return t.Number
	}
	return customer
}

func (c Config) trunkRoute(api huma.API) {
	huma.Register(api, c.Route(http.MethodPost, "/trunks/{name}/test-call", "test-trunk",
		"Ring a telephone by this trunk and ask for key 1; tells which number the trunk let the call show; answers when the call is over, within a minute"), c.testTrunk)
}

type trunkTestInput struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
	Name           string `path:"name" minLength:"1" maxLength:"100"`
	Body           trunkTestBody
}

type trunkTestBody struct {
	Phone    string `json:"phone" minLength:"1" maxLength:"40" doc:"The number to ring: an engineer's, an operator's or a customer's"`
	Caller   string `json:"caller,omitempty" maxLength:"40" doc:"A customer's number, which a trunk with show_caller is asked to show; left out: the line's own"`
	Language string `json:"language,omitempty" enum:"it,en,de,fr,es" doc:"Of the sentences; left out: the house's"`
}

type trunkTestAnswer struct {
	Body trunkTestView
}

type trunkTestView struct {
	Trunk   string `json:"trunk"`
	Phone   string `json:"phone"`
	Result  string `json:"result" doc:"proven by a test call: the key came. Else why not: no answer, no key, no key: a mailbox, hung up, line lost, busy, declined, dead, impossible"`
	Reason  string `json:"reason,omitempty" doc:"Why no call could be made"`
	Pressed bool   `json:"pressed" doc:"The key came: the trunk rings telephones, and keys come back"`

	CallerTried   string            `json:"caller_tried" doc:"The number that the call was to show"`
	CallerShown   *string           `json:"caller_shown" doc:"The number with which the trunk put the call through; null: it did not. Look at the telephone whether it arrived"`
	CallerRefused *trunkTestRefusal `json:"caller_refused,omitempty" doc:"The trunk refuses customers' numbers: calls show the line's own until then"`
}

type trunkTestRefusal struct {
	Code  int       `json:"code" doc:"The final answer, of SIP"`
	Until time.Time `json:"until"`
}

// testTrunk rings a telephone by a trunk.
func (c Config) testTrunk(ctx context.Context, in *trunkTestInput) (*trunkTestAnswer, error) {
	before, known := c.Trunk(in.Name)
	if !known {
		return nil, huma.Error404NotFound("there is no trunk " + in.Name + "; GET /trunks lists them")
	}
	phone, err := c.number("body.phone", in.Body.Phone)
	if err != nil {
		return nil, err
	}
	caller := ""
	if in.Body.Caller != "" {
		if caller, err = c.number("body.caller", in.Body.Caller); err != nil {
			return nil, err
		}
	}
	if c.Tests == nil {
		return nil, huma.Error503ServiceUnavailable("this process rings no telephones")
	}
	lang := cmp.Or(in.Body.Language, c.Language(), "it")
	v := trunkTestView{Trunk: in.Name, Phone: phone, CallerTried: before.shows(caller)}
	result, reached, problem := c.Tests.TestTrunk(ctx, in.Name, caller, oncall.Attempt{Phone: phone, Language: lang})
	after, _ := c.Trunk(in.Name)
	v.Result, v.Pressed = result, result == cdr.LegProven
	if problem != nil {
		v.Reason = problem.Error()
	}
	if reached {
		shown := after.shows(caller)
		v.CallerShown = &shown
	}
	if after.Refused != 0 {
		v.CallerRefused = &trunkTestRefusal{after.Refused, after.Until}
	}
	return &trunkTestAnswer{v}, nil
}

// number is a telephone number as the house spells it: a trunk dials no SIP address.
func (c Config) number(at, telephone string) (string, error) {
	spelt, err := c.Spelt(telephone)
	if err == nil && strings.HasPrefix(spelt, "sip") {
		err = errors.New("a trunk is tested with a telephone number")
	}
	if err != nil {
		return "", huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: at, Message: err.Error()})
	}
	return spelt, nil
}
