-- The extensions that the copy needs. plpgsql is there always.
select e.extname::text
from pg_catalog.pg_extension e
where e.extname <> 'plpgsql'
order by 1
