-- The events $2 of organization $1, which lie between $3 and $4, in the order of their ids. Every column, with its type: what somebody
-- made another type of is an error.
select
\ir sealed_columns.sql
from daybook.audit_logs a
where a.organization_id = $1::uuid and a.id = any ($2::uuid[]) and a.id >= $3::uuid and a.id <= $4::uuid
order by a.id
