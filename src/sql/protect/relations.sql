-- The table and its partitions, and whether an index begins with the tenant column: one that is valid, whole and ordered.
with
\ir subject.sql
, indexes as (
    select i.indrelid, c.relname::text as name, i.indisvalid and i.indisready as is_valid, i.indpred is null as is_whole,
           m.amname = 'btree' as is_ordered, a.attname::text as leading
    from tree t
    join pg_catalog.pg_index i on i.indrelid = t.oid
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    join pg_catalog.pg_am m on m.oid = c.relam
    left join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
)
select t.name,
       t.relkind = 'p' as is_partitioned,
       quote_ident(n.name) as index_name,
       format('%I.%I', t.nspname, n.name) as qualified_index,
       (select format('%I.%I', p.nspname, pn.name)
        from tree p
        join named pn on pn.oid = p.oid and pn.key = 'index'
        where p.oid = t.parent) as parent_index,
       exists (select from indexes i, tenant c
               where i.indrelid = t.oid and i.is_valid and i.is_whole and i.is_ordered and i.leading = c.name) as is_indexed,
       exists (select from indexes i where i.indrelid = t.oid and i.name = n.name and not i.is_valid) as is_index_broken
from tree t
join named n on n.oid = t.oid and n.key = 'index'
order by t.level, t.name
