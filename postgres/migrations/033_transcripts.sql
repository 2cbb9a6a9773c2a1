-- +goose Up

-- What recognisers have made of recordings, one row a recording. Not bound to the rows of recordings, which are written anew with
-- each change of their ticket.
create table transcripts (
	recording   text primary key,
	ticket      bigint not null,
	at          timestamptz not null,
	engine      text not null,
	language    text not null,
	confidence  double precision not null,
	begins      bigint[] not null, -- of segments, in ms
	ends        bigint[] not null,
	texts       text[] not null,
	confidences double precision[] not null,
	doubtful    boolean[] not null,
	left_out    text[] not null
);
create index transcripts_of on transcripts (ticket);

-- +goose Down

drop table transcripts;
