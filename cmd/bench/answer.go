package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"

	"hotline/media"
	"hotline/media/wav"
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
	folder, err := os.MkdirTemp("", "hotline-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	a := answerer{folder: folder, engine: engine, prompt: media.SoundFromALaw(menu)}
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
	folder string
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
	sink, err := newTape(a.folder)
	if err != nil {
		return
	}
	defer sink.file.Close()
	recording, err := leg.Record(sink, media.RecordOptions{})
	if err != nil {
		return
	}
	defer recording.Stop()
	for err := error(nil); err == nil || errors.Is(err, media.ErrBargeIn); {
		err = leg.Play(in.Context(), a.prompt, media.PlayOptions{BargeIn: true})
		leg.FlushKeys()
	}
}

// tape is a recording on the disk.
type tape struct {
	file *os.File
	wav  *wav.Writer
}

func newTape(dir string) (*tape, error) {
	file, err := os.CreateTemp(dir, "*.wav")
	if err != nil {
		return nil, err
	}
	w, err := wav.NewWriter(file, wav.ALaw)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &tape{file, w}, nil
}

// Block writes one second. A disk that fails shows in the size of the file, not in the sound.
func (t *tape) Block(_ media.Law, b []byte) { _, _ = t.wav.Write(b) }
