package transport

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestTheEndOfACertificateIsToldThreeTimes(t *testing.T) {
	var log bytes.Buffer
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	ends := now.Add(60 * 24 * time.Hour)
	c := &certificates{log: slog.New(slog.NewTextHandler(&log, nil)), looked: time.Now().Add(time.Hour),
		present: &tls.Certificate{Leaf: &x509.Certificate{NotAfter: ends}}}
	var told []int
	for at := now; at.Before(ends); at = at.Add(time.Hour) {
		log.Reset()
		c.warn(at)
		if strings.Contains(log.String(), "ends soon") {
			told = append(told, int(ends.Sub(at).Hours()/24))
		}
	}
	if len(told) != 3 || told[0] != 21 || told[1] != 7 || told[2] != 1 {
		t.Errorf("warned with %v days left", told)
	}
}
