// Package states is what a state there means here, and the other way round: data of the configuration, and the table of what it leads to.
package states

import "hotline/tickets"

// Command is what a state that people set in the other system does to the ticket here.
type Command string

// The commands. Each is tried at the desk, by the table of moves of package tickets; what that refuses is written on the ticket.
const (
	Nothing Command = "nothing"      // it is not even told
	Note    Command = "note"         // it is written on the ticket, and changes nothing
	Open    Command = "open"         // what was closed is taken up again, what waits for the customer goes on
	Wait    Command = "wait"         // the customer owes an answer
	Act     Command = "intervention" // somebody works on it
	Restore Command = "restored"     // the service runs again
	Close   Command = "close"        // it is done
)

// Commands are all of them.
func Commands() []Command { return []Command{Nothing, Note, Open, Wait, Act, Restore, Close} }

// Step is one thing to do at the desk.
type Step string

// The steps.
const (
	Stay      Step = "" // nothing has to be done
	Reopens   Step = "reopen"
	Resumes   Step = "resume"
	Waits     Step = "wait"
	Acts      Step = "intervention"
	Restores  Step = "restored"
	Closes    Step = "close"
	TellsOnly Step = "note"
)

// Plan is what a command leads to where the ticket stands so. A step may still be refused by the desk.
func Plan(c Command, s tickets.State) Step {
	over := s == tickets.Closed || s == tickets.NotRequest
	switch c {
	case Note:
		return TellsOnly
	case Open:
		switch {
		case over:
			return Reopens
		case s == tickets.Waiting:
			return Resumes
		}
	case Wait:
		if s != tickets.Waiting {
			return Waits
		}
	case Act:
		if s != tickets.InProgress && s != tickets.Restored {
			return Acts
		}
	case Restore:
		if s != tickets.Restored && !over {
			return Restores
		}
	case Close:
		if !over {
			return Closes
		}
	}
	return Stay
}

// Heard is what the states of a Zammad as it ships do here. A pending state stops no clock: nobody there knows what was promised here.
func Heard() map[string]Command {
	return map[string]Command{"new": Nothing, "open": Open, "pending reminder": Note, "pending close": Note, "closed": Close, "merged": Note, "removed": Note}
}

// Said is which state there ours are shown by.
func Said() map[tickets.State]string {
	return map[tickets.State]string{
		tickets.Open: "open", tickets.Assigned: "open", tickets.InProgress: "open", tickets.Waiting: "open", tickets.Restored: "open",
		tickets.Closed: "closed", tickets.NotRequest: "closed",
	}
}

// Priorities is by which priority there each of ours is shown, P1 to P5.
func Priorities() map[int]string {
	return map[int]string{1: "3 high", 2: "3 high", 3: "2 normal", 4: "2 normal", 5: "1 low"}
}
