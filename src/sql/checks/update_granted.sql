-- An append-only table that an application role may change or remove rows of, or change columns of.
\ir ../isolation/scope.sql
select 'error', l.name || '/' || a.ident,
       format('is append-only, and %s may %s', a.ident,
              concat_ws(' and ',
                        case when has_table_privilege(a.oid, l.oid, 'update') then 'UPDATE it' when c.columns is not null then format('UPDATE the columns %s', c.columns) end,
                        case when has_table_privilege(a.oid, l.oid, 'delete') then 'DELETE from it' end)),
       format('revoke update, delete on %s from %s;', l.name, a.ident)
           || coalesce(format(E'\nrevoke update (%s) on %s from %s;', c.columns, l.name, a.ident), '')
from log_table l
join app_role a on not a.rolsuper and a.oid <> l.relowner
cross join lateral (
    select string_agg(quote_ident(t.attname), ', ' order by t.attnum) as columns
    from pg_catalog.pg_attribute t
    where t.attrelid = l.oid and t.attnum > 0 and not t.attisdropped and has_column_privilege(a.oid, l.oid, t.attnum, 'update')
) c
where has_table_privilege(a.oid, l.oid, 'delete') or c.columns is not null
