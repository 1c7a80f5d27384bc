-- A policy that asks another table, such as memberships, for each query or row: it lets through every organization of the user at once, leans on
-- the other table's own policies, and is slow. The host finds out the membership once, and sets the organization.
\ir ../isolation/scope.sql
select 'warning', c.object,
       format('asks another table or function which rows are the user''s: a transaction sees all of a user''s organizations at once (%s)', c.sql),
       format('-- resolve the membership before the transaction; in the policy compare with a setting, as `daybook protect %s` prints it', c.table_name)
from clause c
where c.subquery and c.polpermissive and c.for_app and not c.implicit
  and c.kind = (select min(d.kind) from clause d where d.policy = c.policy and d.subquery and not d.implicit)
