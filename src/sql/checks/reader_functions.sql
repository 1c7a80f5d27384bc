-- People who type SQL as Daybook's reader reach what PostgreSQL gives to PUBLIC: large objects, locks, signals and notifications cross organizations.
-- In a database that Daybook created this is taken from PUBLIC.
\ir ../isolation/scope.sql
select 'warning', quote_ident(r.rolname), format('may call %s functions that cross organizations, such as %s', count(distinct f.oid), min(f.proname)),
       string_agg(distinct format('revoke execute on function %s from %s;', f.oid::regprocedure,
                                  case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end), E'\n')
from pg_catalog.pg_proc f
-- A function that nothing was ever granted on, or taken from, is PUBLIC's.
cross join lateral aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) x
join pg_catalog.pg_roles r on r.rolname in (select o.value from json_array_elements_text($1::json -> 'readers') o)
                              and (x.grantee = 0 or pg_has_role(r.oid, x.grantee, 'usage'))
where ($1::json ->> 'daybook') is not null
  and f.pronamespace = 'pg_catalog'::regnamespace
  and (f.proname ~ '^(lo_|pg_try_advisory_|pg_advisory_)'
       or f.proname in ('lowrite', 'loread', 'pg_notify', 'pg_terminate_backend', 'pg_cancel_backend', 'pg_logical_emit_message'))
group by r.rolname
