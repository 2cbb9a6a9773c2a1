package evo

import (
	"context"

	"hotline/admin/document"
	"hotline/admin/letters"
)

// NoticeView is that the customer of a contract is told of a version.
type NoticeView struct {
	Release  string `json:"release"`
	Contract string `json:"contract"`
	Address  string `json:"address" doc:"To whom; empty: the customer has none"`
	letters.StandingView
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
		list.Notices = append(list.Notices, NoticeView{n.Release, string(n.Contract), n.Address, letters.Standing(n.Standing)})
	}
	return &answer[NoticeList]{list}, err
}
