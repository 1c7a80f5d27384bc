-- $1: names. The roles, and for what is none, a null.
select n.name, r.oid::bigint
from unnest($1::text[]) as n (name)
left join pg_catalog.pg_roles r on r.rolname = n.name
