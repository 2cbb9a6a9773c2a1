package imports

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"hotline/admin/report"
	"hotline/directory"
	"hotline/storage"
	"hotline/web/ui"
)

// export is a table as an import takes it. No cell of it is a formula.
func (h Handlers) export(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	name, found := strings.CutSuffix(r.PathValue("table"), ".csv")
	k, known := kindNamed(name)
	if !found || !known {
		return nil, fmt.Errorf("the table %s: %w", r.PathValue("table"), storage.ErrNotFound)
	}
	rows := [][]string{k.columns}
	book := h.Desk.Book()
	var customers []directory.Customer
	for _, c := range book.Customers.All() {
		customers = append(customers, c)
	}
	slices.SortFunc(customers, func(a, b directory.Customer) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, c := range customers {
		switch name {
		case "customers":
			rows = append(rows, []string{string(c.ID), c.Name, c.Email, strings.Join(c.Numbers, " | "), c.Spoken})
		case "numbers":
			for _, n := range c.Numbers {
				rows = append(rows, []string{string(c.ID), n})
			}
		default:
			for _, id := range book.ContractsOf(c.ID) {
				if contract, ok := book.Contracts.Get(id); ok {
					rows = append(rows, contractRow(contract, r.Zone))
				}
			}
		}
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "hotline-"+name+".csv"))
	_, _ = w.Write(report.Table(rows, report.Sheet(r.Lang))) // a browser that has gone needs no table
	return nil, nil
}

func contractRow(c directory.Contract, zone *time.Location) []string {
	return []string{
		string(c.ID), string(c.Customer), string(c.Level), c.Language, dayText(c.ValidFrom, 0, zone), dayText(c.ValidUntil, -1, zone), string(c.Calendar), string(c.AfterHours),
		yesText(c.EvoSupport), yesText(c.SlowMenus), yesText(c.RecordTalks), yesText(c.Statement), yesText(c.RemoteAccess),
	}
}

func yesText(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// dayText is a day where an instant is its beginning, so many days later; else the instant.
func dayText(t time.Time, later int, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if at := t.In(zone); at.Equal(time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)) {
		return at.AddDate(0, 0, later).Format(time.DateOnly)
	}
	return t.UTC().Format(time.RFC3339)
}
