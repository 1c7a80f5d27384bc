-- Any row that can be seen, and has the values of the JSON row $1 in these columns.
select :"keys"
from :"schema".:"table"
where (:"columns") = (select :"columns"
                        from pg_catalog.json_to_record($1::json) as v (:definitions))
limit 1
