-- What a row must have that is written for a test: columns without which no row can be written, and values that usually do.
with
\ir subject.sql
, needed as (
    select a.attnum, a.attname, a.atttypmod,
           case when y.typtype = 'd' then y.typbasetype else a.atttypid end as type,
           format_type(a.atttypid, a.atttypmod) as type_name,
           -- The first column that a single-column foreign key of this one refers to: a row that the organization can see.
           (select format('(select r.%I from %I.%I r limit 1)', ra.attname, rn.nspname, rc.relname)
            from pg_catalog.pg_constraint k
            join pg_catalog.pg_class rc on rc.oid = k.confrelid
            join pg_catalog.pg_namespace rn on rn.oid = rc.relnamespace
            join pg_catalog.pg_attribute ra
                on ra.attrelid = k.confrelid and ra.attnum = k.confkey[array_position(k.conkey, a.attnum)]
            where k.conrelid = a.attrelid and k.contype = 'f' and a.attnum = any (k.conkey)
            order by k.conname limit 1) as referred
    from request q
    join pg_catalog.pg_attribute a on a.attrelid = q.root and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type y on y.oid = a.atttypid
    where a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attname <> coalesce(q.tenant_column, '')
),
valued as (
    select n.attnum, quote_ident(n.attname) as name,
           case
               when n.referred is not null then n.referred
               when n.type = 'uuid'::regtype then 'gen_random_uuid()'
               when n.type = 'int2'::regtype then '(random() * 30000)::smallint'
               when n.type = 'int4'::regtype then '(random() * 2000000000)::integer'
               when n.type = 'int8'::regtype then '(random() * 9000000000000000000)::bigint'
               when n.type in ('numeric'::regtype, 'float4'::regtype, 'float8'::regtype) then '1'
               when n.type in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
                   then case when n.atttypmod > 4 then format('left(md5(random()::text), %s)', n.atttypmod - 4)
                             else $q$'canary ' || gen_random_uuid()$q$ end
               when n.type = 'bool'::regtype then 'false'
               when n.type in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) then 'now()'
               when n.type in ('json'::regtype, 'jsonb'::regtype) then $q$'{}'$q$
               when n.type = 'bytea'::regtype then $q$'\x00'$q$
               when n.type in ('inet'::regtype, 'cidr'::regtype) then $q$'192.0.2.1'$q$
               when y.typtype = 'e' then (select quote_literal(e.enumlabel)
                                          from pg_catalog.pg_enum e
                                          where e.enumtypid = n.type
                                          order by e.enumsortorder limit 1)
               when y.typcategory = 'A' then $q$'{}'$q$
               else 'null /* of type ' || n.type_name || ': write a value here */'
           end as value
    from needed n
    join pg_catalog.pg_type y on y.oid = n.type
)
select coalesce(string_agg(', ' || v.name, '' order by v.attnum), ''),
       coalesce(string_agg(', ' || v.value, '' order by v.attnum), ''),
       -- The organizations have to exist.
       exists (select from request q
               join pg_catalog.pg_constraint k on k.conrelid = q.root and k.contype = 'f'
               join pg_catalog.pg_attribute a
                   on a.attrelid = q.root and a.attname = q.tenant_column and a.attnum = any (k.conkey))
       or exists (select from needed n where n.referred is not null),
       (select case when c.type = 'uuid'::regtype then '0da1b00c-0000-4000-8000-00000000000a'
                    when c.type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then '-32001'
                    else 'canary-a' end
        from tenant c),
       (select case when c.type = 'uuid'::regtype then '0da1b00c-0000-4000-8000-00000000000b'
                    when c.type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then '-32002'
                    else 'canary-b' end
        from tenant c)
from valued v
