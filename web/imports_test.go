package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/directory"
	"hotline/memory"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// uploads posts a form with a file, as a browser does.
func (b *browser) uploads(path, kind, field, content string) answer {
	b.o.t.Helper()
	if field == "text" {
		return b.sends(path, "", "kind", kind, "text", content)
	}
	return b.sends(path, content, "kind", kind)
}

// sends sends a form with a file, where there is one.
func (b *browser) sends(path, file string, fields ...string) answer {
	b.o.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		must(b.o.t, form.WriteField(fields[i], fields[i+1]))
	}
	if file != "" {
		part, err := form.CreateFormFile("file", "house.csv")
		must(b.o.t, err)
		_, err = part.Write([]byte(file))
		must(b.o.t, err)
	}
	must(b.o.t, form.Close())
	q := httptest.NewRequestWithContext(b.o.t.Context(), http.MethodPost, "http://desk.example"+path, &body)
	q.RemoteAddr = b.from
	q.Header.Set("Content-Type", form.FormDataContentType())
	q.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range b.jar.Cookies(site) {
		q.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.o.handler.ServeHTTP(w, q)
	return answer{w, b.o.t, "POST " + path}
}

// imports tries a file, and writes what the page of the trial holds.
func (b *browser) imports(kind, content string, tried ...string) answer {
	b.o.t.Helper()
	a := b.uploads("/imports", kind, "file", content).is(200, tried...)
	text := regexp.MustCompile(`(?s)<textarea name="text" hidden>\n(.*?)</textarea>`).FindStringSubmatch(a.Body.String())
	if text == nil {
		b.o.t.Fatalf("nothing would be written:\n%s", a.main())
	}
	return b.uploads("/imports/write", kind, "text", html.UnescapeString(text[1]))
}

