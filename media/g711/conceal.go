package g711

// Conceal makes sound in the place of a lost packet, as G.711 appendix I does: it repeats the last pitch period, and fades
// it out. past is what was heard before the loss. future receives the sound, one octet a sample; it is silence where past
// is shorter than two periods of a deep voice. past and future may lie in one buffer. Whoever receives RTP calls it.
func (c Codec) Conceal(past, future []byte) {
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
			future[i] = c.Silence()
		}
		return
	}
	past = past[max(0, len(past)-most):]
	var heard [most]int16
	n := c.Decode(heard[:], past)
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
		future[i] = c.EncodeSample(int16(level * float64(period[i%pitch])))
	}
}
