package evo

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hotline/evosupport"
	"hotline/evosupport/news"
	"hotline/notify/mailing"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/form"
	"hotline/web/ui"
)

// Bounds of a version, as by the API.
const (
	nameMost    = 60
	noteMost    = 4000
	ticketsMost = 200
)

// cataloguePage lists products.
type cataloguePage struct {
	ui.View
	Rows []evosupport.Product
}

func (h Handlers) catalogue(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	all, err := h.Store.Products(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the products: %w", err)
	}
	return pages().Page("catalogue", r.T("evo-products"), cataloguePage{r.View, all})
}

// productPage shows one product: its versions, whom letters tell of them, and the form of one more.
type productPage struct {
	ui.View
	evosupport.Product
	Newest  []evosupport.Release // the newest first
	Notices []news.Notice        // the newest first
	Fields  form.Fields
	Problem string
	Reason  string // what exactly, in English
	Told    *told  // what is about to be published, and not yet
	Letters bool
}

// told is whom a version would be told to.
type told struct {
	Name      string
	Customers []string // who get a letter
	Without   []string // who have no address
}

// noticesMost is how many notices the page shows; the API has them all.
const noticesMost = 100

func (h Handlers) product(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	p, err := h.Store.Product(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("reading a product: %w", err)
	}
	return h.showProduct(r, productPage{Product: p}, http.StatusOK)
}

func (h Handlers) showProduct(r *ui.Request, p productPage, status int) (*ui.Page, error) {
	p.View, p.Letters, p.Newest = r.View, h.Letters, slices.Clone(p.Releases)
	slices.Reverse(p.Newest)
	notices, err := h.Store.Notices(r.Context(), p.ID)
	if err != nil {
		return nil, fmt.Errorf("reading who is told of %s: %w", p.ID, err)
	}
	p.Notices = notices[:min(len(notices), noticesMost)]
	page, err := pages().Page("product", p.ID, p)
	if err == nil {
		page.Status = status
	}
	return page, err
}

// Said is what the form of a version says of a field.
func (p productPage) Said(name string) string { return p.Fields.Value(name) }

// published reads the form of a version.
func published(r *ui.Request) (v evosupport.Release, f form.Fields, err error) {
	f, err = form.Read(r, form.Fields{
		{Name: "name", Kind: form.Text, Most: nameMost, Needed: true}, {Name: "note", Kind: form.Lines, Most: noteMost}, {Name: "tickets", Kind: form.Text, Most: 4000},
	})
	v = evosupport.Release{Name: f.Value("name"), At: r.Now.UTC(), Note: f.Value("note")}
	if err == nil {
		v.Tickets, err = numbers("tickets", f.Value("tickets"))
	}
	return v, f, err
}

// numbers reads tickets, between which commas or spaces stand.
func numbers(field, text string) (list []tickets.Number, err error) {
	for _, one := range strings.FieldsFunc(text, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '#' }) {
		n, err := strconv.ParseInt(one, 10, 64)
		if err != nil || n < 1 || len(list) == ticketsMost {
			return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("write at most %d numbers of tickets, with commas between them", ticketsMost)}
		}
		list = append(list, tickets.Number(n))
	}
	return list, nil
}

