package line

import (
	"hotline/media"
	"hotline/oncall/ring/recorded"
	"hotline/tickets"
)

// recorder records what one [Telephone.Join] has to do with a talk: what comes from the telephone, and what comes from the call that it is
// joined to. The talk is one recording, however often and with whomever it is joined ([talkRecording]). It is used by the goroutine of Join. The
// zero value with a nil recorded.Session records nothing.
type recorder struct {
	*recorded.Session
	telephone *Telephone
	caller    *leg
	recording *talkRecording
	side      *side // nil: nothing is recorded now
}

// begin begins to record the two, unless that is done already. Where a leg is recorded by somebody else for a while, it does nothing: the
// next look tries again.
func (p *recorder) begin() {
	if p.Session == nil || p.side != nil {
		return
	}
	cfg := p.telephone.board.cfg
	r, ok := p.Recording(func() recorded.Recording {
		id := p.Name()
		if id == "" {
			return nil
		}
		return &talkRecording{id: id, call: tickets.CallID(p.caller.id), spool: cfg.Spool, log: cfg.Log, keep: p.Keep, sides: map[*side]bool{}}
	}).(*talkRecording)
	if !ok {
		return
	}
	customer, engineer := p.caller.sound, p.telephone.sound
	if p.Swapped {
		customer, engineer = engineer, customer
	}
	p.recording, p.side = r, r.join(customer, engineer)
}

// stop ends the part of the recording that these two are. It waits until all of it is written.
func (p *recorder) stop() {
	if p.side != nil {
		p.recording.leave(p.side)
		p.side = nil
	}
}

// side is one leg's recording.
type side struct {
	*media.Recording
	track *track
}
