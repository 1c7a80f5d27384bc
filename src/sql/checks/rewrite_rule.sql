-- A rule rewrites statements before anything else sees them: an INSERT into a log can do nothing, or something else.
\ir ../isolation/scope.sql
select 'error', format('%s/%I', i.name, w.rulename),
       format('rewrites %s%s', case w.ev_type when '2' then 'UPDATE' when '3' then 'INSERT' when '4' then 'DELETE' else 'SELECT' end,
              case when w.is_instead then ': the statement itself is not carried out' else '' end),
       format('drop rule %I on %s;', w.rulename, i.name)
from pg_catalog.pg_rewrite w
join interesting i on i.oid = w.ev_class and (i.attnum is not null or i.log)
