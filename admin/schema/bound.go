package schema

import (
	"github.com/danielgtaylor/huma/v2"

	"hotline/limits"
)

// Bound gives every text that a request may hold, and that names no limit of its own, the limit of a line. So a route that is
// added without a thought is bounded too. Call it after all routes.
func Bound(api huma.API) {
	whole := api.OpenAPI()
	for _, path := range whole.Paths {
		for _, op := range []*huma.Operation{path.Get, path.Post, path.Put, path.Delete, path.Patch} {
			if op == nil {
				continue
			}
			for _, p := range op.Parameters {
				bound(p.Schema)
			}
			if op.RequestBody != nil {
				for _, c := range op.RequestBody.Content {
					bound(c.Schema)
				}
			}
		}
	}
	for _, s := range whole.Components.Schemas.Map() {
		bound(s)
	}
}

func bound(s *huma.Schema) {
	if s == nil {
		return
	}
	if s.Type == huma.TypeString && s.MaxLength == nil && len(s.Enum) == 0 && s.Format == "" {
		most := limits.Line
		s.MaxLength = &most
		s.PrecomputeMessages()
	}
	for _, p := range s.Properties {
		bound(p)
	}
	bound(s.Items)
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		bound(values)
	}
}
