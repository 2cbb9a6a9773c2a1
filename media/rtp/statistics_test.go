package rtp

import "testing"

// What a receiver counts as lost is believed as far as it can be true: of packets that went to it, since the last it told of.
func TestLossThereIsOfThePacketsThatWentThere(t *testing.T) {
	type count struct {
		receiver uint32
		lost     int32
		highest  uint16
		want     uint64
	}
	for _, c := range []struct {
		name  string
		first uint16 // packet
		moves map[int]uint16
		steps []count
	}{
		{"one receiver", 100, nil, []count{{1, 3, 350, 3}, {1, 5, 600, 5}, {1, 5, 850, 5}}},
		{"a late packet is counted back", 100, nil, []count{{1, 3, 350, 3}, {1, 2, 600, 3}, {1, 3, 850, 3}, {1, 4, 1100, 4}}},
		{"more than were sent", 100, nil, []count{{1, 8000000, 350, 0}, {1, 8000001, 600, 1}}},
		{"doubled packets", 100, nil, []count{{1, -40, 350, 0}, {1, -38, 600, 2}}},
		{"numbers that wrap", 65500, nil, []count{{1, 1, 65530, 1}, {1, 4, 244, 4}}},
		{"another receiver, and back after 3000 packets", 100, map[int]uint16{1: 400, 3: 3400},
			[]count{{1, 3, 350, 3}, {2, 1, 650, 4}, {2, 2, 3350, 5}, {1, 3003, 3600, 5}, {1, 3004, 3850, 6}}},
		{"a report of before the move comes after it", 100, map[int]uint16{1: 3400},
			[]count{{1, 3, 350, 3}, {1, 4, 600, 3}, {1, 3003, 3600, 3}, {1, 3005, 3800, 5}}},
		{"a receiver that begins anew by itself", 100, nil, []count{{1, 30, 350, 30}, {9, 2, 600, 32}, {9, 3, 850, 33}}},
	} {
		s := Losses{}
		s.Moved(c.first)
		for i, step := range c.steps {
			if next, moved := c.moves[i]; moved {
				s.Moved(next)
			}
			if s.Reported(step.receiver, step.lost, step.highest); s.Total() != step.want {
				t.Errorf("%s: after report %d %d are lost, want %d", c.name, i, s.Total(), step.want)
			}
		}
	}
}
