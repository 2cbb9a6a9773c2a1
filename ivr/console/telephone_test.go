package console_test

import (
	"testing"

	"hotline/ivr"
	"hotline/ivr/console"
	"hotline/numbers"
)

func TestAnEngineersTelephoneIsKnownHoweverItIsWritten(t *testing.T) {
	italy, err := numbers.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	trunk := func(number string) ivr.Caller { return ivr.Caller{Number: italy.E164(number), Trunk: "carrier"} }
	house := func(account string) ivr.Caller { return ivr.Caller{Number: account, House: true} }
	for name, c := range map[string]struct {
		telephone string
		calls     ivr.Caller
		want      bool
	}{
		"a mobile, as people write it":          {"333 123 4567", trunk("+393331234567"), true},
		"a mobile, with its country":            {"+393331234567", trunk("00393331234567"), true},
		"another mobile":                        {"+393331234567", trunk("+393331234568"), false},
		"a number that is withheld":             {"+393331234567", trunk(""), false},
		"a telephone of the house":              {"sip:anna@192.0.2.7:5060", house("anna"), true},
		"its account, elsewhere":                {"sip:anna@pbx.example;transport=tls", house("anna"), true},
		"another account":                       {"sip:anna@192.0.2.7:5060", house("annamaria"), false},
		"a stranger who says the account":       {"sip:anna@192.0.2.7:5060", ivr.Caller{Number: "anna"}, false},
		"a trunk that says the account":         {"sip:anna@192.0.2.7:5060", trunk("anna"), false},
		"an extension, which is one of a trunk": {"201", house("201"), true},
		"nobody":                                {"sip:@192.0.2.7", ivr.Caller{House: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := console.Calls(c.telephone, c.calls, italy.E164); got != c.want {
				t.Errorf("%s called by %+v: %v", c.telephone, c.calls, got)
			}
		})
	}
}
