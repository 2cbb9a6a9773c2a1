package srtp

import "crypto/cipher"

// Together is of how many calls the keys are fetched at once.
const Together = 8

// Fetch has the keys of up to Together calls brought from memory, shortly before their next packets. While other calls had their
// turn, other data has taken the place of these keys in the processor's cache. Waiting for one call's keys after the other costs
// more than the encryption. The processor waits for several in the time of one when nothing lies between them, so each round asks
// for what the next one needs.
func Fetch(b *Buffer, in []*Receiver, out []*Sender) {
	var blocks [2 * Together]cipher.Block
	n := 0
	for _, r := range in[:min(len(in), Together)] {
		blocks[n] = r.keys.block
		n++
	}
	for _, s := range out[:min(len(out), Together)] {
		blocks[n] = s.keys.block
		n++
	}
	for _, block := range blocks[:n] {
		if block != nil {
			block.Encrypt(b.idle[0][:], b.idle[1][:]) // a block that nobody wants
		}
	}
}
