-- What a large company has after five years: 10,000 contracts, 500,000 tickets, 2,000,000 lines of history, 500,000 calls.
-- Some customers call far more often than others, some words are in every second ticket and most in few, 15,000 tickets are
-- live. :'now' is when the last ticket came in.
\set ON_ERROR_STOP on
set statement_timeout = 0;
set maintenance_work_mem = '256MB';
begin;
select setseed(0.417);
create temp table indexes on commit preserve rows as
	select indexname as name, indexdef as make from pg_indexes
	where schemaname = 'public' and tablename in ('tickets', 'events', 'calls', 'clocks', 'ticket_words') and indexdef not like 'CREATE UNIQUE%';
do $$ declare i record; begin for i in select * from indexes loop execute 'drop index ' || i.name; end loop; end $$;

create function pg_temp.words(fewest int, n int) returns text language sql volatile as $$
	select string_agg(case when i < 104 then (array['pompa', 'macchina', 'server', 'non', 'parte', 'stampante', 'line', 'pressure', 'quadro', 'motore', 'the',
		'valve', 'sensore', 'fermo', 'replaced', 'operatore', 'linea', 'reset', 'customer', 'errore', 'allarme', 'compressore', 'restart', 'cavo', 'temperatura',
		'alta', 'bassa', 'robot', 'scheda', 'network', 'rete', 'lenta', 'backup', 'fallito', 'failed', 'pressa', 'nastro', 'inverter', 'guasto', 'spare', 'ricambio',
		'ordinato', 'arrived', 'tecnico', 'visita', 'domani', 'mattina', 'turno', 'notte', 'encoder', 'asse', 'drive', 'fusibile', 'bruciato', 'olio', 'perdita',
		'leak', 'filter', 'filtro', 'sporco', 'cleaned', 'pulito', 'sostituito', 'cinghia', 'rumore', 'noise', 'vibration', 'vibrazione', 'cuscinetto', 'bearing',
		'porta', 'sicurezza', 'emergency', 'emergenza', 'fungo', 'barrier', 'barriera', 'laser', 'camera', 'visione', 'software', 'licenza', 'scaduta', 'update',
		'aggiornamento', 'versione', 'database', 'password', 'utente', 'accesso', 'remoto', 'remote', 'vpn', 'caduta', 'tensione', 'ups', 'batteria', 'generator',
		'quadrante', 'display', 'nero', 'schermo', 'tastiera', 'mouse'])[i + 1] else 'art' || i end, ' ')
	from (select floor(20000 * power(random(), 3))::int as i from generate_series(1, fewest + n % 9)) w
$$;

insert into documents (kind, id, version, body)
select 'customer', 'size-' || n, 1, jsonb_build_object('id', 'size-' || n, 'name', (array['Officine', 'Fratelli', 'Industrie', 'Gruppo', 'Cooperativa'])[1 + n % 5]
	|| ' ' || (array['Bellini', 'Conti', 'Ferraro', 'Galli', 'Lombardi', 'Marino', 'Orsini'])[1 + n % 7] || ' ' || n || ' S.p.A.',
	'numbers', jsonb_build_array('+3906' || 1000000 + n * 10), 'version', 1)
from generate_series(0, 7999) n;
insert into documents (kind, id, version, body)
select 'contract', 'size-' || n, 1, jsonb_build_object('id', 'size-' || n, 'customer', 'size-' || n % 8000, 'level', (array['professional', 'advanced', 'extended'])[1 + n % 3],
	'language', 'it', 'valid_from', '2020-01-01T00:00:00Z', 'valid_until', '0001-01-01T00:00:00Z', 'after_hours', 'wait', 'evo_support', false, 'remote_access', true, 'version', 1)
from generate_series(0, 9999) n;
insert into pins (hash, contract, current) select sha256(convert_to('size-' || n, 'UTF8')), 'size-' || n, true from generate_series(0, 9999) n;

create temp table drawn on commit drop as
select n, 100000 + n as number, floor(10000 * power(random(), 2))::int as c, random() as live, random() as a, random() as b, random() as d, random() as e,
	:'now'::timestamptz - interval '5 years' + (n + 60 * random() - 60) * interval '5 years' / 500000 as opened
from generate_series(1, 500000) n;

insert into tickets (number, contract, customer, name, caller, channel, claim, assessment, priority, level, state, assignee, evo, language,
	opened_at, closed_at, time_spent, bundled, version, next_due, due)
