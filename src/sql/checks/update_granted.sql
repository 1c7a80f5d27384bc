-- An append-only table that an application role may change or remove rows of, or change columns of.
\ir ../isolation/scope.sql
select 'error', l.name || '/' || g.grantee,
       format('is append-only, and %s may %s', g.who,
              concat_ws(' and ',
                        case when bool_or(g.privilege = 'UPDATE' and g.column_name is null) then 'UPDATE it'
                             when bool_or(g.privilege = 'UPDATE')
                             then 'UPDATE ' || string_agg(g.column_name, ', ' order by g.column_name) filter (where g.privilege = 'UPDATE') || ' in it' end,
                        case when bool_or(g.privilege = 'DELETE') then 'DELETE from it' end)),
       -- Taking UPDATE from the table takes it from the columns too.
       format('revoke update, delete on %s from %s;', l.name, g.grantee)
from log_table l
join granted g on g.relation = l.oid and g.privilege in ('UPDATE', 'DELETE')
group by l.name, g.grantee, g.who
union all
select 'error', l.name || '/' || g.name, format('is append-only, and %s may UPDATE it and DELETE from it', g.who), string_agg(distinct y.revoke, E'\n')
from log_table l
join grantee g on g.name = 'pg_write_all_data'
join way y on y.target = g.oid
where has_schema_privilege(y.role, l.schema, 'usage') and l.parent is null
group by l.name, g.name, g.who
