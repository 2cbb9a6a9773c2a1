package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"hotline/app"
	"hotline/datadir"
	"hotline/spool"
)

// recordingDecrypt is `hotline recording decrypt`.
type recordingDecrypt struct {
	settings
	What    string `arg:"" help:"A ticket's number, a recording's id, or a recording's file."`
	Out     string `help:"Folder in which the WAV files are written." default:"." type:"path"`
	Partial bool   `help:"Write as much as there is of a recording that is damaged or cut."`
}

// Run writes recordings as WAV files. It works beside the running program, and without the database.
func (c *recordingDecrypt) Run(s streams) error {
	settings, err := c.read(false)
	if err != nil {
		return err
	}
	dir, what, err := c.chosen(datadir.Dir(settings.Data).Recordings())
	if err != nil {
		return err
	}
	there, err := spool.Sealed(dir)
	if err != nil {
		return err
	}
	var encryption spool.Encryption
	if there {
		if encryption.Keys, err = datadir.ReadRecordingKeys(app.RecordingKeyFile(settings), there); err != nil {
			return err
		}
	}
	folder, err := spool.Open(dir, encryption)
	if err != nil {
		return err
	}
	defer folder.Close()
	ids, err := named(folder, what)
	if err != nil {
		return err
	}
	var faults []error
	for _, id := range ids {
		if err := c.write(folder, id, s); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// chosen finds the folder, and the beginning of the ids or the one id that is meant.
func (c *recordingDecrypt) chosen(dir string) (folder, id string, err error) {
	if strings.ContainsRune(c.What, filepath.Separator) || filepath.Ext(c.What) != "" {
		if _, err := os.Stat(c.What); err != nil {
			return "", "", fmt.Errorf("reading the recording: %w", err)
		}
		name := filepath.Base(c.What)
		return filepath.Dir(c.What), strings.TrimSuffix(name, filepath.Ext(name)), nil
	}
	if _, err := os.Stat(dir); err != nil {
		return "", "", fmt.Errorf("reading the folder of recordings: %w; name the data folder with --data", err)
	}
	return dir, c.What, nil
}

// named lists the recordings of a ticket's number, or the one of an id.
func named(folder *spool.Folder, what string) (ids []string, err error) {
	all, err := folder.List()
	if err != nil {
		return nil, err
	}
	_, wrong := strconv.ParseInt(what, 10, 64)
	for _, id := range all {
		if id == what || wrong == nil && strings.HasPrefix(id, what+"-") {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("there is no recording of %s", what)
	}
	return ids, nil
}

// write writes one recording. A file that is there already stays.
func (c *recordingDecrypt) write(folder *spool.Folder, id string, s streams) error {
	open := folder.Open
	if c.Partial {
		open = folder.OpenPartial
	}
	from, err := open(id)
	if err != nil {
		return err
	}
	defer from.Close()
	name := filepath.Join(c.Out, id+".wav")
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("writing the recording: %w; name another folder with --out", err)
	}
	n, err := io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil && !c.Partial {
		return errors.Join(err, os.Remove(name))
	}
	fmt.Fprintf(s.out, "%s: %d octets\n", name, n)
	return err
}
