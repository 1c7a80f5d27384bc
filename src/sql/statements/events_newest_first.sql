-- One page of events. $1 organization, $2 least id, $3 first id beyond, $4 how many, the others as in event_filter.
--
-- The limit is hidden in a sub-select, here and in the others: the planner then looks for a plan whose first rows come soon,
-- instead of believing, without statistics, that there are few rows, and that to sort them is cheap.
select
\ir stored_columns.sql
from daybook.audit_logs a
where a.organization_id = $1::uuid and a.id >= $2::uuid and a.id < $3::uuid and
\ir event_filter.sql
order by a.id desc
limit (select $4::bigint)
