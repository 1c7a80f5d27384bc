-- A tenant setting in ALTER ROLE or ALTER DATABASE: it comes back after every COMMIT, and every session begins inside that organization.
\ir ../isolation/scope.sql
select 'error', concat_ws('/', quote_ident(r.rolname), quote_ident(d.datname), split_part(o.option, '=', 1)),
       format('%s begins every session with %s', concat_ws(' in ', quote_ident(r.rolname), 'the database ' || quote_ident(d.datname)), o.option),
       case when r.oid is null then format('alter database %I reset %s;', d.datname, split_part(o.option, '=', 1))
            else format('alter role %I%s reset %s;', r.rolname, coalesce(format(' in database %I', d.datname), ''), split_part(o.option, '=', 1)) end
from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_database d on d.oid = s.setdatabase
left join pg_catalog.pg_roles r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) as o (option)
where (s.setdatabase = 0 or d.datname = current_database())
  and (s.setrole = 0 or s.setrole in (select a.oid from app_role a))
  and (lower(split_part(o.option, '=', 1)) in (select lower(x.name) from setting x)
       or o.option in ('row_security=off', 'session_replication_role=replica') or split_part(o.option, '=', 1) = 'role')
