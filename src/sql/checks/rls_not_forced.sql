-- Row-level security that does not bind the table's owner, nor the functions and views that run as the owner.
\ir ../isolation/scope.sql
select case
           -- FORCE would not hold this owner either.
           when (select o.rolsuper or o.rolbypassrls from pg_catalog.pg_roles o where o.oid = i.relowner)
                and not exists (select from app_role a where not a.rolsuper and pg_has_role(a.oid, i.relowner, 'usage')) then 'warning'
           else 'error'
       end, i.name,
       format('row-level security is not forced: its owner %I, and every function and view that runs as %I, sees every organization',
              pg_get_userbyid(i.relowner), pg_get_userbyid(i.relowner)),
       format('alter table %s force row level security;', i.name)
from interesting i
where i.relrowsecurity and not i.relforcerowsecurity and i.parent is null
  -- A table without the column may be kept apart by what it refers to; one that everybody may read is not.
  and (i.attnum is not null or exists (select from clause c where c.polrelid = i.oid and c.kind = 'using' and not c.always and c.for_app))
