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
)
select 'error', format('%I.%I', n.nspname, m.relname),
       format('keeps rows of %s, no policy can hold it, and %s may read it', string_agg(distinct t.name, ', '), string_agg(distinct a.ident, ', ')),
       format('revoke all on %I.%I from %s;', n.nspname, m.relname, string_agg(distinct a.ident, ', '))
from walk w
join tenant_table t on t.oid = w.at
join pg_catalog.pg_class m on m.oid = w.top
join pg_catalog.pg_namespace n on n.oid = m.relnamespace
join app_role a on not a.rolsuper and has_schema_privilege(a.oid, n.oid, 'usage') and has_any_column_privilege(a.oid, m.oid, 'select')
group by n.nspname, m.relname
