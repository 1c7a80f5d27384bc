-- An index whose operators are not leakproof: under row-level security the policy must be asked first, and the index serves nobody but the owner.
\ir ../isolation/scope.sql
select 'info', format('%I.%I', n.nspname, c.relname),
       format('no operator of %s is leakproof: under row-level security this index is never used', string_agg(distinct o.opcname, ', ')),
       format('-- search by equality, range or ^@ on an ordinary column, or keep what is searched in a table of its own; then: drop index %I.%I;', n.nspname, c.relname)
from tenant_table t
join pg_catalog.pg_index x on x.indrelid = t.oid and not x.indisunique
join pg_catalog.pg_class c on c.oid = x.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral unnest(x.indclass::oid[]) with ordinality as k (opclass, place)
join pg_catalog.pg_opclass o on o.oid = k.opclass
where t.relrowsecurity and x.indkey[0] <> t.attnum
  -- Nothing of the first column can be looked up, so nothing of the index can.
  and k.place = 1
  and not exists (select from pg_catalog.pg_amop m
                  join pg_catalog.pg_operator p on p.oid = m.amopopr
                  join pg_catalog.pg_proc f on f.oid = p.oprcode
                  where m.amopfamily = o.opcfamily and m.amoppurpose = 's' and f.proleakproof)
group by n.nspname, c.relname
