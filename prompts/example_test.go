package prompts_test

import (
	"fmt"
	"time"

	"hotline/prompts"
)

// One phrase, independent of the language, and how it is heard in each of them.
func ExampleBook_Spoken() {
	phrase := prompts.Join(prompts.P("announce-ticket"), prompts.DigitsInside("417"), prompts.P("announce-open"))
	for _, lang := range prompts.Languages() {
		book, err := prompts.Open(lang)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(book.Spoken(phrase))
	}
	// Output:
	// La sua richiesta numero quattro uno sette, è aperta.
	// Your ticket number four one seven, is open.
	// Ihre Anfrage Nummer vier eins sieben, ist offen.
	// Votre demande numéro quatre un sept, est ouverte.
	// Su solicitud número cuatro uno siete, está abierta.
}

// A deadline is told with the day where it is not today's. Midnight belongs to the day that it ends.
func ExampleWhen() {
	book, err := prompts.Open(prompts.English)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, after := range []time.Duration{5*time.Hour + 30*time.Minute, 14 * time.Hour, 7 * 24 * time.Hour} {
		fmt.Println(book.Spoken(prompts.When(now.Add(after), now)))
	}
	// Output:
	// fifteen thirty today.
	// midnight tonight.
	// ten o'clock on Monday the thirtieth of November
}
