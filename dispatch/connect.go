package dispatch

import (
	"context"
	"fmt"
	"time"

	"hotline/ivr"
	"hotline/oncall/ring"
	"hotline/tickets"
)

var _ ivr.Human = (*Dispatcher)(nil)

// caller is the flow's call as a search sees it.
type caller struct{ ivr.Call }

// ID is the call's name.
func (c caller) ID() string { return string(c.Caller().ID) }

// Key is the key of a caller on hold.
func (c caller) Key(ctx context.Context, wait time.Duration) (byte, error) {
	if hold, ok := c.Call.(interface {
		HoldKey(ctx context.Context, wait time.Duration) (byte, error)
	}); ok {
		return hold.HoldKey(ctx, wait)
	}
	return c.Call.Key(ctx, wait)
}

// reach is the outcome of a search in the flow's words.
func reach(o ring.Outcome) ivr.Reach {
	switch o {
	case ring.Talked:
		return ivr.Talked
	case ring.NoRota:
		return ivr.NoRota
	case ring.Impossible:
		return ivr.Impossible
	case ring.Left:
		return ivr.Left
	}
	return ivr.Nobody
}

// callBack is where the customer can be rung; empty for nowhere. The ticket's number comes first, where the line may dial it: the
// directory must have it for a customer. Else it is the telephone that is calling, where that is one of the house.
func (d *Dispatcher) callBack(call ivr.Call, t tickets.Ticket) string {
	if number := d.customerNumber(t); number != "" {
		return number
	}
	if house, ok := call.(interface{ Address() string }); ok {
		return house.Address()
	}
	return ""
}

// Operator rings the operator's telephones in the operator's hours, while the caller hears calling and music. It is false
// when there is no operator, it is out of hours, or nobody accepted. The flow calls it.
func (d *Dispatcher) Operator(ctx context.Context, call ivr.Call, o ivr.OperatorCall) (bool, error) {
	calendar, ok := d.desk.Book().Calendars[d.operator.Hours]
	if len(d.operator.Numbers) == 0 || !ok {
		return false, nil
	}
	hours, err := calendar.Hours()
	if err != nil {
		return false, fmt.Errorf("reading the operator's hours: %w", err)
	}
	if !hours.Open(call.Now()) {
		return false, nil
	}
	session, err := d.operatorsRecording(ctx, call, o)
	if err != nil {
		return false, err
	}
	defer session.End()
	return d.search.Operator(ctx, caller{call}, o.Language, o.Calling, d.operator.Numbers, session)
}
