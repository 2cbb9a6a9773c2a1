package numbers_test

import (
	"fmt"

	"hotline/numbers"
)

// One number in the spellings in which it is kept, shown, read out and dialled.
func ExamplePlan() {
	italy, err := numbers.For("IT")
	if err != nil {
		fmt.Println(err)
		return
	}
	kept := italy.E164("06 5551239")
	fmt.Println(kept)
	fmt.Println(italy.Shown(kept))
	fmt.Println(italy.Spoken(kept))
	fmt.Println(italy.Dial(kept, numbers.As00))
	// Output:
	// +39065551239
	// +39 06 555 1239
	// 065551239
	// 0039065551239
}
