-- A session is counted when it ends at the latest, so those that go on are ended, and waited for. Null if there were none.
select pg_catalog.bool_and(pg_catalog.pg_terminate_backend(a.pid, 10000)) as ended
from pg_catalog.pg_stat_activity a
where a.datname = 'daybook_copy' and a.backend_type = 'client backend'
