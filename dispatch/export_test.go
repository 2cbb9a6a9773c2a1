package dispatch

// EnterContractSearch holds the place of a caller with a contract for whom engineers are called.
func (d *Dispatcher) EnterContractSearch() (leave func()) { return d.priority.enter() }
