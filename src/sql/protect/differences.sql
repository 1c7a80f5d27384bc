-- How the table differs from one that is protected, and whether that is about rights. No row: nothing is to be done but for
-- what takes long, the index and NOT NULL. $6: the source of the trigger function of append-only tables.
with
\ir subject.sql
-- As the server spells the predicate.
, predicate as (
    select format('(%s = ( SELECT %s))',
                  case when c.declared <> c.type or c.type = 'varchar'::regtype
                       then format('(%s)::%s', c.quoted,
                                   case when c.type = 'varchar'::regtype then 'text' else format_type(c.type, -1) end)
                       else c.quoted end,
                  case when c.type in ('text'::regtype, 'varchar'::regtype) then v.value
                       else format('(%s)::%s', v.value, format_type(c.type, -1)) end) as text
    from tenant c
    cross join request q
    cross join lateral (select format('NULLIF(current_setting(%L::text, true), %L::text)', q.setting, '') as value) v
),
wanted_here as (
    select t.oid, t.name as relation, n.name, w.*
    from tree t
    cross join request q
    join wanted w on (t.level = 0 and w.key in ('read', 'write'))
                  or (t.level = 0 and w.key in ('change', 'remove') and not q.is_log)
                  or (w.key in ('deny_update', 'deny_delete') and q.is_log)
    join own_name n on n.key = w.key
),
policies as (
    select p.*, regexp_replace(pg_get_expr(p.polqual, p.polrelid), ' AS "?nullif"?', '') as qual,
           regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), ' AS "?nullif"?', '') as with_check
    from tree t
    join pg_catalog.pg_policy p on p.polrelid = t.oid
),
privileges as (
    select t.level, t.name, x.grantee, x.privilege_type
    from tree t
    cross join aclexplode(t.relacl) x
    union all
    select t.level, t.name, x.grantee, x.privilege_type
    from tree t
    join pg_catalog.pg_attribute c on c.attrelid = t.oid and not c.attisdropped
    cross join aclexplode(c.attacl) x
)
select format('row-level security is %s %s',
              case when t.relrowsecurity then 'not forced for the owner on' else 'off on' end, t.name) as difference,
       false as is_right
from tree t
where not (t.relrowsecurity and t.relforcerowsecurity)
union all
select format('policy %I is %s on %s', w.name, case when p.oid is null then 'missing' else 'another one' end, w.relation),
       false
from wanted_here w
left join policies p on p.polrelid = w.oid and p.polname = w.name
where p.oid is null
   or p.polcmd <> w.command::"char"
   or p.polpermissive <> w.permissive
   or p.qual is distinct from
      case when w.qualified then case when w.permissive then (select text from predicate) else 'false' end end
   or p.with_check is distinct from
      case when w.checked then case when w.permissive then (select text from predicate) else 'false' end end
   or (select array_agg(r order by r) from unnest(p.polroles) r)
      <> case when w.permissive then (select array_agg(a.oid order by a.oid) from app a) else '{0}'::oid[] end
union all
select format('policy %I is still on %s', p.polname, p.polrelid::regclass), false
from policies p
join own_name n on n.name = p.polname
where not exists (select from wanted_here w where w.oid = p.polrelid and w.name = p.polname)
union all
select format('%s has rights on %s: %s', coalesce(quote_ident(r.rolname), 'everybody'), x.name,
              string_agg(distinct lower(x.privilege_type), ', ')), true
from privileges x
cross join request q
left join pg_catalog.pg_roles r on r.oid = x.grantee
where x.grantee = 0
   or (x.grantee in (select h.oid from holders h)
       and (x.level > 0 or x.privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')
            or (q.is_log and x.privilege_type in ('UPDATE', 'DELETE'))))
group by x.name, r.rolname
union all
select format('trigger %I is missing, another one or not always enabled on %s', n.name, t.name), false
from tree t
cross join request q
join own_name n on n.key = 'trigger'
where q.is_log
  -- BEFORE, UPDATE, DELETE and TRUNCATE, for each statement (pg_trigger.h); of every column, and whatever the condition.
  and not exists (select from pg_catalog.pg_trigger g
                  join pg_catalog.pg_proc f on f.oid = g.tgfoid
                  where g.tgrelid = t.oid and g.tgname = n.name and g.tgenabled = 'A' and g.tgtype = 2 + 8 + 16 + 32
                    and g.tgqual is null and g.tgattr::text = '' and f.prosrc = $6)
order by is_right, difference
