package app

import (
	"hotline/callhandler"
	"hotline/dispatch"
	"hotline/line"
	"hotline/media"
	"hotline/oncall/ring"
	"hotline/prompts"
)

// Decorators stand around parts of the program: faults that are injected on purpose, and load tests. A nil one changes nothing.
type Decorators struct {
	// Conversation stands around every conversation; sound is a sound of the voice that ships.
	Conversation func(next callhandler.Conversation, sound func(prompts.ID) media.Sound) callhandler.Conversation
	Spool        func(line.Spool) line.Spool
	Telephones   func(ring.Telephones) ring.Telephones
	Desk         func(dispatch.Desk) dispatch.Desk // as searches write to it
}

// some tells whether there is any.
func (d Decorators) some() bool {
	return d.Conversation != nil || d.Spool != nil || d.Telephones != nil || d.Desk != nil
}

func (d Decorators) conversation(c callhandler.Conversation, sound func(prompts.ID) media.Sound) callhandler.Conversation {
	if d.Conversation == nil {
		return c
	}
	return d.Conversation(c, sound)
}

func (d Decorators) spool(s line.Spool) line.Spool {
	if d.Spool == nil {
		return s
	}
	return d.Spool(s)
}

func (d Decorators) telephones(t ring.Telephones) ring.Telephones {
	if d.Telephones == nil {
		return t
	}
	return d.Telephones(t)
}

func (d Decorators) desk(s dispatch.Desk) dispatch.Desk {
	if d.Desk == nil {
		return s
	}
	return d.Desk(s)
}
