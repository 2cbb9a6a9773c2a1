package schema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// TimeOfDay is a time of day, or a length of time by the wall clock, written as hours and minutes: "09:00", "168:00".
type TimeOfDay time.Duration

var (
	_ json.Marshaler      = TimeOfDay(0)
	_ json.Unmarshaler    = (*TimeOfDay)(nil)
	_ huma.SchemaProvider = TimeOfDay(0)
)

var timePattern = regexp.MustCompile(`^([0-9]{1,3}):([0-5][0-9])$`)

// MarshalJSON writes hours and minutes; seconds, which no calendar of ours has, are cut off.
func (t TimeOfDay) MarshalJSON() ([]byte, error) {
	d := time.Duration(t)
	return json.Marshal(fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d/time.Minute)%60))
}

// UnmarshalJSON reads hours and minutes; an error says how they are written.
func (t *TimeOfDay) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	parts := timePattern.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("time %q: write it as HH:MM", text)
	}
	hours, _ := strconv.Atoi(parts[1]) // both are digits by the pattern
	minutes, _ := strconv.Atoi(parts[2])
	*t = TimeOfDay(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	return nil
}

// Schema describes it to clients.
func (TimeOfDay) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Pattern: timePattern.String(), Examples: []any{"09:00", "168:00"}}
	s.PrecomputeMessages()
	return s
}
