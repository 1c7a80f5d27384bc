-- What every check begins with.
--   $1  one object: roles (the application's, with what they can become), logins (the application's alone), relations (everything examined),
--       settings (names), version (server_version_num), daybook (the schema's oid, if Daybook is there)
--   $2  the tables that are of interest, with their tenant column, if they have one
--   $3  what the predicates of their policies promise; $4  which settings those read
-- Every check returns severity, object, detail, fix; no row is no finding.
with app_role as (
    select r.oid, r.rolname as name, quote_ident(r.rolname) as ident, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication,
           r.oid in (select l.value::oid from json_array_elements_text($1::json -> 'logins') l) as named
    from pg_catalog.pg_roles r
    where r.oid in (select a.value::oid from json_array_elements_text($1::json -> 'roles') a)
), examined_relation as (
    select r.value::oid as oid from json_array_elements_text($1::json -> 'relations') r
), setting as (
    select s.value as name from json_array_elements_text($1::json -> 'settings') s
), interesting as (
    select c.oid, c.relname, format('%I.%I', n.nspname, c.relname) as name, n.oid as schema, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
           x.attnum, quote_ident(a.attname) as column_name, a.atttypid, a.attnotnull, x.log, x.parent
    from json_to_recordset($2::json) as x (oid oid, attnum int2, log boolean, parent oid)
    join pg_catalog.pg_class c on c.oid = x.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join pg_catalog.pg_attribute a on a.attrelid = x.oid and a.attnum = x.attnum
), tenant_table as (
    -- Partitions and children are looked at as what they are: see partition.
    select * from interesting where attnum is not null and parent is null
), log_table as (
    select * from interesting where log
), partition as (
    select i.*, format('%I.%I', n.nspname, p.relname) as parent_name
    from interesting i
    join pg_catalog.pg_class p on p.oid = i.parent
    join pg_catalog.pg_namespace n on n.oid = p.relnamespace
), acting as materialized (
    -- The application's roles, and whom a view acts as when one of them uses it: policies for those count as well.
    select a.oid, a.rolsuper from app_role a
    union
    select o.oid, false
    from pg_catalog.pg_class v
    join pg_catalog.pg_roles o on o.oid = v.relowner and not o.rolsuper and not o.rolbypassrls
    join pg_catalog.pg_namespace n on n.oid = v.relnamespace and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    where v.relkind = 'v' and not exists (select from unnest(v.reloptions) x where x ~* '^security_invoker=(t|tr|tru|true|on|1|y|ye|yes)$')
      and exists (select from app_role a
                  where not a.rolsuper and a.oid <> o.oid and has_schema_privilege(a.oid, n.oid, 'usage')
                    and has_any_column_privilege(a.oid, v.oid, 'select, insert, update'))
), clause as not materialized (
    -- kind: using or check; a check that is not said is what USING says. bound: the tenant column is the session's in every branch.
    select x.policy, x.kind, x.implicit, x.always, x.bound, x.subquery, x.cast_type,
           p.polname, quote_ident(p.polname) as policy_name, p.polrelid, p.polpermissive, p.polcmd, p.polroles,
           format('%I.%I', n.nspname, c.relname) as table_name,
           format('%I.%I/%I', n.nspname, c.relname, p.polname) as object,
           regexp_replace(pg_get_expr(case when x.kind = 'check' and not x.implicit then p.polwithcheck else p.polqual end, p.polrelid), '\s+', ' ', 'g') as sql,
           exists (select from acting r where p.polroles = '{0}'
                                             or exists (select from unnest(p.polroles) u (oid)
                                                        -- A superuser is a member of every role: that says nothing of the policy.
                                                        where u.oid = r.oid or (not r.rolsuper and pg_has_role(r.oid, u.oid, 'usage')))) as for_app
    from json_to_recordset($3::json) as x (policy oid, kind text, implicit boolean, always boolean, bound boolean, subquery boolean, cast_type text)
    join pg_catalog.pg_policy p on p.oid = x.policy
    join pg_catalog.pg_class c on c.oid = p.polrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
), setting_use as (
    select x.policy, x.function, x.name, x.missing_ok, x.fails
    from json_to_recordset($4::json) as x (policy oid, function oid, name text, missing_ok boolean, fails boolean)
), reach as (
    -- What an application role may do with a table, in words; no row if that is nothing.
    select r.oid as role, r.ident as role_name, r.rolsuper or r.rolbypassrls as unbound, t.oid as relation, string_agg(w.word, ', ' order by w.place) as privileges,
           bool_or(w.word in ('SELECT')) as reads, bool_or(w.word in ('INSERT', 'UPDATE', 'DELETE')) as writes
    from app_role r
    cross join (select i.oid, i.schema from interesting i) t
    cross join (values (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')) w (place, word)
    where has_schema_privilege(r.oid, t.schema, 'usage')
      and (has_table_privilege(r.oid, t.oid, w.word) or (w.word <> 'DELETE' and has_any_column_privilege(r.oid, t.oid, w.word)))
    group by r.oid, r.ident, r.rolsuper, r.rolbypassrls, t.oid
), held as materialized (
    -- Commands that a restrictive policy keeps inside the organization, whatever the permissive ones let through.
    select distinct c.polrelid, c.kind, m.command
    from clause c
    cross join lateral unnest(case when c.polcmd = '*' then array['r', 'a', 'w', 'd'] else array[c.polcmd::text] end) as m (command)
    where not c.polpermissive and c.bound and not c.subquery
      and (c.polroles = '{0}'
           or not exists (select from app_role r
                          where not exists (select from unnest(c.polroles) u (oid) where pg_has_role(r.oid, u.oid, 'usage'))))
), policies_of as materialized (
    -- What the policies for the owner of a view or function come to, which is asked with that owner's rights. held: each compares the organization;
    -- lets_all: one that shows or changes rows does not. No row: there is none, and nothing is let through.
    select r.oid as role, c.polrelid as relation, bool_and(c.bound or c.sql = 'false') as held,
           bool_or(c.kind = 'using' and not c.bound and c.sql <> 'false') as lets_all
    from clause c
    join pg_catalog.pg_roles r on not r.rolsuper and r.rolname !~ '^pg_'
                                  and (c.polroles = '{0}' or exists (select from unnest(c.polroles) u (oid) where pg_has_role(r.oid, u.oid, 'usage')))
    where c.polpermissive
    group by r.oid, c.polrelid
), grantee as (
    -- To whom a grant matters: an application role, a role that it has the rights of, everybody. Findings about grants name who was granted, so that
    -- one grant is one finding, and its REVOKE ends it.
    select g.oid, quote_ident(g.rolname) as name,
           case when bool_or(a.named and a.oid = g.oid) or not bool_or(a.named) then quote_ident(g.rolname)
                else string_agg(a.ident, ', ' order by a.ident) filter (where a.named) || ', as a member of ' || quote_ident(g.rolname) || ',' end as who
    from pg_catalog.pg_roles g
    join app_role a on not a.rolsuper and pg_has_role(a.oid, g.oid, 'usage')
    -- What a superuser was granted says nothing: who has the rights of one has a finding for that.
    where not g.rolsuper
    group by g.oid, g.rolname
    union all
    select 0, 'public', 'every role'
    where exists (select from app_role a where not a.rolsuper)
), granted as materialized (
    -- What is granted on a table, or on a column of it. What an owner has is not granted.
    select i.oid as relation, g.name as grantee, g.who, x.privilege_type as privilege, x.is_grantable, null::text as column_name
    from interesting i
    join pg_catalog.pg_class c on c.oid = i.oid
    cross join lateral aclexplode(c.relacl) x
    join grantee g on g.oid = x.grantee
    where x.grantee <> c.relowner
    union all
    select i.oid, g.name, g.who, x.privilege_type, x.is_grantable, quote_ident(a.attname)
    from interesting i
    join pg_catalog.pg_attribute a on a.attrelid = i.oid and a.attacl is not null and a.attnum > 0 and not a.attisdropped
    cross join lateral aclexplode(a.attacl) x
    join grantee g on g.oid = x.grantee
    where x.grantee <> i.relowner
), way as (
    -- How a role comes to be a member of another: the last step of each way there. Revoking those ends it.
    select a.oid as role, m.roleid as target,
           string_agg(distinct format('revoke %I from %I;', pg_get_userbyid(m.roleid), pg_get_userbyid(m.member)), E'\n') as revoke
    from app_role a
    join pg_catalog.pg_auth_members m on pg_has_role(a.oid, m.member, 'member')
    where not a.rolsuper
    group by a.oid, m.roleid
)
