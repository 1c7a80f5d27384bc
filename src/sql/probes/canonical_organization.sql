-- The organization in the JSON row $1 as its column spells it: a uuid, for one, has several spellings.
select v.:"column"::text
from pg_catalog.json_to_record($1::json) as v (:definitions)
