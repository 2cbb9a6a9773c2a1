package keeping

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/storage"
	"hotline/web/room"
	"hotline/web/told"
)

// shiftRow is one shift as the form has it. Without an engineer it is none.
type shiftRow struct {
	Index        int
	Engineer     string
	Day          string // 0 is Sunday
	From         string // as 18:00
	Length       string // as 14:00, in hours and minutes
	Level, Order string
	Title        string
}

// shiftsPage is the weekly plan as a form.
type shiftsPage struct {
	room.View
	Version   string
	Zone      string
	Rows      []shiftRow
	Days      []option
	Engineers []option
	Problem   string
	Reason    *told.Reason // what exactly
	Stands    []string     // the shifts that somebody else wrote meanwhile
}

const (
	shiftsMost  = 1000 // as by the API
	blankShifts = 3    // rows for further shifts
	// shiftsOctets is what the form of so many shifts may have
	shiftsOctets = 300 * shiftsMost
)

// clockForm is a span or a time of day in hours and minutes.
func clockForm(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d%time.Hour/time.Minute))
}

// readClock reads it back.
func readClock(text string) (time.Duration, error) {
	hours, minutes, _ := strings.Cut(text, ":")
	h, err := strconv.Atoi(hours)
	m, failed := strconv.Atoi(minutes)
	if minutes == "" {
		m, failed = 0, nil
	}
	if err != nil || failed != nil || h < 0 || h > 168 || m < 0 || m > 59 {
		return 0, fmt.Errorf("%q is no time in hours and minutes, such as 18:00", text)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

// rowOf is a shift as the form has it.
func rowOf(s oncall.Shift) shiftRow {
	return shiftRow{Engineer: string(s.Engineer), Day: strconv.Itoa(int(s.Day)), From: clockForm(s.From), Length: clockForm(s.Length), Level: strconv.Itoa(s.Level), Order: strconv.Itoa(s.Order)}
}

// shift reads a row. It is false for one without an engineer.
func (row shiftRow) shift() (s oncall.Shift, there bool, err error) {
	if row.Engineer == "" {
		return s, false, nil
	}
	day, wrong := strconv.Atoi(row.Day)
	from, wrongFrom := readClock(row.From)
	length, wrongLength := readClock(row.Length)
	level, wrongLevel := strconv.Atoi(row.Level)
	order, wrongOrder := strconv.Atoi(row.Order)
	s = oncall.Shift{Engineer: oncall.EngineerID(row.Engineer), Level: level, Order: order, Day: time.Weekday(day), From: from, Length: length}
	return s, true, errors.Join(wrong, wrongFrom, wrongLength, wrongLevel, wrongOrder)
}

func (h House) showShifts(r *room.Request, rota oncall.Rota, p shiftsPage, status int) (*room.Page, error) {
	p.View, p.Zone = r.View, rota.Zone
	if p.Zone == "" {
		p.Zone = h.Desk.Zone().String()
	}
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	p.Engineers = []option{{"", r.T("keeping-nobody")}}
	for _, e := range all {
		p.Engineers = append(p.Engineers, option{string(e.ID), e.Name})
	}
	for d := range 7 { // a week begins on Monday
		day := time.Weekday((d + 1) % 7)
		p.Days = append(p.Days, option{strconv.Itoa(int(day)), r.View.Weekday(day)})
	}
	for range blankShifts {
		p.Rows = append(p.Rows, shiftRow{Day: "1", From: "00:00", Length: "168:00", Level: "1", Order: "1"})
	}
	for i := range p.Rows {
		p.Rows[i].Index, p.Rows[i].Title = i, r.T("keeping-shift", i+1)
	}
	page, err := pages().Page("shifts", r.T("keeping-shifts"), p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

func (h House) rota(r *room.Request) (oncall.Rota, error) {
	rota, err := h.Store.Rota(r.Context())
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return rota, fmt.Errorf("reading the rota: %w", err)
	}
	return rota, nil
}

func (h House) shiftsForm(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	rota, err := h.rota(r)
	if err != nil {
		return nil, err
	}
	p := shiftsPage{Version: strconv.Itoa(rota.Version)}
	for _, s := range rota.Shifts {
		p.Rows = append(p.Rows, rowOf(s))
	}
	return h.showShifts(r, rota, p, http.StatusOK)
}

// saidShifts reads the rows of a form, and what the first wrong one lacks.
func saidShifts(r *room.Request) (rows []shiftRow, list []oncall.Shift, err error) {
	for i := range shiftsMost {
		at := func(name string) string { return strings.TrimSpace(r.FormValue(fmt.Sprintf("%s-%d", name, i))) }
		if !r.Form.Has(fmt.Sprintf("engineer-%d", i)) {
			break
		}
		row := shiftRow{Engineer: at("engineer"), Day: at("day"), From: at("from"), Length: at("length"), Level: at("level"), Order: at("order")}
		s, there, wrong := row.shift()
		if wrong != nil && err == nil {
			err = fmt.Errorf("shift %d: %w", i+1, wrong)
		}
		if there {
			rows, list = append(rows, row), append(list, s)
		}
	}
	return rows, list, err
}

// writeShifts writes the weekly plan. Overrides stay as they are.
func (h House) writeShifts(w http.ResponseWriter, r *room.Request) (*room.Page, error) {
	rota, err := h.rota(r)
	if err != nil {
		return nil, err
	}
	stands := slices.Clone(rota.Shifts)
	rows, list, wrong := saidShifts(r)
	p := shiftsPage{Version: r.FormValue("version"), Rows: rows}
	if p.Version != strconv.Itoa(rota.Version) {
		return h.staleShifts(r, rota, p, stands)
	}
	rota.Shifts = list
	if rota.Zone == "" {
		rota.Zone = h.Desk.Zone().String()
	}
	all, err := h.Store.Engineers(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	if wrong == nil {
		wrong = rota.Check(all, r.Now)
	}
	if wrong != nil {
		p.Problem, p.Reason = r.T("keeping-bad-shifts"), told.Why(r.Words, r.Lang, wrong.Error())
		return h.showShifts(r, rota, p, http.StatusUnprocessableEntity)
	}
	_, err = h.Store.PutRota(r.Context(), rota)
	if errors.Is(err, storage.ErrConflict) {
		return h.staleShifts(r, rota, p, stands)
	}
	return h.written(w, r, "rota", "/oncall", err)
}

// staleShifts shows the plan that stands beside the one that was about to be written.
func (h House) staleShifts(r *room.Request, rota oncall.Rota, p shiftsPage, stands []oncall.Shift) (*room.Page, error) {
	p.Problem, p.Version = r.T("keeping-stale"), strconv.Itoa(rota.Version)
	for _, s := range stands {
		row := rowOf(s)
		p.Stands = append(p.Stands, r.T("keeping-shift-stands", s.Engineer, r.View.Weekday(s.Day), row.From, row.Length, s.Level, s.Order))
	}
	if len(stands) == 0 {
		p.Stands = []string{r.T("page-none")}
	}
	return h.showShifts(r, rota, p, http.StatusConflict)
}
