package ivr_test

import (
	"fmt"
	"strings"

	"hotline/ivr"
)

// A flow is read whole: every complaint names line, step, field and remedy, and a flow with a complaint is none.
func ExampleParse() {
	text := strings.Replace(ivr.DefaultYAML(), "known: announce", "known: nowhere", 1)
	flow, complaints := ivr.Parse(text)
	for _, c := range complaints {
		fmt.Println(c)
	}
	fmt.Println(flow == nil)
	// Output:
	// line 21: step pin: known: there is no step "nowhere"; name a step of this flow
	// true
}

func ExampleDefault() {
	flow, err := ivr.Default()
	fmt.Println(flow.Name, flow.Languages, err)
	// Output: default [it en] <nil>
}
