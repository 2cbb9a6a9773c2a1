package evo

import (
	"context"
	"time"

	"hotline/admin/document"
	"hotline/notify/mailing"
)

// NoticeView is that the customer of a contract is told of a version.
type NoticeView struct {
	Release  string     `json:"release"`
	Contract string     `json:"contract"`
	Address  string     `json:"address" doc:"To whom; empty: the customer has none"`
	Noted    time.Time  `json:"noted" doc:"When the version was seen"`
	State    string     `json:"state" enum:"waiting,sent,moot,failed,no_address" doc:"moot: it was no news any more when the letter was due"`
	Due      *time.Time `json:"due,omitempty" doc:"No letter before; of what waits alone"`
	Settled  *time.Time `json:"settled,omitempty" doc:"When it came to this state; left out: it waits"`
	Tries    int        `json:"tries"`
	Error    string     `json:"error,omitempty" doc:"Of the last try"`
}

// NoticeList are notices, the newest first.
type NoticeList struct {
	Notices []NoticeView `json:"notices" nullable:"false"`
}

func (c Config) notices(ctx context.Context, in *document.ByID) (*answer[NoticeList], error) {
	if _, err := c.Store.Product(ctx, in.ID); err != nil {
		return nil, err
	}
	all, err := c.Store.Notices(ctx, in.ID)
	list := NoticeList{[]NoticeView{}}
	for _, n := range all {
		v := NoticeView{Release: n.Release, Contract: string(n.Contract), Address: n.Address, Noted: n.Noted, State: string(n.State), Tries: n.Tries, Error: n.Error}
		if n.State == mailing.Waiting {
			v.Due = &n.Due
		}
		if !n.Settled.IsZero() {
			v.Settled = &n.Settled
		}
		list.Notices = append(list.Notices, v)
	}
	return &answer[NoticeList]{list}, err
}
