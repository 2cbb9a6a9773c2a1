package mail

import "testing"

// TestWhoWroteAForwardedLetter: what mail programs write, and what somebody makes up to be taken for another one.
func TestWhoWroteAForwardedLetter(t *testing.T) {
	for name, c := range map[string]struct {
		subject, text string
		want          string
		ok            bool
	}{
		"Gmail":                  {"Fwd: Forno", "see below\n\n---------- Forwarded message ---------\nFrom: Mario Guasti <guasti@rossi.example>\nDate: Mon, 23 Nov 2026\nSubject: Forno\nTo: <carla@house.example>\n\nIl forno", "guasti@rossi.example", true},
		"Thunderbird in Italian": {"I: Forno", "-------- Messaggio Inoltrato --------\nOggetto: \tForno\nData: \tMon, 23 Nov 2026\nMittente: \tMario <Guasti@Rossi.example>\nA: \tcarla@house.example\n\nIl forno", "guasti@rossi.example", true},
		"Outlook":                {"FW: Forno", "Please.\n\nFrom: Mario Guasti <guasti@rossi.example>\nSent: Monday\nTo: Carla\nSubject: Forno\n\nIl forno", "guasti@rossi.example", true},
		"Outlook of old":         {"I: Forno", "-----Messaggio originale-----\nDa: Mario [mailto:guasti@rossi.example]\nInviato: ieri\nA: Carla\n\nIl forno", "guasti@rossi.example", true},
		"Apple":                  {"Fwd: Forno", "Begin forwarded message:\n\nFrom: Mario <guasti@rossi.example>\nSubject: Forno\n\nIl forno", "guasti@rossi.example", true},
		"bold, of HTML":          {"WG: Forno", "*Von:* Mario <guasti@rossi.example>\n*Gesendet:* gestern\n\nIl forno", "guasti@rossi.example", true},
		"a forward of a forward": {"Fwd: Fwd: x", "---------- Forwarded message ---------\nFrom: <evil@strange.example>\nTo: x\n\n---------- Forwarded message ---------\nFrom: <guasti@rossi.example>\nTo: y\n\nhelp", "evil@strange.example", true},
		"a name like an address": {"Fwd: x", "---------- Forwarded message ---------\nFrom: \"guasti@rossi.example\" <evil@strange.example>\nTo: x\n\nhelp", "evil@strange.example", true},
		"two senders":            {"Fwd: x", "---------- Forwarded message ---------\nFrom: <a@rossi.example>, <b@neri.example>\nTo: x\n\nhelp", "", true},
		"two bare ones":          {"Fwd: x", "---------- Forwarded message ---------\nFrom: a@rossi.example b@neri.example\nTo: x\n\nhelp", "", true},
		"a name alone":           {"Fwd: x", "---------- Forwarded message ---------\nFrom: Mario Guasti\nTo: x\n\nFrom: guasti@rossi.example\nhelp", "", true},
		"a head that ends early": {"Fwd: x", "---------- Forwarded message ---------\nTo: x\n\nFrom: guasti@rossi.example\nhelp", "", true},
		"Outlook in Dutch":       {"FW: Oven", "Kun je kijken?\n\nVan: Mario <guasti@rossi.example>\nVerzonden: maandag\nAan: Carla\nOnderwerp: Oven\n\nDe oven", "guasti@rossi.example", true},
		"a language that is not known, and a letter inside": {"FW: x", "Od: Evil <evil@strange.example>\nWysłano: wczoraj\nDo: Carla\nTemat: x\n\nFrom: <guasti@rossi.example>\nTo: y\n\nhelp", "", true},
		"the same behind a line":                            {"Fwd: x", "look\n\n-------- Przekazana wiadomość --------\nTemat: x\nData: wczoraj\nNadawca: Evil <evil@strange.example>\nAdresat: Carla\n\n---------- Forwarded message ---------\nFrom: <guasti@rossi.example>\nTo: y\n\nhelp", "", true},
		"no forward":                                        {"Re: Forno", "---------- Forwarded message ---------\nFrom: <guasti@rossi.example>\nTo: x\n", "", false},
		"an answer that quotes":                             {"Fwd: x", "no\n> From: guasti@rossi.example\n> To: x\n", "", false},
		"a line like a head":                                {"Fwd: x", "From: Monday on\nit stands still", "", false},
		"nothing":                                           {"Fwd:", "", "", false},
	} {
		if got, ok := Forwarded(c.subject, c.text); got != c.want || ok != c.ok {
			t.Errorf("%s: %q, %v; want %q, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func FuzzForwarded(f *testing.F) {
	f.Add("Fwd: x", "---------- Forwarded message ---------\nFrom: \"a\" <a@b.example>\nTo: x\n")
	f.Add("FW: x", "From: a@b.example\nSent: x\n")
	f.Fuzz(func(t *testing.T, subject, text string) {
		address, ok := Forwarded(subject, text)
		if address != "" && (!ok || Domain(address) == "") {
			t.Errorf("%q, %v", address, ok)
		}
	})
}
