-- What is known of a table, by name: the names of the files that are printed or run, and what decides which of them are.
with
\ir subject.sql
, facts (key, value) as (
    select f.*
    from tree t
    cross join lateral (values
        ('table', t.name),
        ('kind', t.relkind::text),
        ('schema', t.nspname),
        ('function', (select format('%I.%I', t.nspname, n.name) from own_name n where n.key = 'trigger')),
        ('owner', pg_get_userbyid(t.relowner)::text),
        ('is_owner', pg_has_role(t.relowner, 'usage')::text),
        ('is_partition', (select c.relispartition from pg_catalog.pg_class c where c.oid = t.oid)::text),
        ('is_closed', (t.relrowsecurity or t.relforcerowsecurity)::text),
        ('has_heirs', (t.relkind = 'r'
                       and exists (select from pg_catalog.pg_inherits i where t.oid in (i.inhparent, i.inhrelid)))::text),
        ('has_foreign_partition', exists (select from tree f where f.relkind = 'f')::text),
        -- Roles that have rights of their own, and will have no policy that shows them anything.
        ('locked_out', (select string_agg(distinct quote_ident(r.rolname), ', ')
                        from aclexplode(t.relacl) x
                        join pg_catalog.pg_roles r on r.oid = x.grantee
                        where x.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
                          and not pg_has_role(r.oid, t.relowner, 'member') and not r.rolsuper and not r.rolbypassrls
                          and r.oid not in (select h.oid from holders h)
                          and not exists (select from app a where pg_has_role(r.oid, a.oid, 'member'))
                          and not exists (select
                                          from pg_catalog.pg_policy p, unnest(p.polroles) b (role)
                                          where p.polrelid = t.oid and p.polpermissive and b.role <> 0
                                            and p.polname not in (select n.name from own_name n)
                                            and pg_has_role(r.oid, b.role, 'member')))),
        -- Roles that protect's policies are for, and would not be any more.
        ('dropped_roles', (select string_agg(distinct quote_ident(r.rolname), ', ')
                           from pg_catalog.pg_policy p
                           join own_name n on n.name = p.polname and n.key in ('read', 'write', 'change', 'remove')
                           cross join unnest(p.polroles) b (role)
                           join pg_catalog.pg_roles r on r.oid = b.role
                           where p.polrelid = t.oid
                             and not exists (select from app a where pg_has_role(r.oid, a.oid, 'member')))),
        ('is_append_only', exists (select from pg_catalog.pg_trigger g
                                   join own_name n on n.key = 'trigger' and n.name = g.tgname
                                   where g.tgrelid = t.oid)::text),
        ('check_state', (select case when k.convalidated then 'valid' else 'not valid' end
                         from pg_catalog.pg_constraint k
                         join own_name n on n.key = 'not_null' and n.name = k.conname
                         where k.conrelid = t.oid))
    ) f (key, value)
    where t.level = 0
    union all
    select f.*
    from tenant c
    cross join request q
    cross join lateral (select format_type(c.type, -1) as type) y
    cross join lateral (values
        ('column', c.quoted),
        ('type', y.type),
        ('is_not_null', c.attnotnull::text),
        ('predicate', format('%s = (select nullif(current_setting(%L, true), %L)%s)', c.quoted, q.setting, '',
                             case when c.type not in ('text'::regtype, 'varchar'::regtype) then '::' || y.type else '' end)),
        ('shadow_predicate', format('%s = (select daybook_shadow.value_of(%L, null::%s))', c.quoted, q.setting, y.type)),
        -- Other types compare in ways that depend on the search_path, or have no text that is theirs alone.
        ('is_comparable', (c.type = any ('{uuid,int2,int4,int8,text,varchar,bpchar}'::regtype[]))::text)
    ) f (key, value)
    union all
    select n.key, quote_ident(n.name) from own_name n
    union all
    select f.*
    from request q
    cross join lateral (values
        ('setting', quote_literal(q.setting)),
        ('app', (select string_agg(a.name, ', ' order by a.name) from app a)),
        ('holders', (select string_agg(h.name, ', ' order by h.name) from holders h)),
        ('app_array', (select format('array[%s]', string_agg(quote_literal(a), ', ' order by a))
                       from unnest(q.app_roles) a)),
        -- Everybody may do this, so the application may: it keeps it when everybody may not any more.
        ('kept_grants', (select E'-- What everybody could do, the application goes on doing.\n' ||
                                string_agg(format(E'grant %s%s on %s to %s;\n', lower(g.privilege_type),
                                                  ' (' || quote_ident(g.attname) || ')', g.name, a.name),
                                           '' order by a.name, g.privilege_type, g.attname)
                         from (select t.name, x.privilege_type, null::name as attname
                               from tree t
                               cross join aclexplode(t.relacl) x
                               where t.level = 0 and x.grantee = 0
                               union all
                               select t.name, x.privilege_type, c.attname
                               from tree t
                               join pg_catalog.pg_attribute c on c.attrelid = t.oid and not c.attisdropped
                               cross join aclexplode(c.attacl) x
                               where t.level = 0 and x.grantee = 0) g
                         cross join app a
                         where g.privilege_type in ('SELECT', 'INSERT')
                            or (g.privilege_type in ('UPDATE', 'DELETE') and not q.is_log)))
    ) f (key, value)
)
select f.key, f.value from facts f where f.value is not null
