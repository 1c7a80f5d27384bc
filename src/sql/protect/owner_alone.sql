-- `--undo` runs what stands in there, and shadow mode's findings decide about enforcing: default privileges may have given
-- rights to others, and somebody else may have made the schema before.
do $do$
declare
    v_problem text;
    v_revoke text;
begin
    select format('%s belongs to %s', o.name, quote_ident(pg_get_userbyid(o.owner)))
    into v_problem
    from (select 'schema daybook_shadow' as name, n.nspowner as owner
          from pg_namespace n
          where n.nspname = 'daybook_shadow'
          union all
          select format('daybook_shadow.%I', c.relname), c.relowner
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = 'daybook_shadow') o
    where o.owner <> (select r.oid from pg_roles r where r.rolname = current_user)
    limit 1;
    if found then
        raise exception '%, not to %', v_problem, current_user using errcode = 'insufficient_privilege';
    end if;
    for v_revoke in
        select distinct format('revoke all on %s from %s cascade', x.name,
                               coalesce((select quote_ident(r.rolname) from pg_roles r where r.oid = x.grantee), 'public'))
        from (select 'schema daybook_shadow' as name, n.nspowner as owner, a.grantee
              from pg_namespace n
              cross join aclexplode(n.nspacl) a
              where n.nspname = 'daybook_shadow'
              union all
              select format('table daybook_shadow.%I', c.relname), c.relowner, a.grantee
              from pg_class c
              join pg_namespace n on n.oid = c.relnamespace
              cross join lateral (select e.grantee from aclexplode(c.relacl) e
                                  union
                                  select e.grantee
                                  from pg_attribute t
                                  cross join aclexplode(t.attacl) e
                                  where t.attrelid = c.oid) a
              where n.nspname = 'daybook_shadow' and c.relkind in ('r', 'S')) x
        where x.grantee <> x.owner
    loop
        execute v_revoke;
    end loop;
end
$do$;
