package sla

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// ID names the terms by what they say: equal terms have equal names. It is the beginning of the SHA-256 of their text.
// The names stand in every database, so the text of terms that could be written before must stay the same, octet by octet.
func (t Terms) ID() string {
	text, err := json.Marshal(textOf(t))
	if err != nil { // plain values always marshal
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:12])
}

// The text of terms is JSON in this form.
type (
	termsText struct {
		Level       LevelID      `json:"level"`
		Calendar    calendarText `json:"calendar"`
		Blocking    limitsText   `json:"blocking"`
		NonBlocking limitsText   `json:"non_blocking"`
		Stops       Stops        `json:"stops"`
		Alarms      []alarmText  `json:"alarms"`
	}
	limitsText struct {
		Contact      time.Duration `json:"contact"`
		Intervention time.Duration `json:"intervention"`
		Restore      time.Duration `json:"restore"`
	}
	alarmText struct {
		Clock Kind          `json:"clock"`
		Share int           `json:"share,omitempty"`
		Left  time.Duration `json:"left,omitempty"`
		Do    []Action      `json:"do"`
		Night Night         `json:"night,omitempty"`
	}
	calendarText struct {
		ID         CalendarID      `json:"id"`
		Name       string          `json:"name"`
		Zone       string          `json:"zone"`
		Week       []intervalText  `json:"week"`
		Holidays   string          `json:"holidays"`
		Patron     string          `json:"patron,omitempty"`
		Yearly     []yearlyText    `json:"yearly,omitempty"`
		Exceptions []exceptionText `json:"exceptions,omitempty"`
		Version    int             `json:"version,omitempty"`
	}
	intervalText struct {
		Day   time.Weekday  `json:"day"`
		From  time.Duration `json:"from"`
		Until time.Duration `json:"until"`
	}
	exceptionText struct {
		Date  string         `json:"date"`
		Hours []intervalText `json:"hours,omitempty"`
		Note  string         `json:"note,omitempty"`
	}
	yearlyText struct {
		Day   string         `json:"day"`
		Hours []intervalText `json:"hours,omitempty"`
		Note  string         `json:"note,omitempty"`
		Since int            `json:"since,omitempty"`
		Until int            `json:"until,omitempty"`
	}
)

func textOf(t Terms) termsText {
	c := t.Calendar
	return termsText{
		Level: t.Level, Blocking: limitsText(t.Blocking), NonBlocking: limitsText(t.NonBlocking), Stops: t.Stops,
		Alarms: texts(t.Alarms, func(a Alarm) alarmText { return alarmText(a) }),
		Calendar: calendarText{
			ID: c.ID, Name: c.Name, Zone: c.Zone, Week: textsOf(c.Week), Holidays: c.Holidays, Patron: c.Patron,
			Yearly: texts(c.Yearly, func(y Yearly) yearlyText {
				return yearlyText{Day: y.Day, Hours: textsOf(y.Hours), Note: y.Note, Since: y.Since, Until: y.Until}
			}),
			Exceptions: texts(c.Exceptions, func(e Exception) exceptionText {
				return exceptionText{Date: e.Date, Hours: textsOf(e.Hours), Note: e.Note}
			}),
			Version: c.Version,
		},
	}
}

func textsOf(list []Interval) []intervalText {
	return texts(list, func(i Interval) intervalText { return intervalText(i) })
}

// texts converts a list, element by element. A nil list stays nil, because its text is another one than that of an empty list.
func texts[A, B any](list []A, convert func(A) B) []B {
	if list == nil {
		return nil
	}
	converted := make([]B, len(list))
	for i, v := range list {
		converted[i] = convert(v)
	}
	return converted
}
