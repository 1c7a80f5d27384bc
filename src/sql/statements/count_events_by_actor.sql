-- Counts the newest events, at most $4. Parameters as in events_by_actor_newest_first and count_columns; $32 is how many values.
select c.*
from (
    select
\ir count_columns.sql
    from (
\ir events_by_actor_newest_first.sql
    ) a
    group by 1
) c
order by c.value is not null, c.events desc, c.value collate "C"
limit $32::bigint
