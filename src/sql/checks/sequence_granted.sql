-- A sequence that numbers the rows of all organizations: reading it tells how fast others grow, setting it breaks their next write.
\ir ../isolation/scope.sql
select 'warning', format('%I.%I/%s', n.nspname, s.relname, a.ident),
       format('numbers %s, and %s may %s', t.name, a.ident,
              case when has_sequence_privilege(a.oid, s.oid, 'update') then 'set it: the next writes of every organization fail'
                   else 'read it: that tells how many rows others write' end),
       format('revoke select, update on sequence %I.%I from %s;  -- USAGE is enough to write', n.nspname, s.relname, a.ident)
from pg_catalog.pg_depend d
join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
join interesting t on t.oid = d.refobjid and t.attnum is not null
join app_role a on not a.rolsuper and a.oid <> s.relowner and has_schema_privilege(a.oid, n.oid, 'usage') and has_sequence_privilege(a.oid, s.oid, 'select, update')
where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
