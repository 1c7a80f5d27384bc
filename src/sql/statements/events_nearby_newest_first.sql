-- One page of events, if the next four times as many hold one; else less. Parameters as in events_newest_first.
select
\ir stored_columns.sql
from (
    select a.*
    from daybook.audit_logs a
    where a.organization_id = $1::uuid and a.id >= $2::uuid and a.id < $3::uuid
    order by a.id desc
    limit (select 4 * $4::bigint)
) a
where
\ir event_filter.sql
order by a.id desc
limit (select $4::bigint)
