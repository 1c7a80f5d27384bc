-- A unique key without the organization: whoever is told "exists already" knows what others have. A uuid that the database draws tells nothing.
\ir ../isolation/scope.sql
select 'warning', format('%s/%I', t.name, c.relname),
       format('is unique over all organizations (%s): a refused value tells that somebody else has it', k.columns),
       format('-- the same with %s first: unique (%s, %s)', t.column_name, t.column_name, k.columns)
from tenant_table t
join pg_catalog.pg_index x on x.indrelid = t.oid and (x.indisunique or x.indisexclusion) and x.indisvalid
join pg_catalog.pg_class c on c.oid = x.indexrelid
cross join lateral (
    select string_agg(coalesce(quote_ident(a.attname), '(expression)'), ', ' order by i.place) as columns,
           bool_or(i.attnum = t.attnum) as has_tenant,
           bool_or(a.atttypid = 'uuid'::regtype or a.attidentity = 'a'
                   or (a.attgenerated = '' and pg_get_expr(f.adbin, f.adrelid) like 'nextval(%')) as drawn
    from unnest(x.indkey::int2[]) with ordinality as i (attnum, place)
    left join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = i.attnum and i.attnum <> 0
    left join pg_catalog.pg_attrdef f on f.adrelid = t.oid and f.adnum = a.attnum
    where i.place <= x.indnkeyatts
) k
where not coalesce(k.has_tenant, false) and not coalesce(k.drawn, false)
  and exists (select from app_role a where has_any_column_privilege(a.oid, t.oid, 'insert, update'))
