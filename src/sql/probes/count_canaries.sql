-- How many rows of the organization in the JSON row $1 this transaction wrote: see find_canary.sql.
select pg_catalog.count(*)
from :"schema".:"table" t
where t.:"column" = (select v.:"column"
                     from pg_catalog.json_to_record($1::json) as v (:definitions))
  and ((t.xmin::text::bigint - pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint) & 4294967295)
      < 1000000
