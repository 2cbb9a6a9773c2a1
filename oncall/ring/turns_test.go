package ring_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring"
)

// TestWhoWaitsForAnEngineerComesInTurn: who is joined to Anna first, second and third is certain, though one search lets her go at the very
// instant at which it wants her again and others wait for her. Each night is lived through many times.
func TestWhoWaitsForAnEngineerComesInTurn(t *testing.T) {
	const often = 20
	talks := func(lasts time.Duration) script { return script{keys: "1", after: time.Second, talk: lasts} }
	silent := script{delay: time.Hour}
	for name, c := range map[string]struct {
		anna   []script
		leaves map[int]time.Duration // these callers hang up so long after the night began
		want   []int                 // calls, in the order in which they are joined; they come 3 s apart
	}{
		"who rang in vain stands behind who waits":         {[]script{silent, talks(9 * time.Second)}, nil, []int{1, 2, 0}},
		"who came first is first":                          {[]script{talks(15 * time.Second)}, nil, []int{0, 1, 2}},
		"whose time was up has the place again":            {[]script{talks(45 * time.Second), talks(9 * time.Second)}, nil, []int{0, 1, 2}},
		"who hangs up in line leaves it":                   {[]script{talks(15 * time.Second)}, map[int]time.Duration{1: 10 * time.Second}, []int{0, 2}},
		"who hangs up as she is free leaves her to others": {[]script{talks(15 * time.Second)}, map[int]time.Duration{1: 17 * time.Second}, []int{0, 2}},
		"who hung up by mistake is asked back first":       {[]script{talks(time.Second), talks(9 * time.Second)}, nil, []int{0, 0, 1, 2}},
		"who hung up twice is free for the others":         {[]script{talks(time.Second), {err: ring.ErrDead, delay: 4 * time.Second}, talks(9 * time.Second)}, nil, []int{0, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			for range often {
				synctest.Test(t, func(t *testing.T) {
					n := newNight(map[string][]script{"sip:anna": c.anna}, anna)
					n.nightOfThree(t, c.leaves)
					if got := n.joinedTo("sip:anna"); got != fmt.Sprint(c.want) {
						t.Errorf("joined were %s; want %v\n%s", got, c.want, n.text())
					}
				})
				if t.Failed() {
					return
				}
			}
		})
	}
}

// nightOfThree has three callers, three seconds apart, who are searched for by one house.
func (n *night) nightOfThree(t *testing.T, leaves map[int]time.Duration) {
	t.Helper()
	s, over := n.search(), make(chan bool, 3)
	for i := range 3 {
		ctx, hangUp := context.WithCancelCause(t.Context())
		if after := leaves[i]; after > 0 {
			time.AfterFunc(after, func() { hangUp(errCallerHungUp) })
		}
		time.AfterFunc(time.Duration(i)*3*time.Second, func() {
			_, _ = s.Find(ctx, ring.Request{Caller: &customer{night: n, id: fmt.Sprint("call-", i)}, Language: "it", Ticket: rossi})
			hangUp(nil)
			over <- true
		})
	}
	for range 3 {
		<-over
	}
}

// joinedTo are the calls to which a telephone was joined, in their order.
func (n *night) joinedTo(phone string) string {
	list := []int{}
	for line := range strings.SplitSeq(n.text(), "\n") {
		if _, call, joined := strings.Cut(line, phone+" joined to call-"); joined {
			i := 0
			_, _ = fmt.Sscan(call, &i)
			list = append(list, i)
		}
	}
	return fmt.Sprint(list)
}

// TestOfSeveralWhoAreFreeAtOnceEachGoesToOneWhoWaits: two rang together and are let go together; two searches wait for either.
func TestOfSeveralWhoAreFreeAtOnceEachGoesToOneWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		talk := script{keys: "1", after: time.Second, talk: 10 * time.Second}
		n := newNight(map[string][]script{"sip:anna": {talk}, "sip:marco": {talk}}, []oncall.Attempt{anna, marco}...)
		n.nightOfThree(t, nil)
		all := n.joinedTo("sip:anna") + n.joinedTo("sip:marco")
		if len(all) != len("[0 2][1]") || !strings.Contains(all, "1") || !strings.Contains(all, "2") {
			t.Errorf("joined were %s\n%s", all, n.text())
		}
	})
}
