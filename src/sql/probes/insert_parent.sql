insert into :"schema".:"table" (:"columns")
select :"columns"
from pg_catalog.json_populate_record(null:: :"schema".:"table", $1::json)
returning :"keys"
