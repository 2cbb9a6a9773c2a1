package transport

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestTheEndOfACertificateIsToldThreeTimes(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ends := now.Add(60 * 24 * time.Hour)
	w := &endWarning{log: slog.New(slog.NewTextHandler(&log, nil))}
	var told []int
	for at := now; at.Before(ends); at = at.Add(time.Hour) {
		log.Reset()
		w.look(ends, at)
		if strings.Contains(log.String(), "ends soon") {
			told = append(told, int(ends.Sub(at).Hours()/24))
		}
	}
	if len(told) != 3 || told[0] != 21 || told[1] != 7 || told[2] != 1 {
		t.Errorf("warned with %v days left", told)
	}
	log.Reset()
	renewed := ends.Add(24 * time.Hour) // a new one that ends as soon is told of as well
	if w.look(renewed, ends); !strings.Contains(log.String(), "days_left=1") {
		t.Errorf("of a renewed certificate it says %q", log.String())
	}
}
