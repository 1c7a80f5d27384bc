-- Of the extensions $1, those that this server has not.
select wanted
from pg_catalog.unnest($1::text[]) as wanted
where not exists (select from pg_catalog.pg_available_extensions a where a.name = wanted)
order by 1
