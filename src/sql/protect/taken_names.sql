-- What has one of the names that protect uses and is somebody else's: it would be replaced, and undo would drop it. $6: what
-- protect made, as remembered.sql says it; $7: the source of its trigger function. Of the same form is as good as made.
with
\ir subject.sql
, spaces as (
    select t.*, n.oid as namespace
    from tree t
    join pg_catalog.pg_namespace n on n.nspname = t.nspname
)
select format('policy %I on %s', p.polname, t.name) as taken
from spaces t
cross join request q
join pg_catalog.pg_policy p on p.polrelid = t.oid
join own_name n on n.name = p.polname
cross join lateral (select coalesce(pg_get_expr(p.polqual, p.polrelid), '')
                           || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '') as text) e
where format('%s:made:%s', t.oid, p.polname) <> all ($6::text[])
  and not case
              when n.key like 'shadow\_%' then e.text like '%daybook\_shadow.note(%'
              when n.key like 'deny\_%' then not p.polpermissive and e.text in ('false', 'falsefalse')
              else strpos(e.text, format('current_setting(%L::text, true)', q.setting)) > 0
          end
union all
select format('index %I.%I', t.nspname, n.name)
from spaces t
cross join request q
join named n on n.oid = t.oid and n.key = 'index'
join pg_catalog.pg_class c on c.relnamespace = t.namespace and c.relname = n.name
where format('%s:index:', t.oid) <> all ($6::text[])
  and not exists (select
                  from pg_catalog.pg_index i
                  join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
                  join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
                  where i.indexrelid = c.oid and i.indrelid = t.oid and i.indpred is null
                    and a.attname = q.tenant_column and (i.indisvalid or i.indnatts = 1))
union all
select format('function %I.%I()', t.nspname, n.name)
from spaces t
cross join request q
join own_name n on n.key = 'trigger'
join pg_catalog.pg_proc f on f.pronamespace = t.namespace and f.proname = n.name and f.pronargs = 0
where t.level = 0 and q.is_log and f.prosrc <> $7::text
  and format('%s:function:', t.oid) <> all ($6::text[])
union all
select format('trigger %I on %s', n.name, t.name)
from spaces t
cross join spaces root
join own_name n on n.key = 'trigger'
join pg_catalog.pg_trigger g on g.tgrelid = t.oid and g.tgname = n.name
join pg_catalog.pg_proc f on f.oid = g.tgfoid
where root.level = 0 and (f.proname <> n.name or f.pronamespace <> root.namespace)
order by taken
