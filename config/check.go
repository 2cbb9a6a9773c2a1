package config

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"hotline/numbers"
	"hotline/prompts"
	"hotline/strictyaml"
)

// Check finds what is wrong with a configuration, whatever it was read from. Line and File are left empty.
func Check(c Config) strictyaml.Complaints {
	k := &checker{}
	k.sip(c)
	k.sound(c)
	k.database(c)
	k.calls(c)
	k.spans(c)
	k.mail(c.Mail)
	k.speech(c.Speech)
	k.transcription(c.Transcription)
	k.portal(c)
	k.push(c.Outbox.Push)
	k.browser(c)
	k.alerts(c.Alerts)
	k.bridge(c.Bridge)
	k.oidc(c.HTTP.OIDC)
	if !oneOf(c.LogLevel, "debug", "info", "warn", "error") {
		k.complain("log_level", fmt.Sprintf("%q is no log level", short(c.LogLevel)), "use debug, info, warn or error")
	}
	return k.list
}

type checker struct{ list strictyaml.Complaints }

func (k *checker) complain(field, problem, remedy string) {
	k.list = append(k.list, strictyaml.Complaint{Field: field, Problem: problem, Remedy: remedy})
}

func (k *checker) sip(c Config) {
	if len(c.SIP.Listen) == 0 {
		k.complain("sip.listen", "nothing is listened on", "name an address, such as 0.0.0.0:5060")
	}
	seen := map[string]bool{}
	for i, a := range c.SIP.Listen {
		if !a.IsValid() {
			k.complain(fmt.Sprintf("sip.listen[%d]", i), "this is no address", "write an address and a port, such as 0.0.0.0:5060")
		} else if seen[a.String()] && a.Port() != 0 {
			k.complain(fmt.Sprintf("sip.listen[%d]", i), a.String()+" stands here twice", "keep one of the two")
		}
		seen[a.String()] = true
	}
	if a := c.SIP.PublicIP; a.IsValid() && (a.IsUnspecified() || a.IsMulticast()) {
		k.complain("sip.public_ip", a.String()+" is no address that a telephone can send to", "write the address that the outside sees, or leave it out")
	}
	if c.SIP.Accept != AcceptKnown && c.SIP.Accept != AcceptAnyone {
		k.complain("sip.accept", fmt.Sprintf("%q is unknown", short(string(c.SIP.Accept))), "use known (trunks, own phones, loopback) or anyone")
	}
	if c.SIP.MaxCalls < 1 || c.SIP.MaxCalls > 10000 {
		k.complain("sip.max_calls", fmt.Sprintf("%d calls at once cannot be right", c.SIP.MaxCalls), "use 1 to 10000")
	}
	if o := c.SIP.Overflow; o != "" && !sipAddress(o) {
		k.complain("sip.overflow", fmt.Sprintf("%q is no SIP address", short(o)), `write where the carrier is to send callers, such as "sip:+390612345600@carrier.example"`)
	}
	k.secure(c.SIP)
	if t := c.SIP.SessionTimer; t < 90*time.Second || t > 24*time.Hour {
		k.complain("sip.session_timer", t.String()+" is out of bounds", "use 90s to 24h")
	}
	users := map[string]bool{}
	for i, a := range c.SIP.Accounts {
		at := fmt.Sprintf("sip.accounts[%d]", i)
		k.account(at, a)
		if a.User == "" || users[a.User] {
			k.complain(at+".user", fmt.Sprintf("%q is no user of its own", short(a.User)), "give each account a user, each another one")
		}
		if a.Password == "" && a.PasswordFile == "" {
			k.complain(at+".password_file", "the account has no password", "name a file that holds it alone")
		}
		users[a.User] = true
	}
	names := map[string]bool{}
	for i, t := range c.SIP.Trunks {
		k.trunk(fmt.Sprintf("sip.trunks[%d]", i), t, names)
	}
}

var (
	number     = regexp.MustCompile(`^\+?[0-9]{2,15}$`)
	prefix     = regexp.MustCompile(`^\+?[0-9]{1,15}$`)
	sipPattern = regexp.MustCompile(`^sip:(?:[^@\s<>"]{1,100}@)?(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:;[A-Za-z0-9=;._-]{1,100})?$`)
)

