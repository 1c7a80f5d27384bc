-- How often somebody connected to the copy.
select d.sessions from pg_catalog.pg_stat_database d where d.datname = 'daybook_copy'
