-- Every role may LISTEN on every channel: what a trigger puts into a notification is read by whoever listens. The row's id alone says nothing, and
-- neither does the name of the table.
\ir ../isolation/scope.sql
, sender as (
    -- What sends its arguments on counts as pg_notify does.
    select string_agg(distinct regexp_replace(s.proname, '([^a-zA-Z0-9_])', '\\\1', 'g'), '|') as names
    from (select 'pg_notify'::name as proname
          union
          select f.proname
          from pg_catalog.pg_proc f
          join pg_catalog.pg_namespace n on n.oid = f.pronamespace
          where n.nspname !~ '^pg_' and f.prorettype <> 'trigger'::regtype and f.prosrc ~* '\mpg_notify\s*\(') s
), trigger_function as (
    select f.oid, regexp_replace(regexp_replace(f.prosrc, '--[^\n]*|/\*.*?\*/', '', 'g'), '\m(new|old)\s*\.\s*"?id"?\M|\mreturn\s+(new|old)\M', '', 'gi') as source
    from pg_catalog.pg_proc f
    where f.prorettype = 'trigger'::regtype and f.prosrc ~* 'notify|\mperform\M|\mselect\M'
), told as (
    select f.oid, f.source, call.text as arguments
    from trigger_function f
    cross join sender s
    cross join lateral (select m[1] from regexp_matches(f.source, '\m(?:' || s.names || ')\s*\(([^;]*)', 'gi') m
                        union all
                        select m[1] from regexp_matches(f.source, '\mexecute\M([^;]*\mnotify\M[^;]*)', 'gi') m) as call (text)
)
select distinct 'warning', format('%s/%I', i.name, g.tgname),
       format('sends notifications by %s: every role that listens reads what is in them', f.oid::regprocedure),
       format('-- notify without a payload, or with an id that says nothing, in %s', f.oid::regprocedure)
from pg_catalog.pg_trigger g
join interesting i on i.oid = g.tgrelid and (i.attnum is not null or i.log)
join told f on f.oid = g.tgfoid
where not g.tgisinternal and g.tgparentid = 0
  and (f.arguments ~* '\m(new|old)\M'
       -- A variable that was made of the row.
       or exists (select from regexp_matches(f.source, '(?:(?:^|;|\mthen|\melse|\mbegin|\mloop)\s*(\w+)\s*:?=[^;]*?\m(?:new|old)\M|\minto\s+(\w+))', 'gi') v
                  where f.source ~* '\m(new|old)\M' and f.arguments ~* ('\m' || coalesce(v[1], v[2]) || '\M')))
