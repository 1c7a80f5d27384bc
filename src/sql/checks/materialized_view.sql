-- A materialized view keeps what its owner saw when it was refreshed, and no policy can be put on it.
\ir ../isolation/scope.sql
, source as (
    select distinct w.ev_class as view, d.refobjid as relation
    from pg_catalog.pg_rewrite w
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
                                   and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> w.ev_class
), walk as (
    select w.* from (values (1)) one (x), lateral (
        with recursive below (top, at) as (
            select c.oid, c.oid from pg_catalog.pg_class c where c.relkind = 'm'
            union
            select b.top, s.relation from below b join source s on s.view = b.at
        )
        select * from below
    ) w
), readers as (
    -- To whom it was granted, which may be a group, or everybody: a revoke from the role that reads it would do nothing.
    select distinct m.oid, a.ident as reader, case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end as grantee
    from pg_catalog.pg_class m
    cross join lateral (select x.grantee from aclexplode(coalesce(m.relacl, acldefault('r', m.relowner))) x where x.privilege_type = 'SELECT'
                        union
                        select x.grantee
                        from pg_catalog.pg_attribute c, aclexplode(c.attacl) x
                        where c.attrelid = m.oid and c.attacl is not null and not c.attisdropped and x.privilege_type = 'SELECT') g
    join app_role a on not a.rolsuper and has_schema_privilege(a.oid, m.relnamespace, 'usage')
                       and (g.grantee = 0 or pg_has_role(a.oid, g.grantee, 'usage'))
    where m.relkind = 'm'
)
select 'error', format('%I.%I', n.nspname, m.relname),
       format('keeps rows of %s, no policy can hold it, and %s may read it', string_agg(distinct t.name, ', '), string_agg(distinct g.reader, ', ')),
       format('revoke all on %I.%I from %s;', n.nspname, m.relname, string_agg(distinct g.grantee, ', '))
from walk w
join interesting t on t.oid = w.at and t.attnum is not null
join pg_catalog.pg_class m on m.oid = w.top
join pg_catalog.pg_namespace n on n.oid = m.relnamespace
join readers g on g.oid = m.oid
group by n.nspname, m.relname