// publish adds a version. It shows first whom a letter would tell of it, and publishes when the form says that this was seen.
func (h Handlers) publish(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	stands, err := h.Store.Product(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, fmt.Errorf("reading a product: %w", err)
	}
	v, f, err := published(r)
	p := productPage{Product: stands, Fields: f}
	next := stands.Publish(v)
	if err == nil {
		err = refused(next.Check(r.Context(), stands, h.Desk.Ticket), nil)
	}
	var wrong *form.Refusal
	switch {
	case errors.As(err, &wrong):
		p.Problem, p.Reason = r.T("keeping-bad"), wrong.Text
		return h.showProduct(r, p, http.StatusUnprocessableEntity)
	case err != nil:
		return nil, err
	case r.FormValue("version") != strconv.Itoa(stands.Version):
		p.Problem = r.T("evo-stale")
		return h.showProduct(r, p, http.StatusConflict)
	case r.FormValue("seen") != v.Name:
		if p.Told, err = h.told(r, next); err != nil {
			return nil, err
		}
		return h.showProduct(r, p, http.StatusOK)
	}
	_, err = h.Store.PutProduct(r.Context(), next)
	if errors.Is(err, storage.ErrConflict) {
		p.Problem = r.T("evo-stale")
		return h.showProduct(r, p, http.StatusConflict)
	}
	if err != nil {
		return nil, fmt.Errorf("publishing a version of %s: %w", stands.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", "version "+v.Name+" of "+stands.ID)
	http.Redirect(w, r.Request, "/releases/"+stands.ID, http.StatusSeeOther)
	return nil, nil
}

// told is whom the newest version of a product would be told to, each customer once.
func (h Handlers) told(r *ui.Request, p evosupport.Product) (*told, error) {
	installed, err := h.Store.InstalledOf(r.Context(), "")
	if err != nil {
		return nil, fmt.Errorf("reading what stands at installations: %w", err)
	}
	newest, _ := p.Newest()
	t := &told{Name: newest.Name}
	for _, n := range news.About(p, installed, h.Desk.Book(), "", r.Now) {
		name, list := h.customer(n.Contract).Name, &t.Customers
		if n.State == mailing.NoAddress {
			list = &t.Without
		}
		if !slices.Contains(*list, name) {
			*list = append(*list, name)
		}
	}
	return t, nil
}

// products is how the published versions of a product are written. A version is added by the form on the product's page.
func (h Handlers) products() form.Document[evosupport.Product] {
	d := form.Document[evosupport.Product]{
		Kind: "product", Path: "/releases", List: "/releases", ListTitle: "evo-products", New: "evo-product-new",
		Version: func(p evosupport.Product) int { return p.Version }, Fields: productFields, Said: h.productSaid, Log: h.Log,
		Looks: form.Looks[evosupport.Product]{Try: "evo-preview", Must: renamed, Preview: h.previewed},
		Wrote: func(_ *ui.Request, _, made evosupport.Product) (string, *ui.Page, error) {
			return "/releases/" + made.ID, nil, nil
		},
	}
	if h.Store != nil { // the table of rules is made without one
		d.Read, d.Put = h.Store.Product, h.Store.PutProduct
		d.Delete = func(r *ui.Request, id string, version int) error {
			return h.Store.DeleteProduct(r.Context(), id, version)
		}
	}
	return d
}

// renamed tells whether the newest version has a name that it had not before: customers are told of it then.
func renamed(stands, next evosupport.Product) bool {
	newest, some := next.Newest()
	return some && !slices.ContainsFunc(stands.Releases, func(v evosupport.Release) bool { return v.Name == newest.Name })
}

// previewed says whom a letter would tell.
func (h Handlers) previewed(r *ui.Request, p evosupport.Product, _ form.Fields) (template.HTML, error) {
	t, err := h.told(r, p)
	if err != nil {
		return "", err
	}
	page, err := pages().Page("told", "", productPage{View: r.View, Product: p, Told: t, Letters: h.Letters})
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// versions are the versions of a form. A row without a name is none.
func versions() form.Parts {
	return form.Parts{Name: "releases-%d-%s", API: "releases", Marks: []string{"name"}, Most: evosupport.MostReleases}
}

func productFields(r *ui.Request, p evosupport.Product) (list form.Fields, err error) {
	if p.Version == 0 {
		return form.Fields{{Name: "id", Label: r.T("evo-product"), Kind: form.Text, Most: 63, Needed: true, Help: r.T("form-id-text")}, {Kind: form.Note, Label: r.T("evo-product-new-text")}}, nil
	}
	if len(p.Releases) == 0 {
		return form.Fields{{Kind: form.Note, Label: r.T("evo-none-published")}}, nil
	}
	list = append(list, form.Field{Kind: form.Note, Label: r.T("evo-edit-text")})
	for i, v := range slices.Backward(p.Releases) {
		at, legend := func(what string) string { return versions().At(i, what) }, v.Name
		var brought []string
		for _, n := range v.Tickets {
			brought = append(brought, strconv.FormatInt(int64(n), 10))
		}
		list = append(list,
			form.Field{Name: at("name"), Label: r.T("evo-release"), Value: v.Name, Kind: form.Text, Most: nameMost, Group: legend},
			form.Field{Name: at("at"), Label: r.T("evo-at"), Value: form.At(r, v.At), Kind: form.Instant, Needed: true, Group: legend},
			form.Field{Name: at("note"), Label: r.T("evo-note"), Value: v.Note, Kind: form.Lines, Most: noteMost, Group: legend},
			form.Field{Name: at("tickets"), Label: r.T("evo-tickets"), Value: strings.Join(brought, ", "), Kind: form.Text, Most: 4000, Group: legend},
		)
	}
	return list, nil
}

// productSaid reads the versions of a form. One whose name is empty is removed.
func (h Handlers) productSaid(r *ui.Request, id string, f form.Fields, stands evosupport.Product) (evosupport.Product, error) {
	p := evosupport.Product{ID: id, Version: stands.Version}
	rows := versions().Said(f)
	for _, i := range rows {
		at, was := func(what string) string { return versions().At(i, what) }, stands.Releases[i]
		brought, err := numbers(at("tickets"), f.Value(at("tickets")))
		if err != nil {
			return p, err
		}
		p.Releases = append(p.Releases, evosupport.Release{Name: f.Value(at("name")), At: f.Instant(r, at("at"), was.At).UTC(), Note: f.Value(at("note")), Tickets: brought})
	}
	return p, refused(p.Check(r.Context(), stands, h.Desk.Ticket), rows)
}

// refused is what is wrong with a product, by the field of the form.
func refused(err error, rows []int) error {
	var wrong *evosupport.WrongError
	if !errors.As(err, &wrong) {
		return err
	}
	return &form.Refusal{Field: versions().Field(wrong.Field, rows), Text: wrong.Problem}
}