func sipAddress(s string) bool { return sipPattern.MatchString(s) }

func (k *checker) sound(c Config) {
	p := c.RTP.Ports
	switch {
	case p.First < 1024:
		k.complain("rtp.ports", fmt.Sprintf("port %d belongs to the system", p.First), "begin at 1024 or above")
	case p.Last <= p.First:
		k.complain("rtp.ports", fmt.Sprintf("the range %s is empty", p), "write the lower port first, such as 10000-19999")
	case int(p.Last)-int(p.First)+1 < 4:
		k.complain("rtp.ports", fmt.Sprintf("the range %s holds no call joined to an engineer", p), "a call needs two ports and its engineer two more")
	}
	for i, a := range c.SIP.Listen {
		if a.Port() >= p.First && a.Port() <= p.Last && a.Port() != 0 {
			k.complain("rtp.ports", fmt.Sprintf("the range %s takes in port %d of sip.listen[%d]", p, a.Port(), i), "move one of them")
		}
	}
	if !c.HTTP.Listen.IsValid() {
		k.complain("http.listen", "this is no address", "write an address and a port, such as 127.0.0.1:8080")
	}
}

func (k *checker) database(c Config) {
	if c.Database.URL != "" && c.Database.URLFile != "" {
		k.complain("database.url_file", "both url and url_file are given", "keep one of the two")
	}
	if c.Database.URL != "" {
		u, err := url.Parse(c.Database.URL)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			// The URL itself may hold a password and is not repeated.
			k.complain("database.url", "this is no PostgreSQL URL", "write postgres://user@host/database, or leave it out for a private database")
		}
	}
}

