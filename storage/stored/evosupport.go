package stored

import (
	"time"

	"hotline/directory"
	"hotline/evosupport"
	"hotline/tickets"
)

// Product is a product with the versions that were published.
type Product struct {
	ID       string    `json:"id"`
	Releases []Release `json:"releases,omitempty"`
	Version  int       `json:"version"`
}

// Release is a published version.
type Release struct {
	Name    string           `json:"name"`
	At      time.Time        `json:"at"`
	Note    string           `json:"note,omitempty"`
	Tickets []tickets.Number `json:"tickets,omitempty"`
}

// OfProduct is the stored form of a product.
func OfProduct(p evosupport.Product) Product {
	return Product{p.ID, each(p.Releases, func(r evosupport.Release) Release { return Release(r) }), p.Version}
}

// Domain is the product.
func (p Product) Domain() evosupport.Product {
	return evosupport.Product{ID: p.ID, Releases: each(p.Releases, func(r Release) evosupport.Release { return evosupport.Release(r) }), Version: p.Version}
}

// Installed is what stands at an installation.
type Installed struct {
	ID           string               `json:"id"`
	Contract     directory.ContractID `json:"contract"`
	Installation string               `json:"installation,omitempty"`
	Product      string               `json:"product"`
	Release      string               `json:"release"`
	Seen         time.Time            `json:"seen"`
	Version      int                  `json:"version"`
}

// OfInstalled is the stored form of what stands at an installation.
func OfInstalled(i evosupport.Installed) Installed { return Installed(i) }

// Domain is what stands there.
func (i Installed) Domain() evosupport.Installed { return evosupport.Installed(i) }
