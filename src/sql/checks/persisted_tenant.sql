-- A tenant setting in ALTER ROLE or ALTER DATABASE: it comes back after every COMMIT, and every session begins inside that organization. An empty one
-- only declares the setting.
\ir ../isolation/scope.sql
select 'error', concat_ws('/', quote_ident(r.rolname), quote_ident(d.datname), p.name),
       format('%s begins every session with %s = %s',
              concat_ws(' in ', quote_ident(r.rolname), 'the database ' || quote_ident(d.datname)), p.name, quote_literal(left(p.value, 60))),
       case when r.oid is null then format('alter database %I reset %s;', d.datname, p.name)
            else format('alter role %I%s reset %s;', r.rolname, ' in database ' || quote_ident(d.datname), p.name) end
from pg_catalog.pg_db_role_setting s
left join pg_catalog.pg_database d on d.oid = s.setdatabase
left join pg_catalog.pg_roles r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) as o (option)
cross join lateral (select split_part(o.option, '=', 1) as name, substr(o.option, strpos(o.option, '=') + 1) as value) p
where (s.setdatabase = 0 or d.datname = current_database())
  and (s.setrole = 0 or s.setrole in (select a.oid from app_role a))
  and ((lower(p.name) in (select lower(x.name) from setting x) and p.value <> '')
       or o.option in ('row_security=off', 'session_replication_role=replica')
       -- Another role of the application's is none the worse.
       or (p.name = 'role' and p.value not in ('', 'none') and p.value not in (select a.name from app_role a)))