func (k *checker) calls(c Config) {
	if days := c.Recordings.KeepDays; days < 0 || days > 36500 {
		k.complain("recordings.keep_days", fmt.Sprintf("recordings cannot be kept for %d days", days), "use 1 to 36500, or 0 to keep them until somebody erases them")
	}
	if p := c.Recordings.RefusedTalks; p != KeepRefused && p != DeleteRefused {
		k.complain("recordings.refused_talks", fmt.Sprintf("%q is no policy", short(string(p))), "write keep, or delete")
	}
	if days := c.Audit.KeepDays; days < 0 || days > 36500 {
		k.complain("audit.keep_days", fmt.Sprintf("records of changes cannot be kept for %d days", days), "use 1 to 36500, or 0 to keep them for ever")
	}
	if days := c.Ladders.KeepDays; days < 0 || days > 36500 {
		k.complain("ladders.keep_days", fmt.Sprintf("the messages of calls cannot be kept for %d days", days), "use 1 to 36500, or 0 to keep them as long as the records of the calls")
	}
	if c.Calendar == "" {
		k.complain("calendar", "the owner has no calendar", "name one, such as office")
	}
	for i, n := range c.Operator.Numbers {
		if !sipAddress(n) && !number.MatchString(n) {
			k.complain(fmt.Sprintf("operator.numbers[%d]", i), fmt.Sprintf("%q can not be rung", short(n)), "write a SIP address (sip:desk@192.0.2.9) or a number")
		}
	}
	plan, err := numbers.For(c.Country)
	for i, n := range c.Operator.Numbers {
		if plan.Emergency(n) {
			k.complain(fmt.Sprintf("operator.numbers[%d]", i), fmt.Sprintf("%q is an emergency number, which this line never rings", short(n)), "write the operator's own number")
		}
	}
	if err != nil {
		k.complain("country", fmt.Sprintf("%q is no country", short(c.Country)), "write its code of two letters, such as IT")
	}
	if !spoken(c.Language) {
		k.complain("language", fmt.Sprintf("%q is not spoken", short(string(c.Language))), "use "+spokenLanguages(" or "))
	}
	seen := map[string]string{}
	for _, n := range slices.Sorted(maps.Keys(c.Languages)) {
		at, l := "languages."+short(n), c.Languages[n]
		if other, twice := seen[plan.E164(n)]; twice {
			k.complain(at, fmt.Sprintf("%s is the same number as %s", short(n), short(other)), "keep one of the two")
		}
		seen[plan.E164(n)] = n
		if !spoken(l) {
			k.complain(at, fmt.Sprintf("%q is not spoken", short(string(l))), "use "+spokenLanguages(" or "))
		}
		if strings.TrimSpace(n) == "" || strings.ContainsAny(n, " \t\r\n<>\"") {
			k.complain(at, fmt.Sprintf("%q cannot be dialled", short(n)), "write the number as the trunk gives it, in quotes")
		}
	}
	for i, p := range c.Outgoing.Prefixes {
		if !prefix.MatchString(p) {
			k.complain(fmt.Sprintf("outgoing.prefixes[%d]", i), fmt.Sprintf("%q is no prefix", short(p)), "use digits, with a leading + for the international form, in quotes")
		}
	}
	k.budgets(c.Outgoing)
	for _, t := range c.SIP.Trunks {
		if t.Proxy != "" && len(c.Outgoing.Prefixes) == 0 {
			k.complain("outgoing.prefixes", fmt.Sprintf("trunk %q can place calls, but no number may be dialled", short(t.Name)), "list the prefixes that may be called, such as \"+39\", or leave the trunk's proxy out")
			break
		}
	}
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$`)

func (k *checker) budgets(o Outgoing) {
	if min(o.PerHour, o.PerDay, o.RequestPerHour, o.RequestPerDay) < 0 {
		k.complain("outgoing", "a budget is below zero", "use 0 to allow no calls")
	}
	for _, b := range []struct {
		field     string
		hour, day int
	}{{"outgoing.per_day", o.PerHour, o.PerDay}, {"outgoing.request_per_day", o.RequestPerHour, o.RequestPerDay}} {
		if b.day < b.hour {
			k.complain(b.field, fmt.Sprintf("%d calls a day are fewer than %d an hour", b.day, b.hour), "raise the day's or lower the hour's")
		}
	}
	for i, s := range o.SIP {
		var n Network
		at := fmt.Sprintf("outgoing.sip[%d]", i)
		switch err := n.UnmarshalText([]byte(s)); {
		case err == nil && n.Bits() == 0:
			k.complain(at, s+" is the whole internet", "list the telephones that may be called")
		case err != nil && !sipAddress(s) && !hostName.MatchString(s):
			k.complain(at, fmt.Sprintf("%q is neither a SIP address nor a host", short(s)), `write "sip:anna@pbx.example", "pbx.example", an address or a network`)
		}
	}
}

func (k *checker) spans(c Config) {
	e := c.Escalation
	for _, s := range []struct {
		field     string
		span      time.Duration
		low, high time.Duration
	}{
		{"escalation.ring", e.Ring, 5 * time.Second, 2 * time.Minute},
		{"escalation.dead", e.Dead, time.Second, 30 * time.Second},
		{"escalation.key", e.Key, 3 * time.Second, time.Minute},
		{"escalation.talk", e.Talk, 2 * time.Second, time.Minute},
		{"escalation.leg_lost", e.LegLost, 0, 5 * time.Minute},
		{"escalation.silence", e.Silence, 2 * time.Second, 5 * time.Minute},
	} {
		if s.span < s.low || s.span > s.high {
			k.complain(s.field, fmt.Sprintf("%s is out of bounds", s.span), fmt.Sprintf("use %s to %s", s.low, s.high))
		}
	}
	if e.Dead >= e.Ring {
		k.complain("escalation.dead", fmt.Sprintf("%s is not shorter than the ringing of %s", e.Dead, e.Ring), "lower it")
	}
	if e.Rounds < 1 || e.Rounds > 10 {
		k.complain("escalation.rounds", fmt.Sprintf("the chain cannot be called %d times", e.Rounds), "use 1 to 10")
	}
}

func spoken(l prompts.Language) bool { return slices.Contains(prompts.Languages(), l) }

// spokenLanguages names the languages of the line for a remedy: "it or en".
func spokenLanguages(between string) string {
	var codes []string
	for _, l := range prompts.Languages() {
		codes = append(codes, string(l))
	}
	return strings.Join(codes, between)
}

func oneOf(s string, list ...string) bool {
	for _, l := range list {
		if s == l {
			return true
		}
	}
	return false
}
