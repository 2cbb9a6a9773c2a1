package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"hotline/bridge/states"
	"hotline/tickets"
)

// Bridge joins the tickets with those of one Zammad (docs/bridge.md). Without an address there is none.
type Bridge struct {
	URL         string                    `yaml:"url"`                 // such as https://zammad.example
	TokenFile   string                    `yaml:"token_file"`          // a file that holds the token of a user there alone
	WebhookFile string                    `yaml:"webhook_secret_file"` // a file that holds the secret by which webhooks are signed; empty: none is taken
	Name        string                    `yaml:"name"`                // of this hotline among those that write into the same Zammad
	Group       string                    `yaml:"group"`               // in which tickets are opened there
	Customer    string                    `yaml:"customer"`            // the address that stands for customers who have none
	OpenHere    []string                  `yaml:"open_here"`           // groups there whose new tickets are opened here
	Owners      map[string]string         `yaml:"owners"`              // login there by engineer
	States      map[string]states.Command `yaml:"states"`              // what a state there does here; beside those of a Zammad as it ships
	Shown       map[tickets.State]string  `yaml:"shown"`               // by which state there ours are shown
	Priorities  map[int]string            `yaml:"priorities"`          // by which priority there P1 to P5 are shown
	Files       string                    `yaml:"files"`               // link or file
	Site        string                    `yaml:"site"`                // address of the staff's pages, for links to files
	Poll        time.Duration             `yaml:"poll"`                // between two looks for what no webhook has told
	AlarmAfter  time.Duration             `yaml:"alarm_after"`         // how long it may fail before the operator hears of it
}

var bridgeName = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

// bridge finds what is wrong with the bridge.
func (k *checker) bridge(b Bridge) {
	if b.URL == "" {
		return
	}
	k.site("bridge.url", b.URL, "https://zammad.example")
	if b.Site != "" {
		k.site("bridge.site", b.Site, "https://hotline.support.example")
	}
	if b.TokenFile == "" {
		k.complain("bridge.token_file", "Zammad does not know who asks", "make a user there with a token of the permission ticket.agent, and name a file that holds the token alone")
	}
	if !bridgeName.MatchString(b.Name) {
		k.complain("bridge.name", fmt.Sprintf("%q is no name of a hotline", short(b.Name)), "use 1 to 20 of a to z and 0 to 9, another one for each hotline that writes into this Zammad")
	}
	if b.Group == "" {
		k.complain("bridge.group", "it is not said where tickets are opened", "name a group of Zammad, as it is called there")
	}
	if !strings.Contains(b.Customer, "@") || strings.ContainsAny(b.Customer, " \t\r\n<>") {
		k.complain("bridge.customer", fmt.Sprintf("%q is no address", short(b.Customer)), "write one that stands there for customers without an address, such as hotline@support.example")
	}
	if !oneOf(b.Files, "link", "file") {
		k.complain("bridge.files", fmt.Sprintf("%q is unknown", short(b.Files)), "use link or file")
	}
	if b.Poll < 30*time.Second || b.Poll > 24*time.Hour {
		k.complain("bridge.poll", b.Poll.String()+" is out of bounds", "use 30s to 24h")
	}
	if b.AlarmAfter < time.Minute || b.AlarmAfter > 24*time.Hour {
		k.complain("bridge.alarm_after", b.AlarmAfter.String()+" is out of bounds", "use 1m to 24h")
	}
	k.bridgeMaps(b)
}

// bridgeMaps finds what is wrong with what is called how.
func (k *checker) bridgeMaps(b Bridge) {
	for _, name := range slices.Sorted(maps.Keys(b.States)) {
		if c := b.States[name]; !slices.Contains(states.Commands(), c) {
			k.complain("bridge.states."+short(name), fmt.Sprintf("%q is nothing that a state can do", short(string(c))), fmt.Sprintf("use one of %v", states.Commands()))
		}
	}
	known := states.Said()
	for _, name := range slices.Sorted(maps.Keys(b.Shown)) {
		if _, ok := known[name]; !ok {
			k.complain("bridge.shown."+short(string(name)), fmt.Sprintf("%q is no state of tickets", short(string(name))), "use open, assigned, in_progress, waiting, restored, closed or not_request")
		}
	}
	for _, p := range slices.Sorted(maps.Keys(b.Priorities)) {
		if p < 1 || p > 5 {
			k.complain("bridge.priorities", fmt.Sprintf("%d is no priority", p), "use 1 to 5")
		}
	}
	seen := map[string]string{}
	for _, engineer := range slices.Sorted(maps.Keys(b.Owners)) {
		login := b.Owners[engineer]
		if other, twice := seen[login]; twice || login == "" || login == "-" {
			k.complain("bridge.owners."+short(engineer), fmt.Sprintf("%q is no login of its own (%s)", short(login), other), "name another login for each engineer")
		}
		seen[login] = engineer
	}
}
