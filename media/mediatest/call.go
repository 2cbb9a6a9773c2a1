package mediatest

import (
	"testing"

	"hotline/media"
)

// Start makes an engine and starts it. It stops at the end of the test at the latest.
func Start(t testing.TB, c media.Config) *media.Engine {
	t.Helper()
	e, err := media.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	return e
}

// Call sets up the sound of a call: caller offers, called answers. change rewrites the offer on its way; nil leaves it.
func Call(t testing.TB, caller, called *media.Engine, p media.Peer, change func(offer string) string) (ours, theirs *media.Leg) {
	t.Helper()
	theirs, offer, err := caller.Offer(p)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		offer = []byte(change(string(offer)))
	}
	ours, answer, err := called.Answer(offer, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := theirs.Accept(answer); err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}
