-- One page of events. $1 organization, $2 least id, $3 first id beyond, $4 how many, the others as in event_filter.
select
\ir stored_columns.sql
from daybook.audit_logs a
where
\ir event_filter.sql
order by a.id desc
limit $4::bigint
