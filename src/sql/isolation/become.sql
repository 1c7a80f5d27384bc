-- These roles ($1), and what they can become by SET ROLE, as far as row-level security holds it and it is no owner of the tables ($2):
-- what is worse has checks of its own.
select distinct r.oid::bigint
from unnest($1::bigint[]) as a (oid)
join pg_catalog.pg_roles self on self.oid::bigint = a.oid
join pg_catalog.pg_roles r on r.oid = self.oid
                              or (not self.rolsuper and pg_has_role(a.oid::oid, r.oid, 'member') and not r.rolsuper and not r.rolbypassrls and r.rolname !~ '^pg_'
                                  and not exists (select from pg_catalog.pg_class c where c.oid::bigint = any ($2::bigint[]) and pg_has_role(r.oid, c.relowner, 'member')))
