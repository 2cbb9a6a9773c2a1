package ui

import (
	"bytes"
	"html/template"
	"sync"
)

var letterTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("letter").Parse(`<article class="letter"><p class="to">{{.Customer}}</p><p class="day">{{.Day .Now}}</p>
<h2>{{.T "letter-title" .Contract}}</h2><p>{{.T "letter-pin"}}</p><p class="pin">{{.PIN}}</p><p>{{.T "letter-use"}}</p><p>{{.T "letter-secret"}}</p></article>
`))
})

// Letter is the letter that tells a customer the PIN of a contract. On paper it has a sheet of its own.
func Letter(v View, customer, contract, pin string) template.HTML {
	var b bytes.Buffer
	_ = letterTemplate().Execute(&b, struct { // every field is there, and memory takes it
		View
		Customer, Contract, PIN string
	}{v, customer, contract, pin})
	return template.HTML(b.String())
}
