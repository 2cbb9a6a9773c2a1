package main

import (
	"context"
	"os"
	"syscall"

	"hotline/media/g711"
	"hotline/phone/load"
	"hotline/sealed"
	"hotline/spool"
)

// sealingRow is the row of what the encryption of recordings costs.
const sealingRow = "sealing of recordings"

// sealing is what a recorded second takes on its way to the disk, in ms of CPU: the middle of several turns.
type sealing struct {
	Clear, Sealed float64
	Load          string
}

// extra is what its encryption takes.
func (s sealing) extra() float64 { return max(0, s.Sealed-s.Clear) }

const (
	sealingTurns  = 9
	sealedSeconds = 3000 // of sound, in one turn
)

// sealing writes seconds of sound to the disk as the engine's writer does, in the clear and sealed in turn.
func (b *bench) sealing(_ context.Context, f *figures) error {
	keys, err := sealed.ParseKeys([]byte(sealed.NewKey()))
	if err != nil {
		return err
	}
	f.sealing.Load = load.LoadAverage()
	all := map[bool][]float64{}
	for range sealingTurns {
		for _, off := range []bool{true, false} {
			ms, err := recordedSecond(spool.Encryption{Keys: keys, Off: off})
			if err != nil {
				return err
			}
			all[off] = append(all[off], ms)
		}
	}
	f.sealing.Clear, f.sealing.Sealed = median(all[true]), median(all[false])
	b.say("a recorded second: %.4f cpu-ms in the clear, %.4f sealed", f.sealing.Clear, f.sealing.Sealed)
	return nil
}

// recordedSecond is the CPU of a second of sound in a folder of its own.
func recordedSecond(e spool.Encryption) (ms float64, err error) {
	dir, err := os.MkdirTemp("", "hotline-bench-sealing")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	f, err := spool.Open(dir, e)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w, err := f.Create("1-a", g711.ALaw)
	if err != nil {
		return 0, err
	}
	second := make([]byte, g711.Rate)
	for i := range second {
		second[i] = byte(i * 7)
	}
	before := ownCPU()
	for range sealedSeconds {
		if _, err := w.Write(second); err != nil {
			return 0, err
		}
	}
	took := ownCPU() - before
	return took / sealedSeconds, w.Close()
}

// ownCPU is the CPU time of this process so far, user and system, in ms.
func ownCPU() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}
