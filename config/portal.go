package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"unicode/utf8"

	"hotline/prompts"
)

// noticeMost is how many characters the house's own notice may have.
const noticeMost = 20_000

// portal finds what is wrong with the customers' pages.
func (k *checker) portal(c Config) {
	for _, lang := range slices.Sorted(maps.Keys(c.Portal.Notice)) {
		if !slices.Contains(prompts.Written(), lang) {
			k.complain("portal.notice", fmt.Sprintf("%q is no language of the pages", short(string(lang))), "use it or en")
		}
		if utf8.RuneCountInString(c.Portal.Notice[lang]) > noticeMost {
			k.complain("portal.notice", "the text is too long", fmt.Sprintf("write %d characters at most", noticeMost))
		}
	}
	if c.Portal.URL == "" {
		return
	}
	k.site("portal.url", c.Portal.URL, "https://support.example.org")
	if c.Mail.Server == "" {
		k.complain("portal.url", "there is no mail server, and customers log in by a code that is mailed", "name mail.server, or leave the portal closed")
	}
}

// site complains of what is no address of a whole site: a scheme, a host, perhaps a port, and nothing behind it.
func (k *checker) site(field, address, example string) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		k.complain(field, fmt.Sprintf("%q is no address of a site", short(address)), "write it as "+example)
	}
}
