update :"schema".:"table"
set :"column" = (select v.:"column" from pg_catalog.json_to_record($1::json) as v (:definitions))
where current of daybook_probe
