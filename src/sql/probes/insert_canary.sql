-- The other columns have defaults, or may be null. (A blank before :"schema", since three colons are none of psql's.)
insert into :"schema".:"table" (:"columns")
select :"columns"
from pg_catalog.json_populate_record(null:: :"schema".:"table", $1::json)
