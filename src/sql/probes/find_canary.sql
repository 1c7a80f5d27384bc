-- A row of the organization in the JSON row $1 that this transaction wrote: a transaction id not older than the snapshot.
select t.tableoid::text, t.ctid::text
from :"schema".:"table" t
where t.:"column" = (select v.:"column"
                     from pg_catalog.json_to_record($1::json) as v (:definitions))
  -- Ids wrap around. The window is for the transactions that others began in between.
  and ((t.xmin::text::bigint - pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint) & 4294967295)
      < 1000000
limit 1
