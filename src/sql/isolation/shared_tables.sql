-- Tables that an application role can reach and that have no tenant column: rows of nobody, or of everybody.
\ir scope.sql
select format('%I.%I', n.nspname, c.relname)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid in (select e.oid from examined_relation e)
  and c.oid not in (select i.oid from interesting i where i.attnum is not null)
  and not c.relispartition
  and exists (select from app_role a
              where has_schema_privilege(a.oid, n.oid, 'usage')
                and (has_any_column_privilege(a.oid, c.oid, 'select, insert, update') or has_table_privilege(a.oid, c.oid, 'delete')))
order by 1
