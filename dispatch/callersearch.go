package dispatch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"hotline/ivr"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// callerSearch is an engineer being looked for while the caller is still in the conversation, and then while the caller waits. Join and
// Message are used by the call's goroutine, the rest by the search's own.
type callerSearch struct {
	begun    chan struct{} // closed: there is somebody to ring
	accepted chan struct{} // closed: somebody waits for the caller
	waits    chan struct{} // closed: the caller waits for somebody
	left     chan struct{} // closed: the caller did not wait
	done     chan struct{} // closed: reach and err stand
	message  atomic.Pointer[string]
	record   atomic.Bool // the talk: the caller knows of it, and does not refuse
	reach    ivr.Reach
	err      error
}

var _ ivr.Search = (*callerSearch)(nil)

// Search begins to look for an engineer. The flow calls it.
func (d *Dispatcher) Search(ctx context.Context, call ivr.Call, lang prompts.Language, was tickets.Ticket) ivr.Search {
	s := &callerSearch{begun: make(chan struct{}), accepted: make(chan struct{}), waits: make(chan struct{}), left: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer func() {
			if fault := recover(); fault != nil { // the caller goes on without it
				s.reach, s.err = ivr.Impossible, fmt.Errorf("panic: %v", fault)
				d.search.Log.Error("panic in a search for an engineer", "ticket", was.Number, "panic", fault, "stack", string(debug.Stack()))
			}
		}()
		s.reach, s.err = d.find(ctx, call, lang, was, s)
	}()
	return s
}

// Calls tells whether there is somebody to ring.
func (s *callerSearch) Calls(ctx context.Context) bool {
	slow := time.NewTimer(500 * time.Millisecond) // a store that is slow costs the sentence, not the call
	defer slow.Stop()
	select {
	case <-s.begun:
	case <-s.done:
	case <-slow.C:
	case <-ctx.Done():
	}
	select {
	case <-s.begun: // also where the search is over already
		return true
	default:
		return false
	}
}

// Accepted tells that somebody waits for the caller.
func (s *callerSearch) Accepted() <-chan struct{} { return s.accepted }

// Message notes what the caller has recorded.
func (s *callerSearch) Message(recording string) { s.message.Store(&recording) }

// MayRecord notes whether the talk may be recorded.
func (s *callerSearch) MayRecord(yes bool) { s.record.Store(yes) }

// Join brings the caller.
func (s *callerSearch) Join(context.Context) (ivr.Reach, error) {
	close(s.waits)
	select {
	case <-s.done:
		return s.reach, s.err
	case <-s.left:
		return ivr.Left, nil
	}
}

// Wait waits for the end of the search, also of one for which the caller did not wait.
func (s *callerSearch) Wait() ivr.Reach {
	<-s.done
	return s.reach
}

// busy is the caller as the search sees it until the caller waits.
func (s *callerSearch) busy() *ring.Busy {
	return &ring.Busy{
		Waits:  s.waits,
		Begins: func() { close(s.begun) },
		Fetch: func(ctx context.Context) {
			close(s.accepted)
			select {
			case <-s.waits:
			case <-ctx.Done():
			}
		},
		Message: func() string {
			if m := s.message.Load(); m != nil {
				return *m
			}
			return ""
		},
	}
}

// find searches for an engineer. It comes back when the talk or the search is over, or when staff have made the search
// pointless: the reach is then the tickets.Needless.
func (d *Dispatcher) find(ctx context.Context, call ivr.Call, lang prompts.Language, was tickets.Ticket, s *callerSearch) (ivr.Reach, error) {
	t, err := d.desk.Ticket(ctx, was.Number)
	if err != nil {
		return ivr.Impossible, fmt.Errorf("reading ticket %d for the brief: %w", was.Number, err)
	}
	until, stop := d.watch(context.WithoutCancel(ctx), t)
	defer stop()
	if why := was.Needless(t); why != "" { // staff were faster
		return ivr.Reach(why), nil
	}
	session := d.callersRecording(t, s)
	defer session.End()
	r := ring.Request{
		Caller: caller{call}, Language: lang, Ticket: t, CallBack: d.callBack(call, t), Until: until,
		Busy: s.busy(), Recording: session, Left: func() { d.promiseCallBack(ctx, t); close(s.left) },
	}
	if t.Contract != "" {
		found := d.priority.enter()
		defer found()
		r.Found = found // callers without a contract wait for the search, not for the talk
	} else {
		r.Turn = d.priority.wait
	}
	outcome, err := d.search.Find(ctx, r)
	if off := (calledOff{}); outcome == ring.CalledOff && errors.As(context.Cause(until), &off) {
		return ivr.Reach(off.why), err
	}
	return reach(outcome), err
}
