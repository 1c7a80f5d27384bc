-- The table of that name, as the connection's search_path finds it; without one, names that somebody may have meant.
select to_regclass($1)::oid::int8,
       (select string_agg(format('%I.%I', n.nspname, c.relname), ', ' order by n.nspname, c.relname)
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and not c.relispartition
          and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
          and lower(c.relname) = lower(btrim(substring($1 from '[^.]*$'), '"')))
