package news

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/evosupport"
	"hotline/notify"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
)

// item is one version in a letter.
type item struct {
	Notice
	release evosupport.Release
	lag     []evosupport.Standing // on which another version stands
	wishes  []tickets.Number      // of the contract, which the version brings
}

// letter tells a customer of versions. Days are those of the zone. answerable: an answer gets to staff. w are the words of the first
// contract's language. The same items give the same ID.
func letter(customer string, items []item, zone *time.Location, answerable bool, w written.Words) notify.Message {
	head := w.Text("letter-news-several")
	if versions := versionsOf(items); len(versions) == 1 {
		head = fmt.Sprintf(w.Text("letter-news-one"), versions[0])
	}
	lines := []string{customer, "", head + ".", w.Text("letter-news-entitled")}
	id := sha256.New()
	for _, i := range items {
		fmt.Fprintf(id, "%s\x00%s\x00%s\x00", i.Product, i.Release, i.Contract)
		lines = append(lines, "", fmt.Sprintf("%s %s (%s)", i.Product, i.Release, fmt.Sprintf(w.Text("letter-news-published"), sla.Instant(i.release.At.In(zone).Truncate(time.Minute), w))))
		for _, s := range i.lag {
			lines = append(lines, fmt.Sprintf("%s: %s", w.Text("letter-news-installed"), place(s)))
		}
		if i.release.Note != "" {
			lines = append(lines, i.release.Note)
		}
		for _, n := range i.wishes {
			lines = append(lines, fmt.Sprintf(w.Text("letter-news-wish"), n))
		}
	}
	how := "letter-news-call"
	if answerable {
		how = "letter-news-answer"
	}
	lines = append(lines, "", w.Text(how))
	name := "news-" + hex.EncodeToString(id.Sum(nil)[:12])
	return notify.Message{ID: name, Thread: name, To: items[0].Address, Subject: head, Text: strings.Join(lines, "\n") + "\n", HTML: true}
}

// place is an installation with what stands there.
func place(s evosupport.Standing) string {
	if s.Installation == "" {
		return s.Installed.Release
	}
	return s.Installation + ", " + s.Installed.Release
}

// versionsOf are the versions in a letter, each once: several contracts of a customer may lag behind the same one.
func versionsOf(items []item) (list []string) {
	for _, i := range items {
		if v := i.Product + " " + i.Release; !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}
