package admin

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"hotline/admin/calling"
)

// Trunk is how one trunk of the line fares.
type Trunk struct {
	Name       string     `json:"name"`
	Registers  bool       `json:"registers" doc:"Whether our address is kept registered with it"`
	State      string     `json:"state" enum:"unknown,registered,reachable,failing,refused,silent" doc:"Silent: it calls us, and we never call it"`
	Since      *time.Time `json:"since,omitempty"`
	Peer       string     `json:"peer,omitempty" doc:"The address that answered last"`
	Expires    *time.Time `json:"expires,omitempty" doc:"End of the registration, unless it is renewed"`
	Error      string     `json:"error,omitempty" doc:"The last one; empty since it works again"`
	ErrorSince *time.Time `json:"error_at,omitempty"`

	Number        string         `json:"number,omitempty" doc:"The line's own, which calls through it show"`
	ShowsCaller   bool           `json:"shows_caller" doc:"It is set to show the customer's number in calls to engineers"`
	CallerRefused *CallerRefused `json:"caller_refused,omitempty" doc:"It is to show the customer's number, and refuses such calls: they show the line's own number for a while"`
}

// CallerRefused is a trunk that refuses calls with the customer's number.
type CallerRefused struct {
	Code  int       `json:"code" doc:"The final answer, of SIP"`
	Since time.Time `json:"since"`
	Until time.Time `json:"until" doc:"The next call from then on shows the customer's number again"`
}

type trunkList struct {
	Trunks           []Trunk    `json:"trunks" nullable:"false" doc:"In the order in which they are used"`
	CertificateUntil *time.Time `json:"certificate_until,omitempty" doc:"End of the certificate that the line shows on TLS"`
}

// trunkRoutes tell how the trunks are.
func (s *server) trunkRoutes(api huma.API) {
	serve(s, api, route(http.MethodGet, "/trunks", "list-trunks", "How each trunk fares"),
		func(context.Context, *struct{}) (*answer[trunkList], error) {
			list := trunkList{Trunks: []Trunk{}}
			if s.Trunks != nil {
				all, until := s.Trunks()
				list.Trunks, list.CertificateUntil = append(list.Trunks, all...), instant(until)
			}
			return answered(list, nil)
		})
}

// trunkNamed is a trunk as the test of one asks for it.
func (s *server) trunkNamed(name string) (calling.Trunk, bool) {
	if s.Trunks == nil {
		return calling.Trunk{}, false
	}
	all, _ := s.Trunks()
	for _, t := range all {
		if t.Name != name {
			continue
		}
		k := calling.Trunk{Number: t.Number, ShowsCaller: t.ShowsCaller}
		if r := t.CallerRefused; r != nil {
			k.Refused, k.Until = r.Code, r.Until
		}
		return k, true
	}
	return calling.Trunk{}, false
}
