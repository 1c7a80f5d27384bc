-- Those of the events $25 of organization $1 that the filter asks for; $2 and $3 are the range of ids, the others as in event_filter.
-- $4 is not used.
select
\ir sealed_columns.sql
from daybook.audit_logs a
where a.organization_id = $1::uuid and a.id = any ($25::uuid[]) and a.id >= $2::uuid and a.id < $3::uuid
    and ($4::bigint is null or true) and
\ir event_filter.sql
order by a.id
