package app

import (
	"context"
	"net/http"

	"hotline/web/signon"
)

// Pages are the staff's, for tests in virtual time, in which nobody listens for HTTP.
func (a *App) Pages(ctx context.Context) http.Handler { return a.pages(ctx, signon.Provider{}) }
