-- A policy that asks another table, such as memberships, for each query or row: it lets through every organization of the user at once, leans on
-- the other table's own policies, and is slow. The host finds out the membership once, and sets the organization.
\ir ../isolation/scope.sql
select 'warning', c.object,
       format('asks another table or function which rows it lets through, and is as good as that: a transaction may see several organizations at once (%s)',
              c.sql),
       format('-- resolve the membership before the transaction; in the policy compare with a setting, as `daybook protect %s` prints it', c.table_name)
from (select c.*, min(c.kind) over (partition by c.policy) as first
      from clause c
      where (c.subquery
             -- organization_id in (select my_organizations())
             or (c.bound and exists (select from pg_catalog.pg_depend d
                                     join pg_catalog.pg_proc f on f.oid = d.refobjid and f.proretset
                                     where d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = c.policy
                                       and d.refclassid = 'pg_catalog.pg_proc'::regclass)))
        and c.polpermissive and c.for_app and not c.implicit) c
where c.kind = c.first
