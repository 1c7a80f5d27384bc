-- A sequence that numbers the rows of all organizations: who sets it back breaks their next write. Reading it tells nothing that drawing from it
-- does not tell, so SELECT is no finding.
\ir ../isolation/scope.sql
, used as (
    -- Serial and identity columns own their sequence; a default may call one that no column owns.
    select d.objid as sequence, d.refobjid as relation
    from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
    union
    select d.refobjid, f.adrelid
    from pg_catalog.pg_attrdef f
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
)
select 'warning', format('%I.%I/%s', n.nspname, s.relname, g.name),
       format('numbers %s, and %s may set it: the next writes of every organization fail', string_agg(t.name, ', ' order by t.name), g.who),
       format('revoke update on sequence %I.%I from %s;  -- USAGE is enough to write', n.nspname, s.relname, g.name)
from used u
join pg_catalog.pg_class s on s.oid = u.sequence and s.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
join interesting t on t.oid = u.relation and (t.attnum is not null or t.log) and t.parent is null
cross join lateral aclexplode(s.relacl) x
join grantee g on g.oid = x.grantee
where x.privilege_type = 'UPDATE' and x.grantee <> s.relowner
group by n.nspname, s.relname, g.name, g.who
