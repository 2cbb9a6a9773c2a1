package stored

import (
	"hotline/house"
	"hotline/prompts"
)

// House is the stored form of a house.House.
type House struct {
	Name     string     `json:"name,omitempty"`
	Spoken   string     `json:"spoken,omitempty"`
	Language string     `json:"language,omitempty"`
	Trunk    HouseTrunk `json:"trunk,omitzero"`
	Version  int        `json:"version"`
}

// HouseTrunk is the stored form of a house.Trunk. The password is sealed.
type HouseTrunk struct {
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

// OfHouse is the stored form of what was said of the house.
func OfHouse(h house.House) House {
	return House{h.Name, h.Spoken, string(h.Language), HouseTrunk(h.Trunk), h.Version}
}

// Domain is what was said of the house.
func (h House) Domain() house.House {
	return house.House{Name: h.Name, Spoken: h.Spoken, Language: prompts.Language(h.Language), Trunk: house.Trunk(h.Trunk), Version: h.Version}
}
