package written_test

import (
	"fmt"

	"hotline/prompts"
	"hotline/prompts/written"
)

func ExampleIn() {
	for _, lang := range prompts.Written() {
		w := written.In(lang)
		fmt.Printf("%s: %s, %s\n", lang, w.Category("blocking"), w.Clock("restore"))
	}
	// Output:
	// it: anomalia bloccante, ripristino
	// en: blocking anomaly, restore
}
