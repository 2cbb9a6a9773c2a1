package oncall

import (
	"slices"
	"time"
)

// Gap is a time in which nobody with a telephone is on duty.
type Gap struct {
	From  time.Time
	Until time.Time
}

// Gaps lists the gaps between two instants, exactly: who is on duty changes only where a shift or an override begins or
// ends. The gaps carry the zone of from.
func Gaps(r Rota, engineers []Engineer, from, until time.Time) ([]Gap, error) {
	zone, err := r.zone()
	if err != nil {
		return nil, err
	}
	reachable := map[EngineerID]bool{}
	for _, e := range engineers {
		reachable[e.ID] = len(e.Phones) > 0
	}
	runs := r.runs(zone, from, until)
	edges := r.edges(runs, from, until)
	var gaps []Gap
	for i, edge := range edges[:max(len(edges)-1, 0)] {
		covered := slices.ContainsFunc(r.overridden(placesAt(runs, edge), edge), func(p place) bool { return reachable[p.engineer] })
		switch n := len(gaps); {
		case covered:
		case n > 0 && gaps[n-1].Until.Equal(edge):
			gaps[n-1].Until = edges[i+1]
		default:
			gaps = append(gaps, Gap{edge, edges[i+1]})
		}
	}
	return gaps, nil
}

// edges are the instants at which who is on duty may change, in order, with both ends.
func (r Rota) edges(runs []run, from, until time.Time) []time.Time {
	edges := []time.Time{from, until}
	for _, s := range runs {
		edges = append(edges, s.from, s.until)
	}
	for _, o := range r.Overrides {
		edges = append(edges, o.From, o.Until)
	}
	edges = slices.DeleteFunc(edges, func(t time.Time) bool { return t.Before(from) || t.After(until) })
	for i := range edges {
		edges[i] = edges[i].In(from.Location())
	}
	slices.SortFunc(edges, time.Time.Compare)
	return slices.CompactFunc(edges, time.Time.Equal)
}
