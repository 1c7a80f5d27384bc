-- Who holds a lock on a table, or on a partition of it, for longest first.
select string_agg(format('process %s (%s, transaction since %s)', b.pid, coalesce(b.usename, '?'),
                         coalesce(to_char(b.xact_start, 'HH24:MI:SS'), '?')), ', ' order by b.xact_start)
from (select distinct l.pid, s.usename, s.xact_start
      from pg_catalog.pg_locks l
      left join pg_catalog.pg_stat_activity s on s.pid = l.pid
      where l.locktype = 'relation' and l.granted and l.pid <> pg_backend_pid()
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        and l.relation in (select to_regclass($1)
                           union all
                           select p.relid from pg_catalog.pg_partition_tree(to_regclass($1)) p)) b