func TestAHouseIsImportedFromASpreadsheet(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.get("/imports").is(200, "remote_access", `href="/exports/contracts.csv"`)
	file := "\ufeffid;nome;e-mail;telephone numbers\r\nneri;Neri & Figli;info@neri.example;06 5551 2345 | +39 333 1234567\r\nrossi;Rossi S.p.A.;;\r\n"
	b.imports("customers", file, "Lines: 2. New: 1, changed: 0, as they stand already: 1.", "Write 1 lines", "Neri &amp; Figli").is(200, "Lines written: 1", `<progress max="1" value="1"`)
	c, err := o.store.Customer(t.Context(), "neri")
	must(t, err)
	if c.Name != "Neri & Figli" || c.Email != "info@neri.example" || len(c.Numbers) != 2 || c.Numbers[1] != "+393331234567" {
		t.Errorf("%+v", c)
	}
	if a := b.uploads("/imports", "customers", "file", file).is(200, "New: 0, changed: 0, as they stand already: 2.", "There is nothing to write"); strings.Contains(a.Body.String(), "Write ") {
		t.Error("what stands would be written again")
	}

	b.imports("numbers", "customer,number\nneri,055 123456\nneri,055 123457\nneri,+393331234567\n", "changed: 2, as they stand already: 1").is(200, "Lines written: 2")
	if c, err = o.store.Customer(t.Context(), "neri"); err != nil || len(c.Numbers) != 4 {
		t.Errorf("%+v, %v", c, err)
	}

	a := b.imports("contracts", "id\tcustomer\tlevel\tfirst_day\tlast_day\tremote_access\nneri-1\tneri\textended\t01/02/2026\t31/12/2026\tsì\n", "New: 1", "Each new contract gets a PIN").is(200, "Lines written: 1", "PINs: 1", "Your PIN for contract neri-1")
	pin := regexp.MustCompile(`class="pin">(\d{6,12})<`).FindStringSubmatch(a.Body.String())
	if pin == nil {
		t.Fatalf("no PIN:\n%s", a.main())
	}
	if id, _, err := o.desk.Identify(pin[1], "", o.clock()); err != nil || id.Contract.ID != "neri-1" || id.Customer.Name != "Neri & Figli" || id.Contract.ValidUntil.In(o.desk.Zone()).Format("2006-01-02 15:04") != "2027-01-01 00:00" {
		t.Errorf("the line knows %+v, %v", id, err)
	}
	if strings.Contains(o.log.String(), pin[1]) {
		t.Error("the PIN stands in the log")
	}
	b.imports("contracts", "id,customer,level,first_day,last_day,remote_access\nneri-1,neri,extended,2026-02-01,2026-12-31,no\n", "New: 0, changed: 1").is(200, "Lines written: 1").hides("class=\"pin\"")
	if c, err := o.store.Contract(t.Context(), "neri-1"); err != nil || c.RemoteAccess || c.PINAt.IsZero() {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestWhatGoesOutComesInAgain: an exported table changes nothing when it is imported, in the spreadsheets of both countries.
func TestWhatGoesOutComesInAgain(t *testing.T) {
	o := open(t)
	customer, err := o.store.Customer(t.Context(), "rossi")
	must(t, err)
	customer.Name, customer.Numbers, customer.Email = "=Rossi;, \"S.p.A.\"", []string{"+39065551239", "+393331234567"}, "a@rossi.example"
	_, err = o.store.PutCustomer(t.Context(), customer)
	must(t, err)
	_, err = o.desk.CatchUp(t.Context(), o.store, o.clock())
	must(t, err)
	for _, lang := range []string{"en", "it"} {
		b := o.as(users.Admin)
		b.header.Set("Accept-Language", lang)
		for kind, lines := range map[string]int{"customers": 1, "numbers": 2, "contracts": 2} {
			out := b.get("/exports/" + kind + ".csv").is(200).Body.String()
			if regexp.MustCompile(`(^|[;,\n]"?)[=+\-@\t]`).MatchString(strings.TrimPrefix(out, "\ufeff")) {
				t.Errorf("a cell is a formula:\n%s", out)
			}
			p := planned(t, o, kind, out)
			if p != fmt.Sprintf("%d lines, 0 new, 0 changed, %d same, 0 wrong", lines, lines) {
				t.Errorf("%s, %s: %s\n%s", kind, lang, p, out)
			}
		}
	}
	o.as(users.Viewer).get("/exports/pins.csv").is(404)
}

// planned is what the page says of a file.
func planned(t *testing.T, o *office, kind, content string) string {
	t.Helper()
	body := o.as(users.Admin).uploads("/imports", kind, "file", content).is(200).Body.String()
	sum := regexp.MustCompile(`Lines: (\d+). New: (\d+), changed: (\d+), as they stand already: (\d+)`).FindStringSubmatch(body)
	wrong := regexp.MustCompile(`Lines that cannot be taken: (\d+)`).FindStringSubmatch(body)
	if sum == nil {
		t.Fatal(body)
	}
	if wrong == nil {
		wrong = []string{"", "0"}
	}
	return fmt.Sprintf("%s lines, %s new, %s changed, %s same, %s wrong", sum[1], sum[2], sum[3], sum[4], wrong[1])
}

func TestEachWrongCellIsComplainedAboutAtItsLine(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	const customers, contracts = "id,name,email,numbers,spoken\n", "id,customer,level,language,first_day,last_day,calendar,after_hours,evo_support,remote_access\n"
	for _, row := range []struct{ kind, file, want string }{
		{"customers", customers + "a,Alfa,,,\nBad Id,Beta,,,\n", "3</td><td>identifier</td><td>Bad Id</td>"},
		{"customers", customers + "a, ,,,\n", "2</td><td>name</td>"},
		{"customers", customers + "a,A,nobody,,\n", "2</td><td>e-mail</td><td>nobody</td>"},
		{"customers", customers + "a,A,,12x,\n", "2</td><td>telephone numbers</td><td>12x</td>"},
		{"customers", customers + "a,A,,,\na,B,,,\n", "3</td><td>identifier</td><td>2</td><td>This was said"},
		{"customers", customers + "a,\"A,,,\n", "2</td><td></td><td></td><td>A quotation mark"},
		{"customers", "id,name,colour\na,A,red\n", "1</td><td></td><td>colour</td><td>No such column"},
		{"customers", "id\na\n", "1</td><td>name</td><td></td><td>The column is missing"},
		{"customers", "id,name,name\na,A,B\n", "1</td><td>name</td><td></td><td>The column stands there twice"},
		{"customers", customers + "a," + strings.Repeat("x", 2001) + ",,,\n", "A cell is longer"},
		{"numbers", "customer,number\nnobody,0612345\n", "2</td><td>customer</td><td>nobody</td>"},
		{"numbers", "customer,number\nrossi,x\n", "2</td><td>telephone number</td><td>x</td>"},
		{"numbers", "customer,number\nrossi,112\n", "no emergency number"},
		{"contracts", contracts + "k,nobody,extended,,2026-01-01,,,,,yes\n", "2</td><td>customer</td><td>nobody</td>"},
		{"contracts", contracts + "k,rossi,gold,,2026-01-01,,,,,yes\n", "2</td><td>level</td><td>gold</td>"},
		{"contracts", contracts + "k,rossi,extended,xx,2026-01-01,,,,,yes\n", "2</td><td>language</td><td>xx</td>"},
		{"contracts", contracts + "k,rossi,extended,,soon,,,,,yes\n", "2</td><td>first day</td><td>soon</td>"},
		{"contracts", contracts + "k,rossi,extended,,2026-01-02,2025-12-31,,,,yes\n", "2</td><td>last day</td><td>2025-12-31</td>"},
		{"contracts", contracts + "k,rossi,extended,,1901-01-01,,,,,yes\n", "2</td><td>first day</td><td>1901-01-01</td>"},
		{"contracts", contracts + "k,rossi,extended,,2026-01-01,,none,,,yes\n", "2</td><td>calendar</td><td>none</td>"},
		{"contracts", contracts + "k,rossi,extended,,2026-01-01,,,later,,yes\n", "2</td><td>after hours</td><td>later</td>"},
		{"contracts", contracts + "k,rossi,extended,,2026-01-01,,,,maybe,yes\n", "2</td><td>Evo Support</td><td>maybe</td>"},
		{"contracts", contracts + "k,rossi,extended,,2026-01-01,,,,,\n", "2</td><td>remote access</td><td></td>"},
		{"contracts", "id,customer,level,first_day,remote_access,slow_menus\nk,rossi,extended,2026-01-01,yes,maybe\n", "2</td><td>slow menus</td><td>maybe</td>"},
		{"contracts", "id,customer,level,first_day,remote_access,record_talks\nk,rossi,extended,2026-01-01,yes,maybe\n", "2</td><td>talks recorded</td><td>maybe</td>"},
	} {
		b.uploads("/imports", row.kind, "file", row.file).is(200, row.want, "Lines that cannot be taken: 1")
	}
	b.uploads("/imports", "customers", "file", "").is(422, "The file is empty.")
	b.uploads("/imports", "nothing", "file", "x").is(422, "Say what the file holds.")
	b.uploads("/imports/write", "customers", "text", "").is(422)
	b.uploads("/imports", "customers", "file", strings.Repeat("x", 5<<20)).is(http.StatusRequestEntityTooLarge)
	if list, err := o.store.Customers(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("a trial wrote: %v, %v", list, err)
	}
}

// TestAnImportThatBreaksOffGoesOn: half of a file is there; the same file again writes the other half. A spreadsheet that was told
// nothing writes Windows-1252.
func TestAnImportThatBreaksOffGoesOn(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	head, half := "id;name\n", "k1;Societ\xe0 Uno\n"
	b.imports("customers", head+half, "New: 1", "Società Uno").is(200, "Lines written: 1")
	b.imports("customers", head+half+"k2;Due\n", "New: 1, changed: 0, as they stand already: 1").is(200, "Lines written: 1")
	if c, err := o.store.Customer(t.Context(), "k1"); err != nil || c.Name != "Società Uno" || c.Version != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestALineThatSomebodyElseChangedIsTold: the desk's book is a moment behind the store.
func TestALineThatSomebodyElseChangedIsTold(t *testing.T) {
	o := open(t)
	c, err := o.store.Customer(t.Context(), "rossi")
	must(t, err)
	c.Name = "Rossi Group"
	_, err = o.store.PutCustomer(t.Context(), c)
	must(t, err)
	o.as(users.Admin).imports("customers", "id,name\nrossi,Rossi Holding\nneri,Neri\n").is(200, "Lines written: 1", "2</td><td>Somebody else changed it a moment ago")
	if c, _ = o.store.Customer(t.Context(), directory.CustomerID("rossi")); c.Name != "Rossi Group" {
		t.Errorf("%+v", c)
	}
}

// table is a file of rows.
func table(rows ...[]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // into memory
	return b.String()
}

// TestThePaceOfMenusIsSetByAFile: a column that a file does not have changes nothing.
func TestThePaceOfMenusIsSetByAFile(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.imports("contracts", "id,customer,level,first_day,remote_access,slow_menus\nk1,rossi,extended,2026-01-01,yes,yes\n", "New: 1").is(200, "Lines written: 1")
	b.imports("contracts", "id,customer,level,first_day,remote_access\nk1,rossi,advanced,2026-01-01,yes\n", "changed: 1").is(200, "Lines written: 1")
	if c, err := o.store.Contract(t.Context(), "k1"); err != nil || !c.SlowMenus || c.Level != "advanced" {
		t.Errorf("%+v, %v", c, err)
	}
	b.get("/customers/rossi").is(200, "twice the time for each key", "normal pace")
}

// TestThatTalksAreRecordedIsSetByAFile, and seen on the customer's page.
func TestThatTalksAreRecordedIsSetByAFile(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.imports("contracts", "id,customer,level,first_day,remote_access,record_talks,monthly_statement\nk1,rossi,extended,2026-01-01,yes,yes,yes\n", "New: 1").is(200, "Lines written: 1")
	if c, err := o.store.Contract(t.Context(), "k1"); err != nil || !c.RecordTalks || !c.Statement {
		t.Errorf("%+v, %v", c, err)
	}
	b.get("/customers/rossi").is(200, "recorded, once both have been told", "not recorded")
}

// late writes contracts so slowly that the time of an import is up behind the first one.
type late struct{ *memory.Store }

func (l late) PutContract(ctx context.Context, c directory.Contract) (directory.Contract, error) {
	stands, err := l.Store.PutContract(context.WithoutCancel(ctx), c)
	time.Sleep(2 * time.Minute)
	return stands, err
}

// OpenOf and LiveOf answer nobody whose time is up, as a database does.
func (l late) OpenOf(ctx context.Context, c directory.ContractID) ([]tickets.Ticket, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return l.Store.OpenOf(ctx, c)
}

func (l late) LiveOf(ctx context.Context, c []directory.ContractID, after tickets.Number, most int) ([]tickets.Ticket, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return l.Store.LiveOf(ctx, c, after, most)
}

// TestRunningTicketsHearOfWhatAnImportWroteThoughItsTimeIsUp: what is written is not written again when the same file comes once more, so
// that nobody would tell them later.
func TestRunningTicketsHearOfWhatAnImportWroteThoughItsTimeIsUp(t *testing.T) {
	hash() // outside: it is shared by all tests
	synctest.Test(t, func(t *testing.T) {
		o := open(t)
		ids := 0
		o.desk = tickets.NewDesk(tickets.DeskConfig{
			Store: late{o.store}, Book: o.desk.Book(), Numbers: o.store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: func() string { ids++; return fmt.Sprint("late", ids) },
		})
		o.config.Store, o.config.Desk = late{o.store}, o.desk
		o.handler = New(o.config)
		n := o.opened("rossi", sla.Blocking, "down")
		b := o.as(users.Admin)
		b.imports("contracts", "id,customer,level,first_day,remote_access\nrossi,rossi,professional,2025-11-23,no\nrossi-office,rossi,extended,2025-11-23,yes\n", "changed: 2").is(200, "Lines written: 2")
		ticket, err := o.desk.Ticket(t.Context(), n)
		must(t, err)
		lines, err := o.desk.History(t.Context(), n)
		must(t, err)
		var kinds []tickets.EventKind
		for _, e := range lines {
			kinds = append(kinds, e.Kind)
		}
		if !slices.Contains(kinds, tickets.TermsKept) || !slices.Contains(kinds, tickets.AccessGone) || ticket.Level != sla.Extended {
			t.Errorf("the ticket heard %v: %+v", kinds, ticket.Clocks)
		}
	})
}
