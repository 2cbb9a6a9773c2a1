package app

import (
	"context"
	"testing"

	"hotline/notify"
)

// postbox keeps the last letter.
type postbox struct{ last notify.Message }

func (p *postbox) Send(_ context.Context, m notify.Message) error { p.last = m; return nil }

func TestTheCompanysNameStandsBelowALetter(t *testing.T) {
	for name, want := range map[string]string{"": "Your ticket is 417.\n", "Officine Gialli": "Your ticket is 417.\n\n-- \nOfficine Gialli\n"} {
		box := &postbox{}
		err := signed{box, func() string { return name }}.Send(t.Context(), notify.Message{To: "a@example.org", Text: "Your ticket is 417.\n"})
		if err != nil || box.last.Text != want || box.last.To != "a@example.org" {
			t.Errorf("%q: %q, %v", name, box.last.Text, err)
		}
	}
}
