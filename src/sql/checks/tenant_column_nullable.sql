-- A row without an organization: nobody sees it, nobody misses it, and a policy with `is null` in it shows it to everybody.
\ir ../isolation/scope.sql
select 'warning', t.name || '/' || t.column_name, format('%s may be null: such a row belongs to nobody', t.column_name),
       format('alter table %s alter column %s set not null;', t.name, t.column_name)
from tenant_table t
join reach r on r.relation = t.oid
where not t.attnotnull
  and not exists (select from pg_catalog.pg_constraint k
                  where k.conrelid = t.oid and k.contype = 'c' and k.convalidated
                    and pg_get_constraintdef(k.oid) = format('CHECK ((%s IS NOT NULL))', t.column_name))
group by t.name, t.column_name
