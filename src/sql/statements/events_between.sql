-- The events of organization $1 from $2 up to $3, at most $4, in the order of their ids. Every column, with its type.
select
\ir sealed_columns.sql
from daybook.audit_logs a
where a.organization_id = $1::uuid and a.id >= $2::uuid and a.id <= $3::uuid
order by a.id
limit (select $4::bigint)
