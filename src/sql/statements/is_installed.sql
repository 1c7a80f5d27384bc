-- Is there a schema to speak of, and who owns it?
select c.oid is not null as installed
from (values (1)) as one (x)
left join (pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'daybook')
    on c.relname = 'migrations'
