-- What protects the rows of the examined tables, and the statement that takes each protection away, and nothing else.
--
-- $1: schemas, null for all but PostgreSQL's own, those of extensions, and Daybook's; $2: tables, null for every one with
-- policies or row-level security; $3: the application's roles.
--
-- The expressions of policies are written as the server spells them. Names of other schemas are qualified in them as long as
-- search_path is empty, which it must be here and where the statement runs.
with recursive named as (
    select c.oid
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
      and case when $1::text[] is not null then n.nspname = any ($1) or format('%I', n.nspname) = any ($1)
               else n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                    and not (n.nspname = 'daybook'
                             and exists (select from pg_catalog.pg_class log
                                         where log.relnamespace = n.oid and log.relname = 'audit_logs'))
          end
      and case when $2::text[] is not null
               then c.relname = any ($2) or format('%I', c.relname) = any ($2)
                    or format('%I.%I', n.nspname, c.relname) = any ($2)
               else (c.relrowsecurity or exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid))
                    and not exists (select from pg_catalog.pg_depend d
                                    where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                                      and d.deptype = 'e')
          end
), with_partitions as (
    select oid from named
    union
    select i.inhrelid from with_partitions t join pg_catalog.pg_inherits i on i.inhparent = t.oid
), examined as (
    select c.oid, format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity, c.relforcerowsecurity, c.relispartition
    from with_partitions t
    join pg_catalog.pg_class c on c.oid = t.oid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p')
), policies as (
    select
        t.name as table_name, p.polname, p.polcmd, p.polpermissive,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_sql,
        pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_sql,
        -- One that is both can be weakened on each side; of another restrictive one, that is the same as dropping it.
        p.polpermissive or p.polcmd in ('*', 'w') as has_sides
    from examined t
    join pg_catalog.pg_policy p on p.polrelid = t.oid
), views as (
    select r.ev_class as oid
    from examined t
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = t.oid
                                   and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite r on r.oid = d.objid
    union
    select r.ev_class
    from views v
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = v.oid
                                   and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    join pg_catalog.pg_rewrite r on r.oid = d.objid
), append_only as (
    -- A role may add and not change; or a policy denies changes; or a trigger waits for TRUNCATE.
    select t.oid, t.name, role
    from examined t
    cross join pg_catalog.unnest($3::text[]) as role
    where (pg_catalog.has_any_column_privilege(role, t.oid, 'insert')
           and not pg_catalog.has_any_column_privilege(role, t.oid, 'update')
           and not pg_catalog.has_table_privilege(role, t.oid, 'delete'))
       or exists (select from pg_catalog.pg_policy p
                  where p.polrelid = t.oid and not p.polpermissive and p.polcmd in ('*', 'w', 'd')
                    and pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'false')
       or exists (select from pg_catalog.pg_trigger g
                  where g.tgrelid = t.oid and not g.tgisinternal and g.tgtype & 32 <> 0)
), found as (
    select 1 as step, t.name as object, 'row-level security disabled' as protection,
           format('alter table %s disable row level security', t.name) as statement
    from examined t where t.relrowsecurity
    union all
    select 2, t.name, 'FORCE removed (only tests that log in as the owner can notice)',
           format('alter table %s no force row level security', t.name)
    from examined t where t.relforcerowsecurity
    union all
    select 3, p.table_name, format('policy %I dropped', p.polname), format('drop policy %I on %s', p.polname, p.table_name)
    from policies p
    union all
    -- Without a WITH CHECK of its own, USING is both: the side of writing stays as it was.
    select 4, p.table_name, format('policy %I: USING made true', p.polname),
           format('alter policy %I on %s using (true)', p.polname, p.table_name)
           || case when p.polcmd in ('*', 'w') and p.check_sql is null then format(' with check (%s)', p.using_sql)
                   else '' end
    from policies p
    where p.using_sql is not null and p.using_sql <> 'true' and p.has_sides
    union all
    select 5, p.table_name,
           format('policy %I: WITH CHECK made true', p.polname)
           || case when p.check_sql is null then ' (USING was both)' else '' end,
           format('alter policy %I on %s with check (true)', p.polname, p.table_name)
    from policies p
    where p.polcmd in ('*', 'w', 'a') and coalesce(p.check_sql, p.using_sql) <> 'true' and p.has_sides
    union all
    select 6, a.name, format('%s granted to %I', privilege, a.role),
           format('grant %s on %s to %I', privilege, a.name, a.role)
    from append_only a
    cross join pg_catalog.unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as privilege
    where not pg_catalog.has_table_privilege(a.role, a.oid, privilege)
    union all
    -- The triggers of partitions that came from their parent's go with it.
    select 7, t.name, format('trigger %I dropped', g.tgname), format('drop trigger %I on %s', g.tgname, t.name)
    from examined t
    join pg_catalog.pg_trigger g on g.tgrelid = t.oid
    where not g.tgisinternal and g.tgparentid = 0 and g.tgenabled <> 'D'
    union all
    -- What policies compare.
    select distinct 8, t.name, format('NOT NULL of %I dropped', a.attname),
           format('alter table %s alter column %I drop not null', t.name, a.attname)
    from examined t
    join pg_catalog.pg_policy p on p.polrelid = t.oid
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
                                   and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = t.oid
    join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    where a.attnum > 0 and a.attnotnull and a.attidentity = '' and not t.relispartition
      and not exists (select from pg_catalog.pg_index i
                      where i.indrelid = t.oid and (i.indisprimary or i.indisreplident) and a.attnum = any (i.indkey))
    union all
    select 9, format('%I.%I', n.nspname, c.relname), 'security_invoker of the view reset',
           format('alter view %I.%I reset (security_invoker)', n.nspname, c.relname)
    from views v
    join pg_catalog.pg_class c on c.oid = v.oid and c.relkind = 'v'
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where exists (select from pg_catalog.pg_options_to_table(c.reloptions) o
                  where o.option_name = 'security_invoker' and coalesce(o.option_value::boolean, true))
)
select f.object, f.protection, f.statement from found f order by f.object, f.step, f.protection
