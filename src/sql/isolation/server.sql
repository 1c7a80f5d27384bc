-- Where we are, and whether a schema looks like Daybook's: whose it is, daybook.sql asks.
select pg_catalog.current_database()::text, pg_catalog.current_setting('server_version'), current_user::text,
       pg_catalog.clock_timestamp(), pg_catalog.current_setting('server_version_num')::bigint,
       (select n.oid::bigint
        from pg_catalog.pg_namespace n
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'audit_logs'
        where n.nspname = 'daybook')
