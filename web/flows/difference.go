package flows

import "strings"

// diffRow is one line of a difference: Mark is "+", "-", or a space for one that both have.
type diffRow struct{ Mark, Text string }

// Bounds of a difference.
const (
	diffMost = 2000 // lines of each text; longer ones are not compared
	around   = 2    // lines that both have, shown beside a change
)

// difference is how one text becomes another, line by line, by their longest common subsequence; nil where they are the same.
func difference(from, to string) []diffRow {
	if from == to {
		return nil
	}
	a, b := strings.Split(from, "\n"), strings.Split(to, "\n")
	if len(a) > diffMost || len(b) > diffMost {
		return []diffRow{{"-", "…"}, {"+", "…"}}
	}
	common := make([][]uint16, len(a)+1) // of what follows
	for i := range common {
		common[i] = make([]uint16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var rows []diffRow
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			rows = append(rows, diffRow{" ", a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			rows = append(rows, diffRow{"-", a[i]})
			i++
		default:
			rows = append(rows, diffRow{"+", b[j]})
			j++
		}
	}
	return near(rows)
}

// near leaves out what both have and no change stands beside.
func near(rows []diffRow) (list []diffRow) {
	keep := make([]bool, len(rows))
	for i, r := range rows {
		if r.Mark != " " {
			for k := max(0, i-around); k <= min(len(rows)-1, i+around); k++ {
				keep[k] = true
			}
		}
	}
	for i, r := range rows {
		switch {
		case keep[i]:
			list = append(list, r)
		case i == 0 || keep[i-1]:
			list = append(list, diffRow{" ", "…"})
		}
	}
	return list
}
