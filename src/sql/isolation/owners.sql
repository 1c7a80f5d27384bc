-- The owners of these tables ($1) that can log in.
select distinct r.oid::bigint, r.rolname::text
from pg_catalog.pg_class c
join pg_catalog.pg_roles r on r.oid = c.relowner and r.rolcanlogin
where c.oid::bigint = any ($1::bigint[])
order by 2
