-- Of the schemas $1 and the tables $2, those that are not there.
select 'schema' as what, wanted as name
from pg_catalog.unnest($1::text[]) as wanted
where not exists (select from pg_catalog.pg_namespace n where wanted in (n.nspname, format('%I', n.nspname)))
union all
select 'table', wanted
from pg_catalog.unnest($2::text[]) as wanted
where not exists (select
                  from pg_catalog.pg_class c
                  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                  where c.relkind in ('r', 'p')
                    and wanted in (c.relname, format('%I', c.relname), format('%I.%I', n.nspname, c.relname)))
order by 1, 2
