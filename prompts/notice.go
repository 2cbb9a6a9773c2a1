package prompts

// WholeNotice is all that the line says of what becomes of a message: who keeps what, for how many days, and what may be asked for.
// 0 days: it is kept without a term.
func WholeNotice(days int) Phrase {
	term := P("notice-no-term")
	if days > 0 {
		term = append(P("notice-days"), Number(days)...)
	}
	return Join(P("notice-who", "notice-data"), term, P("notice-rights"))
}
