-- What protect is about to take away or to make, as statements that take that back, in the form of rows for
-- daybook_shadow.before. $6: other policies are replaced; $7: shadow mode, which takes no right away; $8, $9: NOT NULL, and
-- the index, are about to be made.
with
\ir subject.sql
, privileges as (
    select t.level, t.oid, t.name, null::name as column_name, x.grantee, x.privilege_type, x.is_grantable
    from tree t
    cross join aclexplode(t.relacl) x
    union all
    select t.level, t.oid, t.name, c.attname, x.grantee, x.privilege_type, x.is_grantable
    from tree t
    join pg_catalog.pg_attribute c on c.attrelid = t.oid and not c.attisdropped
    cross join aclexplode(c.attacl) x
),
spelled as (
    select p.*, lower(p.privilege_type) || coalesce(' (' || quote_ident(p.column_name) || ')', '') as privilege
    from privileges p
),
rows (level, relation, part, name, statement) as (
    select t.level, t.name, 'row_security', '', format('alter table %s disable row level security', t.name)
    from tree t
    where not t.relrowsecurity
    union all
    select t.level, t.name, 'force', '', format('alter table %s no force row level security', t.name)
    from tree t
    where not t.relforcerowsecurity and not $7::boolean
    union all
    select t.level, t.name, 'policy', p.polname::text,
           format('create policy %I on %s as %s for %s to %s', p.polname, t.name, lower(v.permissive), lower(v.cmd),
                  (select string_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', ')
                   from unnest(p.polroles) r))
               || coalesce(' using (' || v.qual || ')', '') || coalesce(' with check (' || v.with_check || ')', '')
    from tree t
    join pg_catalog.pg_policy p on p.polrelid = t.oid
    join pg_catalog.pg_policies v on v.schemaname = t.nspname and v.tablename = t.relname and v.policyname = p.polname
    where $6::boolean and p.polname not in (select n.name from own_name n)
      and ($7::boolean or (p.polpermissive
           and (0 = any (p.polroles)
                or exists (select from app a, unnest(p.polroles) r where pg_has_role(a.oid, r, 'member')))))
    union all
    select p.level, p.name, 'grant', p.privilege || ' ' || coalesce(r.rolname, ''),
           format('grant %s on %s to %s%s', p.privilege, p.name, coalesce(quote_ident(r.rolname), 'public'),
                  case when p.is_grantable then ' with grant option' else '' end)
    from spelled p
    cross join request q
    left join pg_catalog.pg_roles r on r.oid = p.grantee
    where not $7::boolean
      and (p.grantee = 0
           or (p.grantee in (select h.oid from holders h)
               and (p.level > 0 or p.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')
                    or (q.is_log and p.privilege_type in ('UPDATE', 'DELETE')))))
    union all
    -- What an application's role has from everybody, and is about to get for itself.
    select p.level, p.name, 'kept', p.privilege || ' ' || a.name,
           format('revoke %s on %s from %s', p.privilege, p.name, a.name)
    from spelled p
    cross join app a
    where not $7::boolean and p.grantee = 0 and p.level = 0
      and p.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
      and not exists (select from privileges d
                      where d.grantee = a.oid and d.oid = p.oid and d.privilege_type = p.privilege_type
                        and d.column_name is not distinct from p.column_name)
    union all
    select 0, t.name, 'not_null', '',
           format('alter table %s alter column %s drop not null, drop constraint if exists %I', t.name, c.quoted, n.name)
    from tree t
    cross join tenant c
    join own_name n on n.key = 'not_null'
    where t.level = 0 and $8::boolean and not c.attnotnull
    union all
    -- What is made in names that could be somebody else's. A partition's policies have the names of the table's.
    select t.level, t.name, 'made', n.name, format('drop policy if exists %I on %s', n.name, t.name)
    from tree t
    cross join request q
    join own_name n
        on case
               when $7::boolean then n.key like 'shadow\_%'
               else (t.level = 0 and (n.key in ('read', 'write') or (n.key in ('change', 'remove') and not q.is_log)))
                    or (q.is_log and n.key in ('deny_update', 'deny_delete'))
           end
    where not exists (select from pg_catalog.pg_policy p where p.polrelid = t.oid and p.polname = n.name)
    union all
    select 0, t.name, 'function', '', format('drop function if exists %I.%I()', t.nspname, n.name)
    from tree t
    cross join request q
    join own_name n on n.key = 'trigger'
    where t.level = 0 and q.is_log and not $7::boolean
      and not exists (select
                      from pg_catalog.pg_proc f
                      join pg_catalog.pg_namespace s on s.oid = f.pronamespace
                      where s.nspname = t.nspname and f.proname = n.name and f.pronargs = 0)
    union all
    select t.level, t.name, 'index', '',
           format('drop index %sif exists %I.%I', case when t.relkind = 'p' then '' else 'concurrently ' end, t.nspname,
                  n.name)
    from tree t
    join named n on n.oid = t.oid and n.key = 'index'
    where $9::boolean
)
select string_agg(format('    (%L::regclass, %L, %L, %L)', r.relation, r.part, r.name, r.statement), E',\n'
                  order by r.level, r.relation, r.part, r.name)
from rows r
