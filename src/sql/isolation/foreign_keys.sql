-- Foreign keys of one column between these tables ($1): table, column, the table that it refers to, and its column there.
select k.conrelid::bigint, k.conkey[1]::bigint, k.confrelid::bigint, k.confkey[1]::bigint
from pg_catalog.pg_constraint k
where k.contype = 'f' and cardinality(k.conkey) = 1 and k.conrelid <> k.confrelid
  and k.conrelid::bigint = any ($1::bigint[]) and k.confrelid::bigint = any ($1::bigint[])
order by 1, 2
