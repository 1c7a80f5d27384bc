-- The owners of these tables ($1) that can log in; or, if others log in to become one, those, and not the owner that nobody has to be.
with owner as (
    select distinct r.oid, r.rolname, r.rolcanlogin
    from pg_catalog.pg_class c
    join pg_catalog.pg_roles r on r.oid = c.relowner
    where c.oid::bigint = any ($1::bigint[])
), member as (
    select r.oid, r.rolname
    from pg_catalog.pg_roles r
    where r.rolcanlogin and not r.rolsuper and r.oid not in (select o.oid from owner o)
      and exists (select from owner o where pg_has_role(r.oid, o.oid, 'member'))
)
select o.oid::bigint, o.rolname::text from owner o where o.rolcanlogin and not exists (select from member)
union
select m.oid::bigint, m.rolname::text from member m
order by 2
