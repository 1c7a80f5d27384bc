-- An index that nothing can be looked up in under row-level security: the policy must be asked before whatever is not leakproof. It serves nobody but
-- those whom no policy holds, and who sorts by it.
\ir ../isolation/scope.sql
select 'info', format('%I.%I', n.nspname, c.relname),
       format('%s: under row-level security nothing can be looked up in this index',
              case when x.indkey[0] = 0 then format('the expression %s is not leakproof', pg_get_indexdef(x.indexrelid, 1, true))
                   else format('no operator of %s is leakproof', o.opcname) end),
       format('-- search by equality, range or ^@ on an ordinary column, or keep what is searched in a table of its own; then: drop index %I.%I;', n.nspname, c.relname)
from tenant_table t
join pg_catalog.pg_index x on x.indrelid = t.oid and not x.indisunique and not x.indisexclusion
join pg_catalog.pg_class c on c.oid = x.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
-- Nothing of the first column can be looked up, so nothing of the index can.
join pg_catalog.pg_opclass o on o.oid = x.indclass[0]
where t.relrowsecurity and x.indkey[0] <> t.attnum
  and (not exists (select from pg_catalog.pg_amop m
                   join pg_catalog.pg_operator p on p.oid = m.amopopr
                   join pg_catalog.pg_proc f on f.oid = p.oprcode
                   where m.amopfamily = o.opcfamily and m.amoppurpose = 's' and f.proleakproof)
       -- What policies compare themselves need not be.
       or (x.indkey[0] = 0 and pg_get_indexdef(x.indexrelid, 1, true) !~ ('\m' || regexp_replace(t.column_name, '([^a-zA-Z0-9_])', '\\\1', 'g') || '\M')))
  -- The index of a parent stands for those of its partitions.
  and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = x.indexrelid)
