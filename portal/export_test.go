package portal

// Patterns are the patterns of all routes, for tests that ask each of them.
func Patterns() (all []string) {
	for _, r := range (&Portal{}).routes() {
		all = append(all, r.pattern)
	}
	return all
}
