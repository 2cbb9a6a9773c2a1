package reports

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"hotline/admin/report"
	"hotline/directory"
	"hotline/storage"
	"hotline/tickets/statistics"
	"hotline/web/ui"
)

// plot is the month's picture.
func (h Handlers) plot(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	month, _, _ := asked(r)
	found, err := statistics.SumsOfMonth(r.Context(), h.Store, month, r.Zone, r.Now)
	if err != nil && !errors.Is(err, statistics.ErrNotKept) {
		return nil, fmt.Errorf("reading the month's report: %w", err)
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write(report.Plot(statistics.ReportOf(month, found), h.reader(r))) // a browser that has gone needs no picture
	return nil, nil
}

// csv is one of the month's tables for a spreadsheet of the reader's country.
func (h Handlers) csv(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	month, begins, _ := asked(r)
	name, table := r.PathValue("table"), []byte(nil)
	sheet := report.Sheet(r.Lang)
	switch name {
	case "calls.csv":
		load, err := h.Store.CallLoad(r.Context(), begins, begins.AddDate(0, 1, 0), r.Zone)
		if err != nil {
			return nil, fmt.Errorf("reading the month's calls: %w", err)
		}
		rows := [][]string{{r.T("report-month"), r.T("reports-weekday"), r.T("reports-hour"), r.T("reports-calls")}}
		for _, d := range shaded(r.View, load) {
			for hour, one := range d.Hours {
				rows = append(rows, []string{month, d.Name, fmt.Sprintf("%02d:00", hour), fmt.Sprint(one.Calls)})
			}
		}
		table = report.Table(rows, sheet)
	case "lines.csv", "breaches.csv":
		found, err := statistics.Month(r.Context(), h.Store, month, r.Zone, r.Now)
		if err != nil {
			return nil, fmt.Errorf("reading the month's report: %w", err)
		}
		if name == "lines.csv" {
			table = report.Lines(found, h.reader(r), sheet)
		} else {
			table = report.Breaches(found, h.reader(r), sheet)
		}
	default:
		return nil, fmt.Errorf("the table %s: %w", name, storage.ErrNotFound)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "hotline-"+month+"-"+name))
	_, _ = w.Write(table)
	return nil, nil
}

// customerPage is the sheet that a customer is sent.
type customerPage struct {
	ui.View
	Customer     directory.Customer
	Month        string
	Name         string
	Before, Then string
	Lines        []sheetLine
	Breaches     []sheetBreach
	Total        row
	sheetPlace
}

// sheetPlace is where a sheet stands, and where it leads.
type sheetPlace struct {
	Address string // of the sheet itself
	Back    string // empty: nowhere
	Tickets string // before a ticket's number
}

// sheetLine is what one contract's tickets of a category came to.
type sheetLine struct {
	row
	Contract, Level, Category string
}

// sheetBreach is a promise that was broken, with where the time went.
type sheetBreach struct {
	statistics.Outcome
	Told string
}

// customer is one customer's month, to be printed and sent.
func (h Handlers) customer(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	id := directory.CustomerID(r.PathValue("id"))
	book := h.Desk.Book()
	c, ok := book.Customers.Get(id)
	if !ok {
		return nil, fmt.Errorf("customer %s: %w", id, storage.ErrNotFound)
	}
	return h.sheet(r, c, book.ContractsOf(id), sheetPlace{"/customers/" + string(id) + "/report", "/customers/" + string(id), "/tickets/"})
}

// Statement is the month's sheet of one contract alone, as the customer sees it on the portal.
func (h Handlers) Statement(r *ui.Request, c directory.Contract) (*ui.Page, error) {
	return h.sheet(r, h.Desk.Book().Customers.At(c.Customer), []directory.ContractID{c.ID}, sheetPlace{"/portal/statement", "", "/portal/tickets/"})
}

// sheet is one month of some contracts of a customer.
func (h Handlers) sheet(r *ui.Request, c directory.Customer, own []directory.ContractID, at sheetPlace) (*ui.Page, error) {
	p := customerPage{View: r.View, Customer: c, sheetPlace: at}
	month, begins, _ := asked(r)
	p.Month, p.Name, p.Before = month, r.Month(begins), begins.AddDate(0, -1, 0).Format("2006-01")
	if next := begins.AddDate(0, 1, 0); !next.After(r.Now) {
		p.Then = next.Format("2006-01")
	}
	found, err := statistics.MonthOf(r.Context(), h.Store, own, month, r.Zone, r.Now)
	if err != nil {
		return nil, fmt.Errorf("reading the month's report: %w", err)
	}
	for _, l := range found.Lines {
		p.Lines = append(p.Lines, sheetLine{rowOf("", l.Group()), string(l.Contract), h.level(l.Level), r.Words.Category(string(l.Category))})
	}
	p.Total = rowOf(r.T("report-total"), found.Total.Group())
	for _, b := range found.Breaches {
		p.Breaches = append(p.Breaches, sheetBreach{b, cmp.Or(b.Account[string(r.Lang)], b.Account["en"])})
	}
	return pages().Page("customer", r.T("reports-customer", c.Name, p.Name), p)
}
