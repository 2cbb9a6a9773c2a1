package sla

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Zone reads the name of a time zone that somebody writes. It refuses names that mean another zone on each machine (Local, localtime,
// posixrules), that mean none (Factory), and the trees posix/ and right/, which not every machine has and of which the second one counts
// leap seconds. Documents of before that name one of them are served as they always were.
func Zone(name string) (*time.Location, error) {
	machines := []string{"", "Local", "localtime", "posixrules", "Factory"}
	zone, err := time.LoadLocation(name)
	if err != nil || slices.Contains(machines, name) || strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") {
		return nil, fmt.Errorf("zone %q is unknown; use a name such as Europe/Rome", name)
	}
	return zone, nil
}
