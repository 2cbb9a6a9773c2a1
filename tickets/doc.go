// Package tickets is the ticket, its history, contracts and customers, and the desk that changes them.
//
// It is ground: pure rules of the support policy. The desk asks a Store for what it needs and hands back whole
// changes; it starts no goroutine and never asks the time.
package tickets
