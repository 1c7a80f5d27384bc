-- Any row that can be seen, and has the values of the JSON row $1 in these columns.
select :"keys"
from :"schema".:"table"
where (:"columns") = (select :"columns"
                        from pg_catalog.json_populate_record(null:: :"schema".:"table", $1::json))
limit 1
