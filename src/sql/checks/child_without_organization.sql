-- Rows that hang on an organization's rows by a foreign key, in a table that has neither the organization nor row-level security.
\ir ../isolation/scope.sql
select 'error', format('%I.%I', n.nspname, c.relname),
       format('its rows belong to rows of %s, but it has no %s and no row-level security, and %s may %s', string_agg(distinct t.name, ', '), max(t.column_name),
              string_agg(distinct a.ident, ', '),
              max(case when has_any_column_privilege(a.oid, c.oid, 'select') then 'read it' else 'write it' end)),
       format('-- add %s to it, not null, filled from %s; then `daybook protect %I.%I`', max(t.column_name), min(t.name), n.nspname, c.relname)
from pg_catalog.pg_constraint k
join tenant_table t on t.oid = k.confrelid and t.attnotnull is not null
join pg_catalog.pg_class c on c.oid = k.conrelid and c.oid in (select e.oid from examined_relation e) and not c.relrowsecurity and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join app_role a on not a.rolsuper and has_schema_privilege(a.oid, n.oid, 'usage')
                   and (has_any_column_privilege(a.oid, c.oid, 'select, insert, update') or has_table_privilege(a.oid, c.oid, 'delete'))
where k.contype = 'f' and k.conrelid <> k.confrelid
  and c.oid not in (select i.oid from interesting i where i.attnum is not null)
group by n.nspname, c.relname
