select pg_catalog.current_setting('port') as port
