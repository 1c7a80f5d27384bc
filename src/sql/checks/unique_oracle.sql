-- A unique key without the organization: whoever is told "exists already" knows what others have. A uuid or a number that the database draws tells
-- nothing.
\ir ../isolation/scope.sql
select 'warning', format('%s/%I', t.name, c.relname),
       format('is unique over all organizations (%s): a refused value tells that somebody else has it', k.columns),
       case when x.indisexclusion then format('-- the same with %s with = first', t.column_name)
            else format('-- the same with %s first: unique (%s, %s)', t.column_name, t.column_name, k.columns) end
from interesting t
join pg_catalog.pg_index x on x.indrelid = t.oid and (x.indisunique or x.indisexclusion) and x.indisvalid
join pg_catalog.pg_class c on c.oid = x.indexrelid
cross join lateral (
    select string_agg(coalesce(quote_ident(a.attname), pg_get_indexdef(x.indexrelid, i.place::int, true)), ', ' order by i.place) as columns,
           bool_or(i.attnum = t.attnum) as has_tenant,
           bool_or(a.atttypid = 'uuid'::regtype or a.attidentity <> ''
                   or (a.attgenerated = '' and pg_get_expr(f.adbin, f.adrelid) like 'nextval(%')
                   or exists (select from pg_catalog.pg_depend d
                              join pg_catalog.pg_proc v on v.oid = d.refobjid and v.provolatile = 'v'
                              where d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_catalog.pg_proc'::regclass)) as drawn,
           array_agg(i.attnum) as numbers
    from unnest(x.indkey::int2[]) with ordinality as i (attnum, place)
    left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = i.attnum and i.attnum <> 0
    left join pg_catalog.pg_attrdef f on f.adrelid = t.oid and f.adnum = a.attnum
    where i.place <= x.indnkeyatts
) k
where t.attnum is not null
  and not coalesce(k.has_tenant, false) and not coalesce(k.drawn, false)
  -- The index of a parent stands for those of its partitions.
  and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = x.indexrelid)
  -- What is written to a partitioned table comes to its partitions' own indexes too.
  and exists (select from app_role a, unnest(k.numbers) n (attnum)
              where has_schema_privilege(a.oid, t.schema, 'usage')
                and case when n.attnum = 0 or t.parent is not null
                         then has_any_column_privilege(a.oid, coalesce(pg_partition_root(t.oid), t.oid), 'insert, update')
                         else has_column_privilege(a.oid, t.oid, n.attnum, 'insert, update') end)
