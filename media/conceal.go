package media

// conceal makes up for sound that was lost: it goes on with the last pitch period, softer and softer, as G.711 appendix I
// does. past is what was heard before, future gets what stands in for the loss; past and future may lie in one buffer.
func conceal(past, future []byte, law Law) {
	const (
		most     = 480 // samples of the past that are looked at
		shortest = 40  // samples of a pitch period, 200 Hz
		longest  = 120 // 66 Hz
		window   = 160 // samples compared
		loud     = 80  // samples before it gets softer
		fade     = 400 // samples after those until it is silent
	)
	if len(past) < longest+window {
		for i := range future {
			future[i] = law.Silence()
		}
		return
	}
	past = past[max(0, len(past)-most):]
	var heard [most]int16
	n := law.Decode(heard[:], past)
	recent := heard[n-window : n]
	best, pitch := 0.0, longest
	for lag := shortest; lag <= longest; lag++ {
		same, power := 0.0, 1.0
		earlier := heard[n-window-lag : n-lag]
		for i := 0; i < window; i += 2 {
			same += float64(recent[i]) * float64(earlier[i])
			power += float64(earlier[i]) * float64(earlier[i])
		}
		if same > 0 && same*same/power > best {
			best, pitch = same*same/power, lag
		}
	}
	period := heard[n-pitch : n]
	for i := range future {
		level := 1.0
		if i > loud {
			level = max(0, 1-float64(i-loud)/fade)
		}
		future[i] = law.Octet(int16(level * float64(period[i%pitch])))
	}
}
