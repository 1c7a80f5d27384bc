-- Every table in scope with its columns, one row each. $1: only these schemas, $2: only these tables; null for all. $3: not this schema.
-- What belongs to an extension or to PostgreSQL is theirs to secure.
select c.oid::bigint, format('%I.%I', n.nspname, c.relname), c.relname::text, c.relkind::text,
       c.relrowsecurity,
       (select string_agg(i.inhparent::bigint::text, ',' order by i.inhseqno) from pg_catalog.pg_inherits i where i.inhrelid = c.oid),
       a.attnum::bigint, a.attname::text, a.attnotnull
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relkind in ('r', 'p', 'f')
  and c.relpersistence <> 't'
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and ($1::text[] is null or n.nspname = any ($1::text[]))
  and n.oid::bigint is distinct from $3::bigint
  and ($2::bigint[] is null or c.oid::bigint = any ($2::bigint[])
       or exists (select from pg_catalog.pg_inherits i where i.inhrelid = c.oid and i.inhparent::bigint = any ($2::bigint[])))
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
order by c.oid, a.attnum
