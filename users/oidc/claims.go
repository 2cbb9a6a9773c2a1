package oidc

import (
	"slices"
	"strings"

	"hotline/users"
)

// role is the highest role that the claim names, and whether the claim is there at all. A claim that names no role of the table, or is of a
// form that names none, is there and gives none: whoever keeps the groups has taken the access away. One that is not there says nothing.
func (p *Provider) role(claims map[string]any) (role users.Role, claimed bool) {
	if p.cfg.Claim == "" {
		return "", false
	}
	value, claimed := find(claims, p.cfg.Claim)
	best := -1
	for _, name := range names(value) {
		best = max(best, slices.Index(users.Roles(), p.cfg.Roles[name])) // they are listed from the lowest to the highest
	}
	if best >= 0 {
		role = users.Roles()[best]
	}
	return role, claimed
}

// find is the claim of a name: one that is spelled so, else one inside others, such as realm_access.roles.
func find(claims map[string]any, name string) (value any, there bool) {
	if value, there = claims[name]; there {
		return value, true
	}
	first, rest, inside := strings.Cut(name, ".")
	if !inside {
		return nil, false
	}
	inner, ok := claims[first].(map[string]any)
	if !ok {
		return nil, false
	}
	return find(inner, rest)
}

// names are the texts of a claim: it is one, or a list.
func names(value any) (list []string) {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			if text, ok := one.(string); ok {
				list = append(list, text)
			}
		}
	}
	return list
}

// suggested is a name for a new user: what the provider calls somebody, else the first part of an address of mail. It is a suggestion
// and nothing more: by it nobody is known.
func suggested(claims map[string]any) string {
	for _, claim := range []string{"preferred_username", "email"} {
		text, _ := claims[claim].(string)
		text, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(text)), "@")
		if users.ValidName(text) {
			return text
		}
	}
	return ""
}
