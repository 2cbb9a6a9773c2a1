package numbers

import (
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"hotline/prove"
)

// byLibrary is what E164 does with digits when the library reads all of them.
func byLibrary(p Plan, digits string) string {
	for _, candidate := range p.candidates(digits) {
		if n, err := phonenumbers.Parse(candidate, p.region); err == nil && phonenumbers.IsValidNumber(n) {
			return phonenumbers.Format(n, phonenumbers.E164)
		}
	}
	if strings.HasPrefix(digits, "00") && len(digits) > shortest+2 {
		return "+" + digits[2:]
	}
	return digits
}

func TestNumbersAreReadAsTheLibraryReadsThem(t *testing.T) {
	for _, country := range []string{"IT", "VA", "SM", "DE", "GB", "GG", "CH", "FR", "AT", "ES", "US", "CA", "RU", "KZ", "AR", "MX", "BR", "CN", "SG", "HU"} {
		plan, err := For(country)
		if err != nil {
			t.Fatal(err)
		}
		example := phonenumbers.GetExampleNumber(country)
		national := phonenumbers.GetNationalSignificantNumber(example)
		directly := 0
		prove.Check(t, func(t *rapid.T) {
			digits := rapid.StringMatching(`(\+|\+?`+plan.code+`|00|0|8|1)?[0-9]{1,20}`).Draw(t, "digits")
			if rapid.Bool().Draw(t, "like a real one") {
				cut := rapid.IntRange(0, len(national)).Draw(t, "kept")
				digits = rapid.SampledFrom([]string{"", "+" + plan.code, plan.code, plan.trunk, "00" + plan.code, "+" + plan.code + plan.trunk}).Draw(t, "before") +
					national[:cut] + rapid.StringMatching(`[0-9]{0,8}`).Draw(t, "rest")
			}
			if strings.TrimPrefix(digits, "+") == "" {
				return
			}
			if got, want := plan.workOutE164(digits), byLibrary(plan, digits); got != want {
				t.Errorf("in %s %s is %s, want %s", country, digits, got, want)
			}
			if _, ok := plan.direct(digits); ok {
				directly++
			}
		})
		if directly == 0 && slices.Contains([]string{"IT", "DE", "GB", "CH"}, country) {
			t.Errorf("in %s no number was read directly", country)
		}
	}
}

func BenchmarkANumberThatWasNeverAskedFor(b *testing.B) {
	for name, number := range map[string]string{"own": "+39065551239", "national": "065551239", "foreign": "+4930123456", "unknown": "+390000000"} {
		b.Run(name, func(b *testing.B) {
			plan, err := For("IT")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				plan.workOutE164(number)
			}
		})
	}
}
