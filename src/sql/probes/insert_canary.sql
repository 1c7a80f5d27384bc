-- The other columns have defaults, or may be null.
insert into :"schema".:"table" (:"columns")
select :"columns"
from pg_catalog.json_to_record($1::json) as v (:definitions)
