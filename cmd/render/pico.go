package main

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"

	"hotline/prompts"
)

//go:embed pico.mjs
var script []byte

// speak has Pico say every entry that is speech and gives the samples at 16 kHz, by the entries' order.
func speak(engine string, resources []string, entries []prompts.Entry) ([][]int16, error) {
	file, err := os.CreateTemp("", "pico-*.mjs")
	if err != nil {
		return nil, err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(script); err != nil {
		return nil, err
	}
	if err := file.Close(); err != nil {
		return nil, err
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, e := range entries {
		if e.Class == prompts.Sound {
			continue
		}
		if err := encoder.Encode(map[string]string{"id": string(e.ID), "text": markup(e)}); err != nil {
			return nil, err
		}
	}
	node := exec.Command("node", append([]string{file.Name(), engine}, resources...)...)
	node.Stdin, node.Stderr = &lines, os.Stderr
	said, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("running node: %w", err)
	}
	return listen(bytes.NewReader(said), entries)
}

// listen takes the answers of the script apart: an octet count before each sound.
func listen(said io.Reader, entries []prompts.Entry) ([][]int16, error) {
	out := make([][]int16, len(entries))
	for i, e := range entries {
		if e.Class == prompts.Sound {
			continue
		}
		var octets uint32
		if err := binary.Read(said, binary.LittleEndian, &octets); err != nil {
			return nil, fmt.Errorf("hearing %s: %w", e.ID, err)
		}
		out[i] = make([]int16, octets/2)
		if err := binary.Read(said, binary.LittleEndian, out[i]); err != nil {
			return nil, fmt.Errorf("hearing %s: %w", e.ID, err)
		}
	}
	return out, nil
}
