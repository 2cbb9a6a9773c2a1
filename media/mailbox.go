package media

import "sync"

// command is a change of a leg, made by the worker that owns it: at its next tick, or at once when somebody would hear the
// difference.
type command struct {
	leg  *Leg
	do   func(w *worker, l *Leg)
	soon bool
}

// mailbox takes the commands for one worker. Safe for concurrent use, but for take and recycle, which are its worker's.
type mailbox struct {
	mu     sync.Mutex
	inbox  []command
	closed bool
	spare  []command // the room of commands that were carried out
}

// put adds a command; false when the worker has stopped.
func (m *mailbox) put(c command) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.inbox = append(m.inbox, c)
	return true
}

// handOver adds the command that brings a leg of another worker, and makes w its owner in the same moment: whatever is
// posted to the owner from now on comes after it. False when the worker has stopped.
func (m *mailbox) handOver(l *Leg, w *worker) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.inbox = append(m.inbox, command{leg: l, do: (*worker).add})
	l.worker.Store(w)
	return true
}

// take gives the commands that wait, and tells whether the worker is to stop.
func (m *mailbox) take() (commands []command, closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	commands, closed = m.inbox, m.closed
	m.inbox = m.spare[:0]
	return commands, closed
}

// recycle gives the room of commands back that were carried out.
func (m *mailbox) recycle(commands []command) {
	clear(commands)
	m.spare = commands
}

// close refuses all further commands.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

// post hands a command to whichever worker owns the leg; false when that has stopped.
func (l *Leg) post(do func(w *worker, l *Leg)) bool {
	return l.worker.Load().post(command{leg: l, do: do})
}

// postSoon is post for what a caller would hear the waiting of: the worker is woken.
func (l *Leg) postSoon(do func(w *worker, l *Leg)) bool {
	return l.worker.Load().post(command{leg: l, do: do, soon: true})
}

// ask has the worker do something and waits until it is done. The error is the leg's ending.
func (l *Leg) ask(do func(w *worker, l *Leg)) error { return l.wait(l.post, do) }

// askSoon is ask for what a caller would hear the waiting of.
func (l *Leg) askSoon(do func(w *worker, l *Leg)) error { return l.wait(l.postSoon, do) }

func (l *Leg) wait(post func(func(w *worker, l *Leg)) bool, do func(w *worker, l *Leg)) error {
	answered := make(chan struct{})
	if post(func(w *worker, l *Leg) {
		if l.state != over {
			do(w, l)
			close(answered)
		}
	}) {
		select {
		case <-answered:
			return nil
		case <-l.ending.done:
		}
	}
	return l.endedBy()
}