select number, case when on_request then '' else 'size-' || c end, 'size-' || c % 8000, body->>'name', '+3906' || 1000000 + (c % 8000) * 10 + floor(3 * d)::int,
	case when e < 0.8 then 'phone' else 'web' end, claim, assessment, priority, level,
	case when not live then case when e < 0.9 then 'closed' when e < 0.93 then 'restored' else 'not_request' end
		when claim = 'blocking' then 'in_progress' else (array['open', 'assigned', 'in_progress', 'waiting'])[1 + floor(4 * e)::int] end,
	'engineer-' || floor(40 * power(d, 1.5))::int, false, 'it', opened, case when not live then opened + 9 * d * interval '1 day' end, 0, 0, 4,
	case when live and claim in ('blocking', 'non_blocking') then :'now'::timestamptz + (1 + 29 * d) * interval '1 day' end,
	case when live and claim in ('blocking', 'non_blocking') then :'now'::timestamptz + (1 + 29 * d) * interval '1 day' end
from (
	select d.*, claim = '' as uncategorised, case claim when '' then 0 when 'blocking' then 1 when 'non_blocking' then 2 + c % 2 when 'question' then 4 else 5 end
		- case when claim = 'non_blocking' and e > 0.95 then 1 else 0 end as priority,
		case when on_request then 'on_request' else (array['professional', 'advanced', 'extended'])[1 + c % 3] end as level
	from (
		select number, n, c, a, b, d, e, opened, live < 0.008 or n > 485000 and live < 0.75 as live, a > 0.9 as on_request,
			case when b < 0.02 then '' when b < 0.22 then 'blocking' when b < 0.6 then 'non_blocking' when b < 0.85 then 'question' when b < 0.97 then 'change' else 'feature' end as claim,
			case when a < 0.7 then '' when a < 0.85 then 'non_blocking' else 'question' end as assessment
		from drawn
	) d
) d join documents on kind = 'customer' and id = 'size-' || c % 8000;

insert into clocks (ticket, place, kind, due, met_at, projected, span, began)
select number, place, kind, opened_at + hours * interval '1 hour', case when closed_at is not null then opened_at + hours * interval '30 minutes' end,
	closed_at is null and place = 2, hours * 3600000000000, opened_at
from tickets, (values (0, 'contact', 1), (1, 'intervention', 4), (2, 'restore', 8)) k(place, kind, hours)
where number > 100000 and claim in ('blocking', 'non_blocking');

insert into events (id, ticket, at, kind, actor, text, facts)
select 'size-' || n || '-' || place, number, opened + place * interval '1 hour', kind, actor,
	case kind when 'told' then 'the customer is contacted within one hour, and an engineer begins within four' when 'opened' then
		case when a < 0.5 then '' else pg_temp.words(2, n) end else pg_temp.words(3, n + place) end, '{}'
from drawn, (values (0, 'opened', 'caller'), (1, 'told', 'system'), (2, 'commented', 'staff:anna'), (3, 'closed', 'staff:marco')) k(place, kind, actor)
order by n, place;

insert into ticket_words (ticket, words)
select number, search_words(number, name, caller, coalesce(said, ''))
from tickets left join (
	select ticket, string_agg(text, ' ' order by place) as said from events where actor <> 'system' group by ticket
) e on ticket = number
where number > 100000;

insert into calls (id, started, body)
select 'size-' || n, opened, jsonb_build_object('id', 'size-' || n, 'sip_call_id', md5(n::text), 'from', '+3906' || 1000000 + (c % 8000) * 10 + floor(3 * d)::int,
	'to', '+390655500', 'trunk', (array['north', 'north', 'south', 'backup'])[1 + floor(4 * a)::int], 'started', to_char(opened, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	'answered', to_char(opened, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'ended', to_char(opened + interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
	'ending', case when b < 0.6 then 'hung up by us' when b < 0.98 then 'caller hung up' when b < 0.995 then 'no sound' else 'the trunk failed' end,
	'contract', case when a > 0.9 then '' else 'size-' || c end, 'customer', case when n < 250000 or a > 0.9 then '' else 'size-' || c % 8000 end, 'ticket', number, 'language', 'it', 'flow_version', 1,
	'steps', jsonb_build_array('welcome', 'pin', 'category', 'describe', 'readout'), 'quality', jsonb_build_object('law', 'PCMA', 'encrypted', false,
		'packets_in', 3000, 'packets_out', 3000, 'lost', 0, 'lost_there', 0, 'jitter_seconds', 0.001, 'round_trip_seconds', 0.02),
	'legs', jsonb_build_array(jsonb_build_object('engineer', 'engineer-1', 'address', 'sip:anna@10.0.0.5', 'started', to_char(opened, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
		'answered', to_char(opened + (5 + 120 * d) * interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'result', case when e < 0.7 then 'accepted' else 'no answer' end)))
from drawn;

update numbers set next = greatest(next, 700000);
commit;
\timing on
do $$ declare i record; t timestamptz; begin for i in select * from indexes loop t := clock_timestamp(); execute i.make;
	raise notice '% in % ms', i.name, round(1000 * extract(epoch from clock_timestamp() - t)); end loop; end $$;
vacuum analyze;
