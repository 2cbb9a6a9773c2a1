package sla

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"time"
)

//go:embed testdata/policy.golden
var policy string

// TestTheSupportPolicysTable compares every deadline of the policy with those that testdata/policy.py computed apart from
// this program.
func TestTheSupportPolicysTable(t *testing.T) {
	const layout = "2006-01-02T15:04:05-0700"
	rows, levels := 0, map[LevelID]bool{}
	for _, line := range strings.Split(strings.TrimSpace(policy), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Fields(line)
		level, category := LevelID(f[0]), Category(f[1])
		at, err := time.Parse(layout, f[2])
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := Fold([]Step{{Kind: Begun, At: at, Category: category, Terms: agreed(t, level)}})
		if err != nil {
			t.Fatal(err)
		}
		got := []string{"-", "-", "-"}
		for i, k := range c.Clocks {
			got[i] = k.Due.In(c.Agreed.Hours().Zone()).Format(layout)
		}
		if fmt.Sprint(got) != fmt.Sprint(f[3:]) {
			t.Errorf("%s %s opened %s:\n got %v\nwant %v", level, category, f[2], got, f[3:])
		}
		rows++
		levels[level] = true
	}
	if rows != 4*5*12 || len(levels) != len(DefaultLevels()) {
		t.Errorf("the table has %d rows for %d levels", rows, len(levels))
	}
}
