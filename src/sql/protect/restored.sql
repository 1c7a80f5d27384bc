-- What to give back to a table and its partitions. A policy that somebody made again meanwhile stays as it is.
select b.part, b.statement
from daybook_shadow.before b
where (b.relation = $1::int8::oid or b.relation in (select p.relid from pg_catalog.pg_partition_tree($1::int8::oid) p))
  and not (b.part = 'policy'
           and exists (select from pg_catalog.pg_policy p where p.polrelid = b.relation and p.polname = b.name))
order by array_position('{function,policy,kept,grant,force,row_security,not_null,index}', b.part),
         exists (select from pg_catalog.pg_inherits i where i.inhrelid = b.relation), b.relation::text, b.name
