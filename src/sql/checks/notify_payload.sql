-- Every role may LISTEN on every channel: what a trigger puts into a notification is read by whoever listens.
\ir ../isolation/scope.sql
select distinct 'warning', format('%s/%I', i.name, g.tgname),
       format('sends notifications by %s: every role that listens reads what is in them', f.oid::regprocedure),
       format('-- notify without a payload, or with an id that says nothing, in %s', f.oid::regprocedure)
from pg_catalog.pg_trigger g
join interesting i on i.oid = g.tgrelid and (i.attnum is not null or i.log)
join pg_catalog.pg_proc f on f.oid = g.tgfoid
where not g.tgisinternal and g.tgparentid = 0
  and f.prosrc ~* '\mpg_notify\s*\([^;]*\m(new|old)\M'
