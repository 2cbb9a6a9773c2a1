package ivr

import (
	"fmt"
	"time"

	"hotline/prompts"
	"hotline/strictyaml"
	"hotline/tickets"
)

// describe takes the caller's message: prompt, tone, speech until #, silence or the longest time; then the caller may hear
// it, record it again, or keep it. What was recorded is kept whatever happens. Until there is a message the caller may refuse to be
// recorded, and hear who keeps what for how long.
type describe struct {
	Do      string        `yaml:"do"`
	Prompt  prompts.ID    `yaml:"prompt"`
	Add     prompts.ID    `yaml:"add"`  // in place of the prompt when the caller adds to a ticket
	Menu    prompts.ID    `yaml:"menu"` // 1 or silence keeps, 2 plays, 3 records again
	Takes   int           `yaml:"takes"`
	Longest time.Duration `yaml:"longest"`
	Silence time.Duration `yaml:"silence"`
	Initial time.Duration `yaml:"initial"`
	Wait    time.Duration `yaml:"wait"` // for a key of the menu
	Next    string        `yaml:"next"`
}

func (v *describe) exits() []exit { return []exit{{field: "next", to: v.Next, caught: true}} }

func (v *describe) prompts() []prompts.ID {
	return []prompts.ID{v.Prompt, v.Add, v.Menu, prompts.Tone, "calling-meanwhile", "no-speech", "too-long", "message-kept", "wrong-key", recordingNotice, recordingOffer, talkNotice}
}

func (v *describe) longest() time.Duration {
	return time.Duration(v.Takes) * (2*v.Longest + 40*time.Second + v.Wait)
}

func (v *describe) waits() bool { return true }

func (v *describe) check() []strictyaml.Complaint {
	out := append(between("takes", v.Takes, 1, 5), times(waitTime{"wait", v.Wait}, waitTime{"initial", v.Initial})...)
	if v.Longest < 10*time.Second || v.Longest > 10*time.Minute {
		out = append(out, strictyaml.Complaint{Field: "longest", Problem: "a message of " + v.Longest.String(), Remedy: "allow between 10s and 10m"})
	}
	if v.Silence < 1500*time.Millisecond || v.Silence > 5*time.Second {
		out = append(out, strictyaml.Complaint{Field: "silence", Problem: "a message that ends after " + v.Silence.String() + " of silence", Remedy: "allow between 1500ms and 5s"})
	}
	return out
}

// unrecorded is the end of a take that failed on our side.
const unrecorded RecordEnd = ""

// recordTimes are the spans of one take; zero means the line's own.
type recordTimes struct{ longest, silence, initial time.Duration }

func (v *describe) run(c *conversation) (string, error) {
	if err := c.settle(); err != nil { // a flow without an open step before it loses no message
		return "", err
	}
	late := !c.warned
	if told, err := c.toldOfRecording(); err != nil || !told {
		return v.Next, err
	}
	question := prompts.P(v.Prompt)
	if c.adding {
		question = prompts.P(v.Add)
	}
	calling := c.callingMeanwhile()
	if c.search != nil {
		if said, err := c.tellOfTalk(calling); err != nil {
			return "", err
		} else if said {
			calling = nil
		}
	}
	if late { // the offer stands behind the notice
		calling = append(prompts.P(recordingOffer), calling...)
	}
	question = prompts.Join(calling, question)
	for range v.Takes {
		if err := c.beforeTone(question); err != nil || c.refused {
			return v.Next, err
		}
		c.flush() // keys typed over the prompt are not part of what follows the tone
		if err := c.say(prompts.P(prompts.Tone), false); err != nil {
			return "", err
		}
		got, err := c.take(recordTimes{v.Longest, v.Silence, v.Initial})
		switch {
		case err != nil:
			return "", err
		case got.End == unrecorded:
			return v.Next, nil // nobody is told that a message was kept which was not
		case got.End == EndedUnspoken:
			question = prompts.P("no-speech")
			continue
		}
		again, err := v.review(c, got)
		if err != nil || !again {
			return v.Next, err
		}
		question = prompts.P(v.Prompt)
	}
	return v.Next, nil
}

// callingMeanwhile says that an engineer is called already, where one is.
func (c *conversation) callingMeanwhile() prompts.Phrase {
	if c.search != nil && c.search.Calls(c.ctx) {
		return prompts.P("calling-meanwhile")
	}
	return nil
}

// recordingNotice is said before the tone where the flow has no notice, or its notice failed.
const recordingNotice prompts.ID = "recording-notice"

// toldOfRecording tells whether the caller knows that the message is recorded, and has not refused. A caller who does not know is
// told now. If that fails too, nothing is recorded, and the ticket says so.
func (c *conversation) toldOfRecording() (bool, error) {
	if c.refused {
		return false, nil
	}
	if c.warned {
		return true, nil
	}
	if err := c.warn(recordingNotice); err != nil || c.warned {
		return c.warned, err
	}
	if c.ticket.Number == 0 {
		return false, nil
	}
	_, err := c.cfg.Desk.Note(c.after(), c.ticket.Number, tickets.Event{
		Kind: tickets.Commented, Actor: "system", Text: "nothing was recorded: the caller could not be told of it",
	}, c.call.Now())
	c.report("noting that nothing was recorded", err)
	return false, nil
}

const mostReplays = 3 // of one message

// review lets the caller hear the message, record it again, or keep it.
func (v *describe) review(c *conversation, got Recorded) (again bool, err error) {
	if got.End == EndedByLength {
		if err := c.say(prompts.P("too-long"), true); err != nil {
			return false, err
		}
	}
	for range mostReplays {
		k, err := c.choice(prompts.P(v.Menu), "123#", v.Wait, 1)
		if err != nil {
			return false, err
		}
		switch k {
		case '2':
			if err := c.call.Replay(c.ctx, got.Recording.ID); err != nil && !c.brokenOff() {
				c.report("playing a message back", err)
			}
		case '3':
			return true, nil
		default:
			return false, c.say(prompts.P("message-kept"), true)
		}
	}
	return false, c.say(prompts.P("message-kept"), true)
}

// take records once and puts what was heard on the ticket, also when the caller hung up meanwhile. A recording that
// fails is said on the ticket and never ends the call.
func (c *conversation) take(t recordTimes) (Recorded, error) {
	// the id names the ticket, so that a recording that a crash cut off is found again and put on it
	id := fmt.Sprintf("%d-%s", c.ticket.Number, c.cfg.NewID())
	c.message(id)
	got, err := c.call.Record(c.ctx, RecordRequest{ID: id, Max: t.longest, Silence: t.silence, Initial: t.initial})
	c.keep(got)
	c.recorded = c.recorded || got.Recording.Seconds > 0 && got.End != EndedUnspoken
	if c.brokenOff() {
		return got, err
	}
	if err != nil {
		c.report("recording the caller", err)
		got.End = unrecorded
		_, note := c.cfg.Desk.Note(c.after(), c.ticket.Number, tickets.Event{
			Kind: tickets.Commented, Actor: "system", Text: "the caller's message could not be recorded",
		}, c.call.Now())
		c.report("noting a failed recording", note)
	}
	return got, nil
}

// keep puts a recording in which somebody spoke on the ticket.
func (c *conversation) keep(got Recorded) {
	if got.Recording.Seconds == 0 || got.End == EndedUnspoken || c.ticket.Number == 0 {
		c.message("")
		return
	}
	_, err := c.cfg.Desk.Keep(c.after(), c.ticket.Number, got.Recording, c.call.Now())
	c.report("keeping a recording", err)
}
