package config

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"hotline/users"
)

// OIDC is the identity provider by which staff may log in, beside name and password. Without an issuer there is none.
type OIDC struct {
	Issuer           string                `yaml:"issuer"` // exactly as the provider names itself
	Name             string                `yaml:"name"`   // as the login page calls it; empty: the host of the issuer
	ClientID         string                `yaml:"client_id"`
	ClientSecret     string                `yaml:"client_secret"`
	ClientSecretFile string                `yaml:"client_secret_file"` // a file that holds the secret alone
	Redirect         string                `yaml:"redirect"`           // where browsers come back; empty: at the address that they asked for
	Scopes           []string              `yaml:"scopes"`             // beside openid
	Claim            string                `yaml:"claim"`              // of the ID token, names the role; empty: no claim does
	Roles            map[string]users.Role `yaml:"roles"`              // by what the claim says
	Unknown          Unknown               `yaml:"unknown"`            // empty: refuse
	Roots            string                `yaml:"roots"`              // PEM file of the authorities that it is believed by; empty: the system's
}

// Unknown is what becomes of somebody whom the provider lets in and nobody here knows.
type Unknown string

// They are told what an administrator has to do, or become a user with the role of the claim.
const (
	UnknownRefuse Unknown = "refuse"
	UnknownCreate Unknown = "create"
)

// Title is how the login page calls the provider.
func (o OIDC) Title() string {
	if o.Name != "" {
		return o.Name
	}
	u, err := url.Parse(o.Issuer)
	if err != nil {
		return o.Issuer
	}
	return u.Hostname()
}

// callback is the path at which browsers come back.
const callback = "/login/oidc/callback"

// oidc finds what is wrong with the identity provider.
func (k *checker) oidc(o OIDC) {
	if o.Issuer == "" {
		if o.ClientID != "" || o.ClientSecretFile != "" || o.Claim != "" || len(o.Roles) > 0 {
			k.complain("http.oidc.issuer", "nobody can log in by a provider that is not named", "write the address of the provider, as it names itself, such as https://login.example.org")
		}
		return
	}
	if !users.ProviderAddress(o.Issuer) {
		k.complain("http.oidc.issuer", fmt.Sprintf("%q is no address of https", short(o.Issuer)), "write the address of the provider, as it names itself, such as https://login.example.org")
	}
	if o.ClientID == "" {
		k.complain("http.oidc.client_id", "the provider does not know who asks", "write the name under which this program is registered there")
	}
	if o.ClientSecret != "" && o.ClientSecretFile != "" {
		k.complain("http.oidc.client_secret_file", "both client_secret and client_secret_file are given", "keep one of the two")
	}
	if o.Redirect != "" && (!users.ProviderAddress(o.Redirect) || !strings.HasSuffix(o.Redirect, callback) || strings.Contains(o.Redirect, "?")) {
		k.complain("http.oidc.redirect", fmt.Sprintf("browsers cannot come back to %q", short(o.Redirect)), "write the address of these pages with "+callback+" at its end, such as https://hotline.example.org"+callback)
	}
	if len(o.Name) > 60 || strings.ContainsAny(o.Name, "\r\n\x00") {
		k.complain("http.oidc.name", "the name does not fit on a button", "write one line of at most 60 characters")
	}
	for i, s := range o.Scopes {
		if s == "" || strings.ContainsAny(s, " \t\r\n\"\\") {
			k.complain(fmt.Sprintf("http.oidc.scopes[%d]", i), fmt.Sprintf("%q is no scope", short(s)), "write one word for each")
		}
	}
	k.oidcRoles(o)
}

// oidcRoles finds what is wrong with who may come in, and as what.
func (k *checker) oidcRoles(o OIDC) {
	for _, name := range slices.Sorted(maps.Keys(o.Roles)) {
		if role := o.Roles[name]; !role.Valid() || name == "" {
			k.complain("http.oidc.roles."+short(name), fmt.Sprintf("%q is no role", short(string(role))), "use viewer, engineer, staff or admin")
		}
	}
	if (o.Claim == "") != (len(o.Roles) == 0) {
		k.complain("http.oidc.claim", "a claim and the roles that it gives go together", "write both, or neither: then administrators say who has which role")
	}
	switch {
	case o.Unknown != "" && o.Unknown != UnknownRefuse && o.Unknown != UnknownCreate:
		k.complain("http.oidc.unknown", fmt.Sprintf("%q is unknown", short(string(o.Unknown))), "use refuse or create")
	case o.Unknown == UnknownCreate && o.Claim == "":
		k.complain("http.oidc.unknown", "a new user would have no role", "name the claim and the roles that it gives, or use refuse")
	}
}
