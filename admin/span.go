package admin

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// span is a time of day, or a length of wall-clock time, written as hours and minutes: "09:00", "168:00".
type span time.Duration

var (
	_ json.Marshaler      = span(0)
	_ json.Unmarshaler    = (*span)(nil)
	_ huma.SchemaProvider = span(0)
)

var spanPattern = regexp.MustCompile(`^([0-9]{1,3}):([0-5][0-9])$`)

// MarshalJSON writes hours and minutes; seconds, which no calendar of ours has, are cut.
func (s span) MarshalJSON() ([]byte, error) {
	d := time.Duration(s)
	return json.Marshal(fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d/time.Minute)%60))
}

// UnmarshalJSON reads hours and minutes.
func (s *span) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	parts := spanPattern.FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("time %q: write it as HH:MM", text)
	}
	hours, _ := strconv.Atoi(parts[1]) // both are digits by the pattern
	minutes, _ := strconv.Atoi(parts[2])
	*s = span(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	return nil
}

// Schema describes it to clients.
func (span) Schema(huma.Registry) *huma.Schema {
	schema := &huma.Schema{Type: huma.TypeString, Pattern: spanPattern.String(), Examples: []any{"09:00", "168:00"}}
	schema.PrecomputeMessages()
	return schema
}
