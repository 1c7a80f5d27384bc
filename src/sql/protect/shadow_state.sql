-- Whether shadow mode's policies are on the table and each partition, and row-level security with them.
with
\ir subject.sql
select bool_and(t.relrowsecurity)
       and count(*) * 4 = (select count(*)
                           from tree x
                           join pg_catalog.pg_policy p on p.polrelid = x.oid
                           join own_name n on n.name = p.polname and n.key like 'shadow\_%')
from tree t
