package bridge

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"

	"hotline/bridge/zammad"
	"hotline/limits"
	"hotline/tickets"
)

// Marker is what tells an article that a hotline has written from all others. It says which hotline, of which ticket of its own, by which
// line of the history, and how many hotlines the matter has passed.
type Marker struct {
	Name   string // of the hotline
	Ticket tickets.Number
	Line   string
	Hop    int
}

// HopsMost is the hop counter beyond which nothing is taken over: somebody has built a ring.
const HopsMost = 3

// markers is how one is written, at the end of a subject. It begins with the tag of the ticket there.
var markers = regexp.MustCompile(`\[hotline-([a-z0-9]{1,20})-([0-9]{1,18}) ([^\s\[\]]{1,600}) ([0-9])\]\s*$`)

// Tag is the tag of the twin of a ticket.
func Tag(name string, n tickets.Number) string { return fmt.Sprintf("hotline-%s-%d", name, n) }

// subject is the subject of an article of ours.
func (m Marker) subject(about string) string {
	return fmt.Sprintf("%s [%s %s %d]", limits.OneLine(about, limits.Line), Tag(m.Name, m.Ticket), url.QueryEscape(m.Line), m.Hop)
}

// markerOf reads the marker of an article; false: people or other programs wrote it. Only notes of agents are looked at: customers cannot
// write those, so that nobody outside hides words from us.
func markerOf(a zammad.Article) (Marker, bool) {
	if a.Type != "note" || a.Sender != "Agent" {
		return Marker{}, false
	}
	part := markers.FindStringSubmatch(a.Subject)
	if part == nil {
		return Marker{}, false
	}
	n, err := strconv.ParseInt(part[2], 10, 64)
	line, bad := url.QueryUnescape(part[3])
	if err != nil || bad != nil || n < 1 {
		return Marker{}, false
	}
	return Marker{part[1], tickets.Number(n), line, int(part[4][0] - '0')}, true
}
