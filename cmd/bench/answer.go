package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"hotline/media"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/sip"
)

// answerCalls is the process that is measured: it answers every call, plays a prompt to it for ever and records it, until
// its input ends. The first line of its output is its address.
func answerCalls(ctx context.Context, in io.Reader, out io.Writer) error {
	pack, err := packs.Load(prompts.Italian)
	if err != nil {
		return err
	}
	menu, _ := pack.Clip("menu")
	here := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	engine, err := media.New(media.Config{Bind: []netip.Addr{here}})
	if err != nil {
		return err
	}
	if err := engine.Start(ctx); err != nil {
		return err
	}
	defer engine.Stop()
	a := answerer{engine: engine, prompt: media.SoundFromALaw(menu)}
	agent, err := sip.New(sip.Config{Listen: []netip.AddrPort{netip.AddrPortFrom(here, 0)}, AcceptAnyone: true, Handle: a.handle})
	if err != nil {
		return err
	}
	if err := agent.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, agent.Addresses()[0])
	_, _ = io.Copy(io.Discard, in) // until the measuring process has enough
	return agent.Stop(context.WithoutCancel(ctx))
}

// answerer is what each call gets.
type answerer struct {
	engine *media.Engine
	prompt media.Sound
}

func (a answerer) handle(ctx context.Context, in *sip.Invite) {
	leg, answer, err := a.engine.Answer(in.Offer, media.Peer{Local: in.Local.Addr(), Remote: in.Source.Addr()})
	if err != nil {
		_ = in.Refuse(488, "Not Acceptable Here")
		return
	}
	defer leg.Close()
	if _, err := in.Answer(ctx, answer, sip.OnActivity(leg.Activity)); err != nil {
		return
	}
	recording, err := leg.Record(forgotten{}, media.RecordOptions{})
	if err != nil {
		return
	}
	defer recording.Stop()
	for err := error(nil); err == nil || errors.Is(err, media.ErrBargeIn); {
		err = leg.Play(in.Context(), a.prompt, media.PlayOptions{BargeIn: true})
		leg.FlushKeys()
	}
}

// forgotten takes what is recorded: the disk's own cost is the disk's.
type forgotten struct{}

func (forgotten) Block(media.Law, []byte) {}
