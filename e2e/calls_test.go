package e2e_test

import "time"

// callView is a call as the API shows it, of which the tests of telephones read this.
type callView struct {
	From    string      `json:"from"`
	Trunk   string      `json:"trunk"`
	Ended   time.Time   `json:"ended"`
	Ending  string      `json:"ending"`
	Quality qualityView `json:"quality"`
	Legs    []struct {
		Result  string      `json:"result"`
		Quality qualityView `json:"quality"`
	} `json:"legs"`
}

// qualityView is how the sound of one leg came over.
type qualityView struct {
	Law        string  `json:"law"`
	Encrypted  bool    `json:"encrypted"`
	PacketsIn  uint64  `json:"packets_in"`
	PacketsOut uint64  `json:"packets_out"`
	Lost       uint64  `json:"lost"`
	RoundTrip  float64 `json:"round_trip_seconds"`
}
