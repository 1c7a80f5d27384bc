update :"schema".:"table"
set :"column" = (select v.:"column" from pg_catalog.json_populate_record(null:: :"schema".:"table", $1::json) v)
where current of daybook_probe
