package tickets

import (
	"testing"
	"time"

	"hotline/sla"
)

func TestATicketsZoneIsThatOfItsCalendarAndOneWithoutAPromiseHasOne(t *testing.T) {
	promised := Ticket{Commitment: Commitment{Promise: &sla.Terms{Calendar: sla.Calendar{Zone: "America/Santiago"}}}}
	if got := promised.Zone().String(); got != "America/Santiago" {
		t.Errorf("the zone is %s", got)
	}
	if got := (Ticket{}).Zone(); got != time.UTC {
		t.Errorf("without a promise it is %s", got)
	}
}
