// Package sla holds levels, calendars and the three clocks of a ticket, and explains each of them.
//
// It is ground: pure arithmetic on facts and an instant given as an argument. It starts no goroutine, opens nothing
// and never asks the time. Instants are whole seconds.
package sla
