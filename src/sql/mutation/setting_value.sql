       -- The path is stored as it is written in SQL, "a", b: as one literal it would be one name.
       || case when s.name = 'search_path' then
              coalesce((select pg_catalog.string_agg(
                                   pg_catalog.quote_literal(
                                       case when part[1] ~ '^"'
                                            then replace(pg_catalog.substr(part[1], 2, length(part[1]) - 2), '""', '"')
                                            else lower(part[1]) end), ', ' order by n)
                        from pg_catalog.regexp_matches(s.value, '("(?:[^"]|"")*"|[^,[:space:]"]+)', 'g')
                             with ordinality as parts (part, n)), '''''')
          else pg_catalog.quote_literal(s.value) end
