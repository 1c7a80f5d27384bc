-- People who type SQL as Daybook's reader reach what PostgreSQL gives to PUBLIC: large objects, locks, signals and notifications cross organizations.
-- In a database that Daybook created this is taken from PUBLIC.
\ir ../isolation/scope.sql
select 'warning', quote_ident(r.rolname), format('may call %s functions that cross organizations, such as %s', count(*), min(f.proname)),
       string_agg(format('revoke execute on function %s from public;', f.oid::regprocedure), E'\n' order by f.proname)
from pg_catalog.pg_proc f
join pg_catalog.pg_roles r on r.rolname = (select o.role from (select x.value as role from json_array_elements_text($1::json -> 'readers') x) o limit 1)
where ($1::json ->> 'daybook') is not null
  and f.pronamespace = 'pg_catalog'::regnamespace
  and (f.proname ~ '^(lo_|pg_try_advisory_|pg_advisory_)'
       or f.proname in ('lowrite', 'loread', 'pg_notify', 'pg_terminate_backend', 'pg_cancel_backend', 'pg_logical_emit_message'))
  and has_function_privilege(r.oid, f.oid, 'execute')
group by r.rolname
