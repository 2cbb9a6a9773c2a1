package sla_test

import (
	"fmt"
	"time"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
)

// office is Monday to Friday, 9 to 13 and 14 to 18, in Rome and not on the public holidays of Italy.
func office() *sla.Hours {
	h, err := sla.DefaultCalendars()[0].Hours()
	if err != nil {
		panic(err)
	}
	return h
}

// Four working hours from Friday at 17:00 end on Monday at 12:00: one hour is left on Friday.
func ExampleHours_Add() {
	rome := office().Zone()
	due, err := office().Add(time.Date(2026, 11, 20, 17, 0, 0, 0, rome), 4*time.Hour)
	fmt.Println(due.Format("Mon 2 Jan 15:04"), err)
	// Output: Mon 23 Nov 12:00 <nil>
}

func ExampleHours_Between() {
	rome := office().Zone()
	friday, monday := time.Date(2026, 11, 20, 17, 0, 0, 0, rome), time.Date(2026, 11, 23, 12, 0, 0, 0, rome)
	fmt.Println(office().Between(friday, monday), "of", monday.Sub(friday))
	// Output: 4h0m0s of 67h0m0s
}

// What would be promised to a blocking request that comes in on Friday at 17:20, and where every minute would go.
func ExampleTry() {
	level, calendar := sla.DefaultLevels()[0], sla.DefaultCalendars()[0]
	accounts, err := sla.Try(level.Terms(calendar), sla.Blocking, "2026-11-20 17:20")
	if err != nil {
		fmt.Println(err)
	}
	for _, a := range accounts {
		fmt.Println(a.In(written.In(prompts.English)))
	}
	// Output:
	// contact: opened Friday 20 November 2026 17:20; counted 17:20-18:00; weekend; Monday 23 09:00-09:20; due Monday 23 November 09:20
	// intervention: opened Friday 20 November 2026 17:20; counted 17:20-18:00; weekend; Monday 23 09:00-12:20; due Monday 23 November 12:20
	// restore: from the intervention on Monday 23 November 2026 12:20; counted 12:20-13:00; break; 14:00-17:20; due Monday 23 November 17:20; projected, from the intervention on
}
