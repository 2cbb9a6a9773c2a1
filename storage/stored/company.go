package stored

import (
	"hotline/company"
	"hotline/prompts"
)

// Company is the stored form of a company.Profile.
type Company struct {
	Name     string       `json:"name,omitempty"`
	Spoken   string       `json:"spoken,omitempty"`
	Language string       `json:"language,omitempty"`
	Trunk    CompanyTrunk `json:"trunk,omitzero"`
	Version  int          `json:"version"`
}

// CompanyTrunk is the stored form of a company.Trunk. The password is sealed.
type CompanyTrunk struct {
	Server    string   `json:"server,omitempty"`
	Transport string   `json:"transport,omitempty"`
	Registers bool     `json:"registers,omitempty"`
	User      string   `json:"user,omitempty"`
	Password  []byte   `json:"password,omitempty"`
	Domain    string   `json:"domain,omitempty"`
	Realm     string   `json:"realm,omitempty"`
	Number    string   `json:"number,omitempty"`
	Prefixes  []string `json:"prefixes,omitempty"`
}

// OfCompany is the stored form of what was said of the house.
func OfCompany(h company.Profile) Company {
	return Company{h.Name, h.Spoken, string(h.Language), CompanyTrunk(h.Trunk), h.Version}
}

// Domain is what was said of the house.
func (h Company) Domain() company.Profile {
	return company.Profile{Name: h.Name, Spoken: h.Spoken, Language: prompts.Language(h.Language), Trunk: company.Trunk(h.Trunk), Version: h.Version}
}
